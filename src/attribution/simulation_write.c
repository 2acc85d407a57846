#include "attribution/simulation.h"

#include "attribution/credit.h"
#include "base/arena.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "table/writer.h"

#include <string.h>

/* 2017-07-14 02:40:00 UTC, seconds. */
static const int64_t START = 1500000000;

enum { CHUNK_ROWS = 16384, ROOM = CHUNK_ROWS + SIMULATION_IMPRESSIONS_MAX, COLUMNS = 4 };

static const struct table_field fields[COLUMNS] = {
    {"uid", TABLE_INT64},
    {"timestamp", TABLE_INT64},
    {"campaign", TABLE_CODE},
    {"conversion", TABLE_BOOL},
};

struct stream {
    const struct simulation_request *request;
    struct simulation_world world;
    struct simulation_truth *truth;
    struct progress progress;
    struct table_string name[SIMULATION_CAMPAIGNS_MAX + 1];
    struct table_column column[COLUMNS];
    struct simulation_impression *impression;
    int64_t *uid, *timestamp;
    int32_t *campaign;
    uint8_t *conversion;
};

static size_t add_user(struct stream *s, size_t row)
{
    const uint64_t uid = s->truth->users + 1;
    const size_t count = simulation_user(&s->world, uid, s->impression, s->truth);

    for (size_t i = 0; i < count; i++, row++) {
        s->uid[row] = (int64_t)uid;
        s->timestamp[row] = START + (int64_t)(s->impression[i].day * 86400);
        s->campaign[row] = (int32_t)s->impression[i].campaign;
        s->conversion[row] = s->impression[i].conversion;
    }
    return row;
}

static bool next_chunk(void *context, struct table_chunk *chunk, struct error *err)
{
    struct stream *s = context;
    size_t rows = 0;

    if (!interrupt_check("simulating", err))
        return false;
    while (rows < CHUNK_ROWS && s->truth->users < s->request->users)
        rows = add_user(s, rows);
    progress_update(&s->progress, s->truth->users, NULL);
    *chunk = (struct table_chunk){.rows = rows, .count = COLUMNS, .column = s->column};
    return true;
}

static void open_stream(struct stream *s, struct arena *memory)
{
    s->impression = ARENA_NEW(memory, struct simulation_impression, SIMULATION_IMPRESSIONS_MAX);
    s->uid = ARENA_NEW(memory, int64_t, ROOM);
    s->timestamp = ARENA_NEW(memory, int64_t, ROOM);
    s->campaign = ARENA_NEW(memory, int32_t, ROOM);
    s->conversion = ARENA_NEW(memory, uint8_t, ROOM);
    if (s->request->drawn)
        simulation_world_random(&s->world, s->request->seed, s->request->campaigns,
                                s->request->selection, s->request->drift);
    else
        simulation_world_default(&s->world, s->request->seed);
    for (size_t k = 0; k < s->world.campaigns; k++)
        s->name[k] =
            (struct table_string){s->world.campaign[k].name, strlen(s->world.campaign[k].name)};
    s->name[s->world.campaigns] = (struct table_string){CREDIT_BASELINE, strlen(CREDIT_BASELINE)};
    for (size_t i = 0; i < COLUMNS; i++)
        s->column[i] = (struct table_column){.name = fields[i].name, .type = fields[i].type};
    s->column[0].integer = s->uid;
    s->column[1].integer = s->timestamp;
    s->column[2].code = s->campaign;
    s->column[2].dictionary = s->name;
    s->column[3].boolean = s->conversion;
}

static bool write_truth(const struct stream *s, struct error *err)
{
    const size_t count = s->world.campaigns;
    double caused[SIMULATION_CAMPAIGNS_MAX + 1], share[SIMULATION_CAMPAIGNS_MAX + 1], sum = 0;
    uint64_t valid[(SIMULATION_CAMPAIGNS_MAX + 64) / 64] = {0};

    for (size_t k = 0; k < count; k++)
        sum += s->truth->caused[k];
    for (size_t k = 0; k < count; k++) {
        caused[k] = s->truth->caused[k];
        share[k] = sum > 0 ? caused[k] / sum : 0;
        valid[k / 64] |= UINT64_C(1) << k % 64;
    }
    caused[count] = s->truth->uncaused;
    share[count] = 0;
    const struct table_column column[] = {
        {.name = "channel_name", .type = TABLE_TEXT, .text = s->name},
        {.name = "conversions_caused", .type = TABLE_DOUBLE, .number = caused},
        {.name = "share", .type = TABLE_DOUBLE, .number = share, .valid = valid},
    };
    return table_write(s->request->truth, column, 3, count + 1, err);
}

bool simulation_write(const struct simulation_request *request, struct simulation_truth *truth,
                      struct error *err)
{
    struct stream s = {.request = request, .truth = truth};
    struct arena memory = {0};
    bool ok;

    *truth = (struct simulation_truth){0};
    if (request->truth && strcmp(request->truth, request->output) == 0)
        return error_set(err, ERR_ARG, "the impressions and the truth have the same name, '%s'",
                         request->output);
    open_stream(&s, &memory);
    progress_begin(&s.progress, "simulating users", request->users, request->quiet);
    ok = table_stream_write(request->output, fields, COLUMNS, next_chunk, &s, err);
    if (ok)
        progress_end(&s.progress, NULL);
    else
        progress_cancel(&s.progress);
    if (ok && request->truth)
        ok = write_truth(&s, err);
    arena_clear(&memory);
    return ok;
}
