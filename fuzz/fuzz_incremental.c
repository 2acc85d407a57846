/*
 * fuzz_incremental — any bytes as a stored incremental model, as a table of measured lifts and as a
 * list of pairs of campaigns (the first byte says which). A model that is accepted has finite
 * numbers of the shapes it names; a lift that is accepted lies in the log and has an error above 0;
 * pairs that are accepted are of two campaigns, differ, and read back equal.
 */
#include "incremental/lift.h"
#include "incremental/store.h"
#include "base/text.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_model(const char *bytes, size_t size)
{
    struct incremental_saved saved;
    struct safetensors file;
    struct error err = {0};
    size_t campaigns;

    if (!safetensors_parse(&file, "model", bytes, size, &err))
        return;
    if (incremental_store_parse(&saved, &campaigns, &file, &err)) {
        const size_t count = saved.fit.design.count;
        for (size_t i = 0; i < count * (1 + saved.draws.count); i++)
            BUG_ON(
                !isfinite(i < count ? saved.fit.parameter[i] : saved.draws.parameter[i - count]));
        for (size_t i = 0; i < saved.draws.count * (campaigns + 1); i++)
            BUG_ON(!isfinite(saved.draws.credit[i]));
        BUG_ON(!saved.config.half_lives || !saved.config.time_scales);
        incremental_saved_clear(&saved);
    } else {
        BUG_ON(err.code != ERR_DATA || err.text[0] == '\0');
    }
    safetensors_close(&file);
}

/* Lines of cells between commas. */
static size_t cut_cells(const char *bytes, size_t size, struct table_string *cell[5], size_t most)
{
    size_t rows = 0;

    for (const char *at = bytes, *end = bytes + size; at < end && rows < most; rows++) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        const char *stop = line ? line : end;
        for (size_t c = 0; c < 5; c++) {
            const char *comma = at < stop ? memchr(at, ',', (size_t)(stop - at)) : NULL;
            const char *until = comma ? comma : stop;
            cell[c][rows] = (struct table_string){at, (size_t)(until - at)};
            at = comma ? comma + 1 : stop;
        }
        at = stop + (stop < end);
    }
    return rows;
}

static void check_lifts(const char *bytes, size_t size)
{
    static const char *const names[] = {"a", "b"};
    const struct exposure_log log = {.campaigns = 2,
                                     .name = names,
                                     .start = INT64_C(1500000000000000),
                                     .end = INT64_C(1503000000000000)};
    enum { ROWS = 64 };
    struct table_string cells[5][ROWS],
        *cell[5] = {cells[0], cells[1], cells[2], cells[3], cells[4]};
    struct table_column column[5] = {{.type = TABLE_TEXT}};
    struct table_chunk table = {.count = 5, .column = column};
    struct incremental_lifts lifts;
    struct error err = {0};

    table.rows = cut_cells(bytes, size, cell, ROWS);
    for (size_t c = 0; c < 5; c++)
        column[c] = (struct table_column){.type = TABLE_TEXT, .text = cells[c]};
    if (!incremental_lifts_take(&lifts, &table, &log, &err)) {
        BUG_ON(err.code == ERR_NONE || err.text[0] == '\0');
        return;
    }
    for (size_t i = 0; i < lifts.count; i++) {
        const struct incremental_lift *lift = &lifts.lift[i];
        BUG_ON(lift->campaign > 1 || lift->from >= lift->to || lift->to <= log.start ||
               lift->from > log.end || !isfinite(lift->caused) || !(lift->error > 0));
    }
    incremental_lifts_clear(&lifts);
}

static void check_pairs(const char *bytes, size_t size)
{
    static const char *const names[] = {"a", "a+b", "b", "b+c", "\"c\\"};
    const struct exposure_log log = {.campaigns = 5, .name = names};
    struct incremental_pair pair[INCREMENTAL_PAIRS_MAX], again[INCREMENTAL_PAIRS_MAX];
    struct text list = {0}, written = {0};
    struct error err = {0};
    size_t count, more;

    text_add(&list, bytes, size);
    if (!incremental_pairs_find(pair, &count, list.bytes ? list.bytes : "", &log, &err)) {
        BUG_ON(err.code != ERR_CONFIG || err.text[0] == '\0');
        text_clear(&list);
        return;
    }
    BUG_ON(!incremental_pairs_check(list.bytes, &err) || count > INCREMENTAL_PAIRS_MAX);
    for (size_t i = 0; i < count; i++) {
        BUG_ON(pair[i].campaign[0] >= pair[i].campaign[1] || pair[i].campaign[1] >= 5);
        for (size_t j = 0; j < i; j++)
            BUG_ON(memcmp(&pair[i], &pair[j], sizeof *pair) == 0);
    }
    incremental_pairs_write(&written, pair, count, &log);
    BUG_ON(!incremental_pairs_find(again, &more, written.bytes, &log, &err) || more != count ||
           memcmp(pair, again, count * sizeof *pair) != 0);
    text_clear(&list);
    text_clear(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] == '2')
        check_pairs((const char *)data + 1, size - 1);
    else if (data[0] & 1)
        check_lifts((const char *)data + 1, size - 1);
    else
        check_model((const char *)data + 1, size - 1);
    return 0;
}
