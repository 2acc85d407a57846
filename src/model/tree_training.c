#include "model/tree_training.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "model/tree_config_words.h"
#include "model/trees.h"
#include "model/xgboost_api.h"

#include <math.h>
#include <string.h>

struct training {
    const struct xgboost_api *api;
    const struct tree_config *config;
    struct tree_history *history;
    struct error *err;
    void *booster;
    void *data[2]; /* train, validation or NULL */
};

void tree_history_clear(struct tree_history *history)
{
    free(history->train);
    free(history->validation);
    *history = (struct tree_history){0};
}

/* Whether more of it is better: those XGBoost's own early stopping maximises. */
static bool is_maximized(const char *metric)
{
    static const char *const names[] = {"auc", "aucpr", "pre", "map", "ndcg"};
    const size_t length = strcspn(metric, "@");

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == length && strncmp(names[i], metric, length) == 0)
            return true;
    return false;
}

/*
 * What the library says is "[time] file:line: Check failed: condition: sentence" and a stack. Its
 * first line without time and place is the reason. Returns false.
 */
static bool refused(struct training *t, const char *doing)
{
    const char *said = t->api->BGetLastError();
    const char *colon = said;

    if (said[0] == '[' && (colon = strstr(said, "] ")))
        said = colon + 2;
    if (said[0] == '/' && (colon = strstr(said, ": ")))
        said = colon + 2;
    while (*said == '\n' || *said == ' ')
        said++;
    const size_t line = strcspn(said, "\n");

    return error_set(t->err, ERR_LIBRARY, "XGBoost cannot %s: %.*s", doing,
                     (int)(line < 400 ? line : 400), line ? said : "it gives no reason");
}

static bool is_multi(const struct tree_config *config)
{
    return strncmp(config->objective, "multi:", 6) == 0;
}

static bool check_config(const struct tree_config *config, const struct tree_rows *validation,
                         struct error *err)
{
    if (is_multi(config) != (config->num_class >= 2))
        return error_set(err, ERR_CONFIG, "num_class must be %s with the objective %s",
                         is_multi(config) ? "at least 2" : "left out", config->objective);
    if (config->early_stopping_rounds > 0 && (!validation || validation->rows == 0))
        return error_set(err, ERR_CONFIG,
                         "early_stopping_rounds needs validation rows, and there are none");
    return true;
}

static bool label_fits(const struct tree_config *config, float label)
{
    static const char *const shares[] = {"binary:logistic", "reg:logistic", "binary:logitraw"};

    if (is_multi(config))
        return label >= 0 && label < (float)config->num_class && label == floorf(label);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        if (strcmp(config->objective, shares[i]) == 0)
            return label >= 0 && label <= 1;
    return isfinite(label);
}

static bool check_rows(const struct tree_config *config, const struct tree_rows *rows,
                       const char *what, struct error *err)
{
    if (rows->rows == 0)
        return error_set(err, ERR_DATA, "there are no %s rows", what);
    if (rows->columns == 0 || rows->columns > TREES_FEATURES_MAX)
        return error_set(err, ERR_LIMIT, "the %s rows have %zu columns; from 1 to %d are allowed",
                         what, rows->columns, TREES_FEATURES_MAX);
    for (size_t r = 0; r < rows->rows; r++) {
        if (!label_fits(config, rows->label[r]))
            return error_set(err, ERR_DATA,
                             "%s row %zu: a label of %g does not fit the objective %s", what, r,
                             (double)rows->label[r], config->objective);
        if (rows->weight && !(rows->weight[r] >= 0 && isfinite(rows->weight[r])))
            return error_set(err, ERR_DATA, "%s row %zu: a weight of %g is not allowed", what, r,
                             (double)rows->weight[r]);
    }
    return true;
}

static bool make_data(struct training *t, size_t which, const struct tree_rows *rows,
                      size_t threads)
{
    const struct xgboost_api *api = t->api;

    if (api->DMatrixCreateFromMat_omp(rows->x, rows->rows, rows->columns, NAN, &t->data[which],
                                      (int)threads) != 0)
        return refused(t, "take the rows");
    if (api->DMatrixSetFloatInfo(t->data[which], "label", rows->label, rows->rows) != 0)
        return refused(t, "take the labels");
    if (rows->weight &&
        api->DMatrixSetFloatInfo(t->data[which], "weight", rows->weight, rows->rows) != 0)
        return refused(t, "take the weights");
    return true;
}

