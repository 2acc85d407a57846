/*
 * attribution_credit — what each campaign earned: attention of the model, what it loses without a
 * campaign, and every other method.
 *
 * One pass over the journeys, in their order, streams attention_score.parquet and adds up what is
 * credited, so memory does not grow with the number of journeys. A converted journey gives one
 * conversion, shared over its impressions in proportion to their attention (without the mask,
 * padding takes attention too; what the impressions got is scaled to one), and again by
 * journey_removal.h.
 */
#include "pipeline/attribution_run.h"

#include "attribution/credit.h"
#include "attribution/truth.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "model/journey_removal.h"
#include "pipeline/attribution_document.h"
#include "pipeline/incremental_document.h"
#include "pipeline/stage.h"
#include "pipeline/stage_key.h"
#include "table/source.h"
#include "table/writer.h"

enum { CHUNK_ROWS = 16384, POSITIONS_SHOWN = 30 };
/* Attention, removal and the incremental columns. */
enum {
    EXTRAS_MAX = 2 + sizeof((struct incremental_columns){0}.column) / sizeof(struct credit_column)
};

struct attention_pass {
    const struct attribution_run *run;
    struct journey_rows rows;
    size_t done; /* rows streamed */
    struct progress progress;
    /* One chunk. */
    float *attention;            /* [CHUNK_ROWS, max_length] */
    double **position;           /* [max_length] columns of CHUNK_ROWS */
    int64_t *id;                 /* [CHUNK_ROWS] */
    uint32_t *converted;         /* [CHUNK_ROWS] rows with a conversion */
    struct table_column *column; /* [1 + max_length] */
    char (*name)[48];            /* of the columns */
    /* Sums over all rows, by campaign. */
    double *total, *credited, *removal;
    uint64_t *impressions;
    /* By position from the end, journeys without and with a conversion. */
    double *position_sum[2];
    uint64_t *position_count[2];
};

static void pass_init(struct attention_pass *pass, const struct attribution_run *run,
                      struct arena *memory)
{
    const struct journey_set *set = &run->journeys.set;
    const size_t T = set->max_length;

    *pass = (struct attention_pass){
        .run = run,
        .attention = ARENA_NEW(memory, float, CHUNK_ROWS *T),
        .position = ARENA_NEW(memory, double *, T),
        .id = ARENA_NEW(memory, int64_t, CHUNK_ROWS),
        .converted = ARENA_NEW(memory, uint32_t, CHUNK_ROWS),
        .column = ARENA_ZERO(memory, struct table_column, 1 + T),
        .name = arena_take(memory, 1 + T, sizeof *pass->name),
        .total = ARENA_ZERO(memory, double, set->campaigns),
        .credited = ARENA_ZERO(memory, double, set->campaigns),
        .removal = ARENA_ZERO(memory, double, set->campaigns),
        .impressions = ARENA_ZERO(memory, uint64_t, set->campaigns),
    };
    for (int c = 0; c < 2; c++) {
        pass->position_sum[c] = ARENA_ZERO(memory, double, T);
        pass->position_count[c] = ARENA_ZERO(memory, uint64_t, T);
    }
    pass->column[0] =
        (struct table_column){.name = "journey_id", .type = TABLE_INT64, .integer = pass->id};
    for (size_t t = 0; t < T; t++) {
        snprintf(pass->name[t], sizeof pass->name[t], "attention_at_index_%zu", t);
        pass->position[t] = ARENA_NEW(memory, double, CHUNK_ROWS);
        pass->column[1 + t] = (struct table_column){
            .name = pass->name[t], .type = TABLE_DOUBLE, .number = pass->position[t]};
    }
}

static void add_journey(struct attention_pass *pass, size_t j, const float *attention)
{
    const struct journey_set *set = &pass->run->journeys.set;
    const int32_t *token = set->token + set->offset[j];
    const size_t length = journey_length(set, j);
    const int converted = set->converted[j] != 0;
    double sum = 0;

    for (size_t i = 0; i < length; i++)
        sum += (double)attention[i];
    for (size_t i = 0; i < length; i++) {
        const double a = (double)attention[i];
        pass->total[token[i]] += a;
        pass->impressions[token[i]]++;
        if (converted)
            pass->credited[token[i]] += sum > 0 ? a / sum : 1.0 / (double)length;
        pass->position_sum[converted][length - 1 - i] += a;
        pass->position_count[converted][length - 1 - i]++;
    }
}

