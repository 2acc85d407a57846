/* history_check — durations, names of features, and what must hold between settings. */
#include "sequence/history_internal.h"

#include "sequence/journeys.h"

#include <inttypes.h>
#include <string.h>

const char *const history_part_names[] = {
    [HISTORY_TRAIN] = "train",
    [HISTORY_VALIDATION] = "validation",
    [HISTORY_CALIBRATION] = "calibration",
    [HISTORY_TEST] = "test",
    NULL,
};

static const struct unit {
    const char *name;
    int64_t length;
} units[] = {
    {"week", 7 * HISTORY_DAY},     {"day", HISTORY_DAY}, {"hour", INT64_C(3600000000)},
    {"minute", INT64_C(60000000)}, {"second", 1000000},  {NULL, 0},
};

/* "7 days", "1 day", "0.5 hours", "7d"; a number alone is seconds. */
bool history_duration(const char *text, int64_t *microseconds)
{
    const size_t digits = strspn(text, "0123456789.");
    const char *word = text + digits + strspn(text + digits, " ");
    int64_t length = *word ? 0 : 1000000;
    double number;

    for (const struct unit *u = units; u->name; u++) {
        const size_t n = strlen(u->name);
        if (strncmp(word, u->name, n) == 0 && (!word[n] || strcmp(word + n, "s") == 0))
            length = u->length;
        if (word[0] == u->name[0] && !word[1])
            length = u->length;
    }
    if (!length || !text_to_double(text, digits, &number) ||
        !(number * (double)length <= (double)HISTORY_DURATION_MAX))
        return false;
    *microseconds = (int64_t)(number * (double)length + 0.5);
    return true;
}

static const struct unit *unit_of(int64_t microseconds)
{
    const struct unit *u = units + 1; /* weeks are read, days written */

    while (u[1].name && (microseconds == 0 || microseconds % u->length != 0))
        u++;
    return u;
}

void history_duration_text(char text[32], int64_t microseconds)
{
    const struct unit *u = unit_of(microseconds);
    const int64_t count = microseconds / u->length, rest = microseconds % u->length;

    if (rest)
        snprintf(text, 32, "%" PRId64 ".%06" PRId64 " seconds", count, rest);
    else
        snprintf(text, 32, "%" PRId64 " %s%s", count, u->name, count == 1 ? "" : "s");
}

void history_time_text(char text[40], int64_t microseconds)
{
    char start[TEXT_TIME_SIZE];
    const int64_t second = microseconds / 1000000 - (microseconds % 1000000 < 0);

    text_from_time(start, second * 1000000);
    snprintf(text, 40, "%.19s.%06dZ", start, (int)(microseconds - second * 1000000));
}

const char *history_feature_name(const struct history_feature *f, struct arena *memory)
{
    char window[32] = "", delay[32] = "";

    if (f->window)
        snprintf(window, sizeof window, "_%" PRId64 "%c", f->window / unit_of(f->window)->length,
                 unit_of(f->window)->name[0]);
    if (f->delay > 0)
        snprintf(delay, sizeof delay, "_after_%" PRId64 "%c", f->delay / unit_of(f->delay)->length,
                 unit_of(f->delay)->name[0]);
    const char *log = f->log ? "log_" : "";
    if (f->value == HISTORY_COLUMN)
        return arena_format(memory, "%s%s", log, f->column);
    if (!history_uses_key(f->value))
        return arena_format(memory, "%s%s", log, history_value_names[f->value]);
    return arena_format(memory, "%s%s%s%s_%s%s%s", log, history_value_names[f->value],
                        f->column ? "_" : "", f->column ? f->column : "", f->by, window, delay);
}

static bool name_fits(const char *name)
{
    return name && name[0] && strlen(name) <= HISTORY_NAME_MAX;
}

bool history_feature_check(const struct history_feature *f, struct error *err)
{
    const char *word = history_value_names[f->value];
    double number;

    if (history_uses_column(f->value) != !!f->column)
        return error_set(err, ERR_CONFIG,
                         f->column ? "value '%s' has no `column`" : "value '%s' needs a `column`",
                         word);
    if (history_uses_key(f->value) != !!f->by)
        return error_set(err, ERR_CONFIG,
                         f->by ? "value '%s' has no `by`"
                               : "value '%s' needs a `by`, the column of a key",
                         word);
    if (f->value < HISTORY_COUNT && (f->window || f->delay > 0))
        return error_set(err, ERR_CONFIG, "value '%s' has no window and no delay", word);
    if ((f->column && !name_fits(f->column)) || (f->by && !name_fits(f->by)) ||
        (f->name && (!f->name[0] || strlen(f->name) > 3 * HISTORY_NAME_MAX)))
        return error_set(err, ERR_CONFIG, "a name is empty or longer than %d bytes",
                         HISTORY_NAME_MAX);
    if (f->type == HISTORY_NUMBER && f->missing &&
        !text_to_double(f->missing, strlen(f->missing), &number))
        return error_set(err, ERR_CONFIG, "missing '%.60s' is not a number", f->missing);
    if (f->type == HISTORY_CATEGORY &&
        (f->log || f->value >= HISTORY_SUM || f->value == HISTORY_SINCE))
        return error_set(err, ERR_CONFIG,
                         "a category is a column, a part of the calendar or a "
                         "count, and has no log");
    if (f->missing && strlen(f->missing) > NAME_BYTES_MAX)
        return error_set(err, ERR_CONFIG, "missing is longer than %d bytes", NAME_BYTES_MAX);
    return true;
}

