#include "attribution/truth.h"

#include "base/arena.h"
#include "base/json.h"
#include "table/reader.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { TRUTH_ROWS_MAX = PATH_CHANNELS_MAX };

static size_t find_channel(const struct credit_table *credits, struct table_string name)
{
    for (size_t c = 0; c < credits->channels; c++)
        if (strlen(credits->channel[c]) == name.length &&
            memcmp(credits->channel[c], name.bytes, name.length) == 0)
            return c;
    return SIZE_MAX;
}

/* One row of the truth into true[]; NaN there means not named yet. */
static bool take_row(const struct credit_table *credits, const struct table_chunk *table,
                     size_t row, double *caused, struct error *err)
{
    const struct table_column *name = &table->column[0], *number = &table->column[1];

    if (!table_is_valid(name, row))
        return error_set(err, ERR_DATA, "row %zu, column 'channel_name': the name is missing",
                         row + 1);
    const struct table_string text = name->text[row];
    if (!table_is_valid(number, row) || !(number->number[row] >= 0) || isinf(number->number[row]))
        return error_set(err, ERR_DATA,
                         "row %zu, column 'conversions_caused': '%.*s' needs a number that is not "
                         "negative",
                         row + 1, (int)text.length, text.bytes);
    if (text.length == strlen(CREDIT_BASELINE) &&
        memcmp(text.bytes, CREDIT_BASELINE, text.length) == 0)
        return true; /* shares are those of campaigns alone */
    const size_t channel = find_channel(credits, text);
    if (channel == SIZE_MAX)
        return number->number[row] == 0 ||
               error_set(err, ERR_DATA, "row %zu: no path has the campaign '%.*s'", row + 1,
                         (int)text.length, text.bytes);
    if (!isnan(caused[channel]))
        return error_set(err, ERR_DATA, "row %zu: the campaign '%.*s' is named twice", row + 1,
                         (int)text.length, text.bytes);
    caused[channel] = number->number[row];
    return true;
}

static bool take_truth(const struct credit_table *credits, const struct table_chunk *table,
                       double *caused, double *total, struct error *err)
{
    for (size_t c = 0; c < credits->channels; c++)
        caused[c] = NAN;
    for (size_t row = 0; row < table->rows; row++)
        if (!take_row(credits, table, row, caused, err))
            return false;
    *total = 0;
    for (size_t c = 0; c < credits->channels; c++) {
        if (isnan(caused[c]))
            return error_set(err, ERR_DATA, "the campaign '%s' of the paths is not named",
                             credits->channel[c]);
        *total += caused[c];
    }
    return *total > 0 || error_set(err, ERR_DATA, "no campaign caused a conversion");
}

static double distance(const double *credit, const double *caused, double total, size_t channels)
{
    double sum = 0, apart = 0;

    for (size_t c = 0; c < channels; c++)
        sum += credit[c];
    for (size_t c = 0; c < channels; c++)
        apart += fabs((sum > 0 ? credit[c] / sum : 0) - caused[c] / total);
    return apart / 2;
}

/* Insertion keeps equal ones in order; there are a dozen at most. */
static void insert(struct truth_scores *scores, const char *method, double apart)
{
    size_t at = scores->count++;

    for (; at > 0 && scores->score[at - 1].distance > apart; at--)
        scores->score[at] = scores->score[at - 1];
    scores->score[at] = (struct truth_score){method, apart};
}

bool truth_compare(struct truth_scores *scores, const struct credit_table *credits,
                   const char *source, struct error *err)
{
    static const struct table_field fields[] = {{"channel_name", TABLE_TEXT},
                                                {"conversions_caused", TABLE_DOUBLE}};
    struct arena memory = {0};
    struct table_chunk table;
    double *caused = memory_take(credits->channels, sizeof *caused), total = 0;
    bool ok = table_load(source, fields, 2, TRUTH_ROWS_MAX, &table, &memory, err);

    if (ok && !take_truth(credits, &table, caused, &total, err))
        ok = error_wrap(err, "truth '%s'", source);
    if (ok) {
        *scores = (struct truth_scores){.channels = credits->channels, .caused = caused};
        for (size_t i = 0; i < credits->count; i++)
            if (!credits->column[i].bound)
                insert(scores, credits->column[i].name,
                       distance(credits->column[i].conversions, caused, total, credits->channels));
    } else {
        free(caused);
    }
    arena_clear(&memory);
    return ok;
}

void truth_scores_clear(struct truth_scores *scores)
{
    free(scores->caused);
    *scores = (struct truth_scores){0};
}

json_t *truth_json(const struct truth_scores *scores)
{
    json_t *list = json_array();

    for (size_t i = 0; i < scores->count; i++) {
        json_t *one = json_object();
        json_object_set_new(one, "method", json_string(scores->score[i].method));
        json_object_set_new(one, "total_variation_distance",
                            json_number(scores->score[i].distance));
        json_array_append_new(list, one);
    }
    return list;
}

bool truth_print(const struct truth_scores *scores, FILE *to, bool aligned, struct error *err)
{
    bool ok = fputs(aligned ? "method            distance from the truth\n"
                            : "method,total_variation_distance\n",
                    to) >= 0;

    for (size_t i = 0; ok && i < scores->count; i++)
        ok = fprintf(to, aligned ? "%-16s  %23.4f\n" : "%s,%.15g\n", scores->score[i].method,
                     scores->score[i].distance) >= 0;
    ok = ok && fflush(to) == 0;
    return ok || error_set(err, ERR_IO, "cannot write the scores: %s", strerror(errno));
}