/* What removing campaigns says of the conversions among these rows. */
static bool add_removal(struct attention_pass *pass, struct journey_rows rows, struct error *err)
{
    const struct journey_set *set = &pass->run->journeys.set;
    struct journey_rows converted = {.row = pass->converted};

    if (!pass->run->config->attribution.removal)
        return true;
    for (size_t i = 0; i < rows.count; i++)
        if (set->converted[rows.row[i]])
            pass->converted[converted.count++] = rows.row[i];
    return journey_removal_credit(pass->run->model, set, converted, pass->removal, pass->run->pool,
                                  err);
}

static bool next_chunk(void *context, struct table_chunk *chunk, struct error *err)
{
    struct attention_pass *pass = context;
    const struct journey_set *set = &pass->run->journeys.set;
    const size_t T = set->max_length, left = pass->rows.count - pass->done;
    const struct journey_rows rows = {.row = pass->rows.row + pass->done,
                                      .count = left < CHUNK_ROWS ? left : CHUNK_ROWS};

    if (!interrupt_check("computing attention", err))
        return false;
    journey_attention_predict(pass->run->model, set, rows, NULL, pass->attention, pass->run->pool);
    for (size_t i = 0; i < rows.count; i++) {
        const float *attention = pass->attention + i * T;
        pass->id[i] = set->id[rows.row[i]];
        for (size_t t = 0; t < T; t++)
            pass->position[t][i] = (double)attention[t];
        add_journey(pass, rows.row[i], attention);
    }
    if (!add_removal(pass, rows, err))
        return false;
    pass->done += rows.count;
    progress_update(&pass->progress, pass->done, NULL);
    *chunk = (struct table_chunk){.rows = rows.count, .count = 1 + T, .column = pass->column};
    return true;
}

static bool write_scores(struct attention_pass *pass, const char *folder, struct arena *memory,
                         struct error *err)
{
    const size_t columns = 1 + pass->run->journeys.set.max_length;
    struct table_field *field = ARENA_NEW(memory, struct table_field, columns);
    char *path = file_join(folder, "attention_report/attention_score.parquet");

    for (size_t c = 0; c < columns; c++)
        field[c] = (struct table_field){pass->column[c].name, pass->column[c].type};
    progress_begin(&pass->progress, "attention", pass->rows.count, pass->run->options->quiet);
    const bool ok = file_make_parents(path, err) &&
                    table_stream_write(path, field, columns, next_chunk, pass, err);
    if (ok)
        progress_end(&pass->progress, "done");
    else
        progress_cancel(&pass->progress);
    free(path);
    return ok;
}

static bool write_campaigns(const struct attention_pass *pass, const char *folder,
                            struct arena *memory, struct error *err)
{
    const struct journey_set *set = &pass->run->journeys.set;
    struct table_string *name = ARENA_NEW(memory, struct table_string, set->campaigns);
    double *average = ARENA_NEW(memory, double, set->campaigns);
    char *path = file_join(folder, "attention_report/campaign_attention.parquet");

    for (size_t c = 0; c < set->campaigns; c++) {
        name[c] = (struct table_string){set->campaign[c], strlen(set->campaign[c])};
        average[c] = pass->impressions[c] ? pass->total[c] / (double)pass->impressions[c] : 0;
    }
    const struct table_column columns[] = {
        {.name = "campaign_nm", .type = TABLE_TEXT, .text = name},
        {.name = "total_attention", .type = TABLE_DOUBLE, .number = pass->total},
        {.name = "average_attention", .type = TABLE_DOUBLE, .number = average},
        {.name = "attention_conversions", .type = TABLE_DOUBLE, .number = pass->credited},
    };
    const bool ok =
        table_write(path, columns, sizeof columns / sizeof *columns, set->campaigns, err);
    free(path);
    return ok;
}

static json_t *position_means(const struct attention_pass *pass, int converted)
{
    const size_t T = pass->run->journeys.set.max_length;
    json_t *means = json_array();

    for (size_t t = 0; t < T && t < POSITIONS_SHOWN; t++) {
        const uint64_t count = pass->position_count[converted][t];
        json_array_append_new(means,
                              count ? json_real(pass->position_sum[converted][t] / (double)count)
                                    : json_null());
    }
    return means;
}