static bool set_text(struct training *t, const char *key, const char *value)
{
    char doing[96];

    snprintf(doing, sizeof doing, "set %s", key);
    return t->api->BoosterSetParam(t->booster, key, value) == 0 || refused(t, doing);
}

static bool set_field(struct training *t, const struct config_field *field)
{
    const char *member = (const char *)t->config + field->offset;
    char value[40];

    switch (field->type) {
    case CONFIG_TYPE_SIZE:
        snprintf(value, sizeof value, "%zu", *(const size_t *)member);
        break;
    case CONFIG_TYPE_NUMBER:
        snprintf(value, sizeof value, "%.17g", *(const double *)member);
        break;
    case CONFIG_TYPE_BOOL:
        snprintf(value, sizeof value, "%d", *(const bool *)member);
        break;
    case CONFIG_TYPE_CHOICE:
        return set_text(t, field->name, field->choices[*(const int *)member]);
    default:
        return !*(const char *const *)member ||
               set_text(t, field->name, *(const char *const *)member);
    }
    return set_text(t, field->name, value);
}

/* Settings that are not XGBoost's, or whose default is "not given" there. */
static bool is_passed(const struct tree_config *config, const struct config_field *field)
{
    const char *name = field->name;

    if (strcmp(name, "rounds") == 0 || strcmp(name, "early_stopping_rounds") == 0)
        return false;
    if (strcmp(name, "num_class") == 0)
        return is_multi(config);
    if (strcmp(name, "max_delta_step") == 0)
        return config->max_delta_step > 0;
    if (field->offset >= offsetof(struct tree_config, sample_type) &&
        field->offset <= offsetof(struct tree_config, one_drop))
        return config->booster == TREE_BOOSTER_DART;
    if (strcmp(name, "tweedie_variance_power") == 0)
        return strcmp(config->objective, "reg:tweedie") == 0;
    if (strcmp(name, "huber_slope") == 0)
        return strcmp(config->objective, "reg:pseudohubererror") == 0;
    return true;
}

static bool make_booster(struct training *t, size_t threads)
{
    char value[24];

    if (t->api->BoosterCreate(t->data, t->data[1] ? 2 : 1, &t->booster) != 0)
        return refused(t, "start training");
    snprintf(value, sizeof value, "%zu", threads);
    if (!set_text(t, "nthread", value) || !set_text(t, "verbosity", "0"))
        return false;
    for (const struct config_field *f = tree_fields; f->type != CONFIG_TYPE_END; f++)
        if (is_passed(t->config, f) && !set_field(t, f))
            return false;
    return true;
}

/* "[3]\ttrain-logloss:0.51234\tvalidation-logloss:0.6": the value of `part`. */
static bool find_metric(struct training *t, const char *line, const char *part, double *value)
{
    struct tree_history *history = t->history;
    const char *at = strstr(line, part);
    const char *colon = at ? strchr(at, ':') : NULL;

    if (!colon)
        return error_set(t->err, ERR_LIBRARY, "XGBoost gives no metric but '%.100s'", line);
    at += strlen(part);
    snprintf(history->metric, sizeof history->metric, "%.*s", (int)(colon - at), at);
    if (!text_to_double(colon + 1, strcspn(colon + 1, "\t\n"), value))
        *value = NAN;
    return true;
}

static bool run_round(struct training *t, size_t round)
{
    static const char *const parts[] = {"train", "validation"};
    struct tree_history *history = t->history;
    const char *line;

    if (t->api->BoosterUpdateOneIter(t->booster, (int)round, t->data[0]) != 0)
        return refused(t, "train");
    if (t->api->BoosterEvalOneIter(t->booster, (int)round, t->data, (const char **)parts,
                                   t->data[1] ? 2 : 1, &line) != 0)
        return refused(t, "measure");
    if (!find_metric(t, line, "\ttrain-", &history->train[round]))
        return false;
    history->rounds = round + 1;
    return !t->data[1] || find_metric(t, line, "\tvalidation-", &history->validation[round]);
}