/* The delays that follow from the outcome's. */
static bool check_outcome(const struct history_source *source, struct history_feature *f,
                          bool engineered, struct error *err)
{
    const bool outcome = f->column && strcmp(f->column, source->outcome) == 0;
    const int64_t after = source->outcome_after > 0 ? source->outcome_after : 0;

    if (engineered && f->outcome_after >= 0)
        return error_set(err, ERR_CONFIG,
                         "feature '%s': outcome_after is for sequences; a window "
                         "has a delay",
                         f->name);
    if (!engineered && f->outcome_after >= 0 && f->value != HISTORY_COLUMN)
        return error_set(err, ERR_CONFIG,
                         "feature '%s': outcome_after is for a column as it stands", f->name);
    if (outcome && f->value == HISTORY_COLUMN) {
        if (engineered)
            return error_set(err, ERR_CONFIG,
                             "feature '%s' is the outcome itself, which is not "
                             "known when it is predicted",
                             f->name);
        if (f->outcome_after < 0)
            f->outcome_after = after;
        if (f->outcome_after < after)
            return error_set(err, ERR_CONFIG,
                             "feature '%s': outcome_after is shorter than that of "
                             "the source",
                             f->name);
    } else if (outcome) {
        if (f->value == HISTORY_RATIO)
            return error_set(err, ERR_CONFIG, "feature '%s' reads the outcome of its own order",
                             f->name);
        if (f->delay < 0)
            f->delay = after;
        if (f->delay < after)
            return error_set(err, ERR_CONFIG,
                             "feature '%s': delay is shorter than the outcome_after "
                             "of the source",
                             f->name);
    }
    if (f->delay < 0)
        f->delay = 0;
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool check_unique(const struct history_feature *feature, size_t count, struct error *err)
{
    struct arena memory = {0};
    const char **name = ARENA_NEW(&memory, const char *, count + 1);
    bool ok = true;

    for (size_t i = 0; i < count; i++)
        name[i] = feature[i].name;
    qsort(name, count, sizeof *name, compare_names);
    for (size_t i = 1; i < count && ok; i++)
        if (strcmp(name[i - 1], name[i]) == 0)
            ok = error_set(err, ERR_CONFIG,
                           "there are two features '%.200s'; `name` tells them "
                           "apart",
                           name[i]);
    arena_clear(&memory);
    return ok;
}

static bool check_list(const struct history_source *source, struct history_feature *feature,
                       size_t count, bool engineered, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!history_feature_check(&feature[i], err))
            return error_wrap(err, "feature '%.200s'", feature[i].name);
        if (!check_outcome(source, &feature[i], engineered, err))
            return false;
        if (engineered && feature[i].type != HISTORY_NUMBER)
            return error_set(err, ERR_CONFIG, "feature '%s': engineered features are numbers",
                             feature[i].name);
        if (feature[i].window > HISTORY_DURATION_MAX || feature[i].delay > HISTORY_DURATION_MAX)
            return error_set(err, ERR_CONFIG, "feature '%s': a duration is over 100 years",
                             feature[i].name);
    }
    return check_unique(feature, count, err);
}

bool history_config_check(struct history_config *config, struct error *err)
{
    struct history_source *source = &config->source;
    struct history_recipe *recipe = &config->histories;

    if (!name_fits(source->time) || !name_fits(source->outcome))
        return error_set(err, ERR_CONFIG, "'source.%s' must be the name of a column",
                         name_fits(source->time) ? "outcome" : "time");
    if (recipe->sequences < 1 || recipe->sequences > HISTORY_SEQUENCES_MAX)
        return error_set(err, ERR_CONFIG, "'histories.by' must be one or two columns");
    for (size_t i = 0; i < recipe->sequences; i++)
        if (!name_fits(recipe->by[i]))
            return error_set(err, ERR_CONFIG, "'histories.by' must be the names of columns");
    if (recipe->sequences == 2 && strcmp(recipe->by[0], recipe->by[1]) == 0)
        return error_set(err, ERR_CONFIG, "'histories.by' names the column '%s' twice",
                         recipe->by[0]);
    if (recipe->feature_count == 0)
        return error_set(err, ERR_CONFIG, "'histories.features' is empty");
    return check_list(source, recipe->feature, recipe->feature_count, false, err) &&
           check_list(source, recipe->engineered, recipe->engineered_count, true, err);
}

bool history_split_check(const struct history_split *split, const struct history_source *source,
                         struct error *err)
{
    if (split->range[HISTORY_TRAIN].from == split->range[HISTORY_TRAIN].to)
        return error_set(err, ERR_CONFIG, "'split.train' must be [FROM, TO]");
    if (split->drop_known && !name_fits(split->drop_known))
        return error_set(err, ERR_CONFIG, "'split.drop_known' must be the name of a column");
    for (size_t p = 1; p < HISTORY_PARTS; p++) {
        const struct history_range *range = &split->range[p];
        if (range->from < range->to && range->from < split->range[HISTORY_TRAIN].to &&
            range->to > split->range[HISTORY_TRAIN].from)
            return error_set(err, ERR_CONFIG, "'split.%s' overlaps 'split.train'",
                             history_part_names[p]);
    }
    (void)source;
    return true;
}