/* What the model says, and what campaigns caused. */
static void add_extras(struct credit_request *request, struct credit_column *extra,
                       const struct attention_pass *pass, struct arena *memory)
{
    const struct journey_set *set = &pass->run->journeys.set;
    const json_t *caused = pass->run->caused;
    struct incremental_columns *columns = ARENA_ZERO(memory, struct incremental_columns, 1);

    if (caused) {
        const struct incremental_amounts amounts =
            incremental_document_amounts(caused, set->campaign, set->campaigns, memory);
        incremental_columns_make(columns, &amounts, memory);
        incremental_columns_give(columns, request);
    }
    request->extra = extra;
    request->extras = 0;
    extra[request->extras++] =
        (struct credit_column){.name = "attention", .conversions = pass->credited};
    if (pass->run->config->attribution.removal)
        extra[request->extras++] =
            (struct credit_column){.name = "removal", .conversions = pass->removal};
    memcpy(extra + request->extras, columns->column, columns->columns * sizeof *extra);
    request->extras += columns->columns;
}

static bool write_credits(const struct attention_pass *pass, const char *folder,
                          struct arena *memory, struct error *err)
{
    const struct attribution_run *run = pass->run;
    const struct attribution_config *config = &run->config->attribution;
    struct path_set paths;
    struct credit_table credits = {0};
    struct truth_scores scores = {0};
    json_t *document = NULL;
    struct credit_column extra[EXTRAS_MAX];
    char *path = file_join(folder, "attribution.json");

    path_set_from_journeys(&paths, &run->journeys.set, (enum path_split)config->split);
    struct credit_request request = {.paths = &paths, .config = config, .pool = run->pool};
    add_extras(&request, extra, pass, memory);
    bool ok =
        attribution_credits(&credits, &request, err) && credit_write_folder(&credits, folder, err);
    if (ok && config->truth)
        ok = truth_compare(&scores, &credits, config->truth, err);
    if (ok) {
        document = attribution_document_credits(&credits);
        if (config->truth)
            json_object_set_new(document, "truth", attribution_document_truth(&scores));
        json_object_set_new(document, "attention_by_position",
                            json_pack("{s:o, s:o}", "converted", position_means(pass, 1),
                                      "not_converted", position_means(pass, 0)));
        ok = json_write(path, document, err);
    }
    json_decref(document);
    truth_scores_clear(&scores);
    credit_clear(&credits);
    path_set_clear(&paths);
    free(path);
    return ok;
}

static struct journey_rows credited_rows(const struct attribution_run *run)
{
    const struct journey_set *set = &run->journeys.set;

    if (run->config->attribution.split == PATH_SPLIT_TRAIN)
        return attribution_split_rows(set, SPLIT_TRAIN);
    uint32_t *row = memory_take(set->count, sizeof *row);
    for (size_t j = 0; j < set->count; j++)
        row[j] = (uint32_t)j;
    return (struct journey_rows){.row = row, .count = set->count};
}

static bool make_credit(void *context, const char *folder, struct error *err)
{
    struct attribution_run *run = context;
    struct arena memory = {0};
    struct attention_pass pass;

    pass_init(&pass, run, &memory);
    pass.rows = credited_rows(run);
    const bool ok = write_scores(&pass, folder, &memory, err) &&
                    write_campaigns(&pass, folder, &memory, err) &&
                    write_credits(&pass, folder, &memory, err);
    free((void *)pass.rows.row);
    arena_clear(&memory);
    return ok;
}

bool attribution_run_credit(struct attribution_run *run, struct error *err)
{
    const char *truth = run->config->attribution.truth;

    run->credit_key =
        pipeline_config_key(run->config, PIPELINE_SECTION_ATTRIBUTION,
                            stage_key_number(stage_key_new("attribution"), run->train_key));
    run->credit_key = stage_key_number(run->credit_key, run->incremental_key);
    if (truth)
        run->credit_key = stage_key_files(run->credit_key, truth);
    const struct stage stage = {
        .space = run->space,
        .name = "attribution",
        .key = run->credit_key,
        .untrusted = truth && table_source_is_query(truth),
        .quiet = run->options->quiet,
        .run = run,
        .make = make_credit,
    };
    return stage_run(&stage, &run->credit, err);
}