static bool is_better(const struct tree_history *history, size_t round)
{
    const double *value = history->validation;

    if (isnan(value[history->best]))
        return !isnan(value[round]);
    return history->maximize ? value[round] > value[history->best]
                             : value[round] < value[history->best];
}

static void show(const struct tree_history *history, size_t round)
{
    char note[80];

    if (history->on_round)
        history->on_round(history->context, history, round);
    if (!history->progress)
        return;
    snprintf(note, sizeof note, "%s %.5f", history->metric,
             history->validation ? history->validation[round] : history->train[round]);
    progress_update(history->progress, round + 1, note);
}

static bool run_rounds(struct training *t)
{
    const struct tree_config *config = t->config;
    struct tree_history *history = t->history;
    const bool stops = config->early_stopping_rounds > 0;

    for (size_t round = 0; round < config->rounds; round++) {
        if (!interrupt_check("training trees", t->err) || !run_round(t, round))
            return false;
        history->maximize = is_maximized(history->metric);
        show(history, round);
        if (!stops || is_better(history, round))
            history->best = round;
        if (stops && round - history->best >= config->early_stopping_rounds)
            break;
    }
    return true;
}

static bool cut(struct training *t)
{
    void *whole = t->booster;

    if (t->history->best + 1 == t->history->rounds)
        return true;
    t->booster = NULL;
    const int status = t->api->BoosterSlice(whole, 0, (int)t->history->best + 1, 1, &t->booster);
    t->api->BoosterFree(whole);
    return status == 0 || refused(t, "cut the model after its best round");
}

static bool save(struct training *t, const char *const *names, size_t columns, const char *path)
{
    const char *format =
        text_ends_with(path, ".ubj") ? "{\"format\": \"ubj\"}" : "{\"format\": \"json\"}";
    const char *bytes;
    uint64_t size;

    if (names && t->api->BoosterSetStrFeatureInfo(t->booster, "feature_name", (const char **)names,
                                                  columns) != 0)
        return refused(t, "name the columns");
    if (t->api->BoosterSaveModelToBuffer(t->booster, format, &size, &bytes) != 0)
        return refused(t, "give the model");
    return file_write(path, bytes, size, t->err);
}

static bool train(struct training *t, const struct tree_rows *rows,
                  const struct tree_rows *validation, size_t threads)
{
    t->history->train = memory_take_zeroed(t->config->rounds, sizeof(double));
    if (validation)
        t->history->validation = memory_take_zeroed(t->config->rounds, sizeof(double));
    return make_data(t, 0, rows, threads) &&
           (!validation || make_data(t, 1, validation, threads)) && make_booster(t, threads) &&
           run_rounds(t) && cut(t);
}

bool tree_training_run(const struct tree_config *config, const struct tree_rows *rows,
                       const struct tree_rows *validation, const char *const *names, size_t threads,
                       const char *path, struct tree_history *history, struct error *err)
{
    struct training t = {.config = config, .history = history, .err = err};

    *history = (struct tree_history){
        .progress = history->progress, .on_round = history->on_round, .context = history->context};
    if (!check_config(config, validation, err) || !check_rows(config, rows, "training", err) ||
        (validation && !check_rows(config, validation, "validation", err)))
        return false;
    if (validation && validation->columns != rows->columns)
        return error_set(err, ERR_DATA, "the validation rows have %zu columns, not %zu",
                         validation->columns, rows->columns);
    t.api = xgboost_api(err);
    if (!t.api)
        return false;
    const bool ok = train(&t, rows, validation, threads) && save(&t, names, rows->columns, path);

    if (t.booster)
        t.api->BoosterFree(t.booster);
    for (size_t i = 0; i < 2; i++)
        if (t.data[i])
            t.api->DMatrixFree(t.data[i]);
    if (!ok)
        tree_history_clear(history);
    return ok;
}
