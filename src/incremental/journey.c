#include "incremental/journey.h"

#include "attribution/credit.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "table/writer.h"

#include <math.h>
#include <string.h>

enum { CHUNK_ROWS = 16384, COLUMNS = 7 };

#define WEEK INT64_C(604800000000)
#define YEAR INT64_C(31536000000000)
#define MONDAY INT64_C(345600000000) /* the first one after 1970 began */

struct pass {
    const struct incremental_fit *fit;
    const struct exposure_log *log;
    struct incremental_totals *totals;
    struct incremental_user user;
    bool walking;    /* `user` is at the impression `at`; else nobody's conversion is ahead */
    size_t u, at;    /* the user, and the impression that comes next */
    double *local;   /* [parameters] */
    double *caused;  /* [campaigns] by place */
    uint16_t *met;   /* [campaigns] those of the journey, in its order */
    uint32_t *count; /* [campaigns] impressions in the journey; 0 of others */
    size_t meets;
    /* One chunk, of room for one journey beyond CHUNK_ROWS. */
    size_t rows;
    int64_t *id, *uid_number, *impressions;
    struct table_string *uid, *campaign;
    uint8_t *status;
    double *credit, *value;
    struct table_string *name; /* [campaigns + 1] */
    struct table_column column[COLUMNS];
    size_t columns;
};

/* The Monday on or before a time after 1971. */
static int64_t monday_before(int64_t time)
{
    return time - (time - MONDAY) % WEEK;
}

static void totals_init(struct incremental_totals *totals, const struct exposure_log *log)
{
    *totals = (struct incremental_totals){.calendar = log->start >= YEAR};
    totals->first = totals->calendar ? monday_before(log->start) : log->start;
    const size_t weeks =
        (size_t)(((uint64_t)log->end - (uint64_t)totals->first) / (uint64_t)WEEK) + 1;

    totals->weeks = (weeks + INCREMENTAL_PERIODS_MAX - 1) / INCREMENTAL_PERIODS_MAX;
    totals->periods = (weeks + totals->weeks - 1) / totals->weeks;
    totals->caused = ARENA_ZERO(&totals->memory, double, totals->periods);
    totals->anyway = ARENA_ZERO(&totals->memory, double, totals->periods);
    if (log->value)
        totals->value = ARENA_ZERO(&totals->memory, double, log->campaigns + 1);
}

static void pass_columns(struct pass *p)
{
    const bool numbers = p->log->integers;
    const struct table_column all[COLUMNS] = {
        {.name = "journey_id", .type = TABLE_INT64, .integer = p->id},
        numbers
            ? (struct table_column){.name = "uid", .type = TABLE_INT64, .integer = p->uid_number}
            : (struct table_column){.name = "uid", .type = TABLE_TEXT, .text = p->uid},
        {.name = "conversion_status", .type = TABLE_BOOL, .boolean = p->status},
        {.name = "campaign", .type = TABLE_TEXT, .text = p->campaign},
        {.name = "impressions", .type = TABLE_INT64, .integer = p->impressions},
        {.name = "incremental_conversions", .type = TABLE_DOUBLE, .number = p->credit},
        {.name = "incremental_value", .type = TABLE_DOUBLE, .number = p->value},
    };

    memcpy(p->column, all, sizeof all);
    p->columns = COLUMNS - (p->log->value == NULL);
}

static void pass_init(struct pass *p, const struct incremental_fit *fit,
                      struct incremental_totals *totals, struct arena *memory)
{
    const struct exposure_log *log = fit->log;
    const size_t room = CHUNK_ROWS + log->campaigns + 1;

    *p = (struct pass){.fit = fit,
                       .log = log,
                       .totals = totals,
                       .local = ARENA_NEW(memory, double, fit->design.count),
                       .caused = ARENA_ZERO(memory, double, log->campaigns + 1),
                       .met = ARENA_NEW(memory, uint16_t, log->campaigns + 1),
                       .count = ARENA_ZERO(memory, uint32_t, log->campaigns + 1),
                       .id = ARENA_NEW(memory, int64_t, room),
                       .uid_number = ARENA_ZERO(memory, int64_t, room),
                       .impressions = ARENA_NEW(memory, int64_t, room),
                       .uid = ARENA_NEW(memory, struct table_string, room),
                       .campaign = ARENA_NEW(memory, struct table_string, room),
                       .status = ARENA_NEW(memory, uint8_t, room),
                       .credit = ARENA_NEW(memory, double, room),
                       .value = ARENA_ZERO(memory, double, room),
                       .name = ARENA_NEW(memory, struct table_string, log->campaigns + 1)};
    for (size_t k = 0; k < log->campaigns; k++)
        p->name[k] = (struct table_string){log->name[k], strlen(log->name[k])};
    p->name[log->campaigns] = (struct table_string){CREDIT_BASELINE, strlen(CREDIT_BASELINE)};
    incremental_user_init(&p->user, log, &fit->design);
    pass_columns(p);
}

/* The model is asked only of users who convert. */
static void begin_user(struct pass *p)
{
    const struct exposure_log *log = p->log;
    bool converts = false;

    for (size_t i = log->offset[p->u]; i < log->offset[p->u + 1] && !converts; i++)
        converts = log->conversion[i];
    p->walking = converts;
    if (!converts)
        return;
    incremental_user_begin(&p->user, p->u);
    for (size_t i = 0; i < p->user.size; i++)
        p->local[i] = p->fit->parameter[p->user.index[i]];
}

static void add_identity(struct pass *p, size_t r, size_t first)
{
    const struct table_string uid = exposure_log_uid(p->log, p->u);
    int64_t number = 0;

    if (p->log->integers && text_to_int64(uid.bytes, uid.length, &number))
        p->uid_number[r] = number;
    p->id[r] = p->log->row[first];
    p->uid[r] = uid;
}

static void add_row(struct pass *p, size_t first, bool converted, size_t campaign, double credit,
                    double value)
{
    const size_t r = p->rows++;

    if (p->log->row)
        add_identity(p, r, first);
    p->status[r] = converted;
    p->campaign[r] = p->name[campaign];
    p->impressions[r] = campaign < p->log->campaigns ? p->count[campaign] : 0;
    p->credit[r] = credit;
    p->value[r] = credit * value;
    if (p->totals->value)
        p->totals->value[campaign] += credit * value;
}

/* What a conversion of the user at hand was divided into: p->caused. */
static double divide(struct pass *p, size_t at)
{
    struct incremental_totals *totals = p->totals;
    const uint64_t since = (uint64_t)p->log->time[at] - (uint64_t)totals->first;
    const size_t period = (size_t)(since / (uint64_t)WEEK) / totals->weeks;
    const double anyway = incremental_split(&p->user, p->local, p->caused);

    totals->anyway[period] += anyway;
    for (size_t l = 0; l < p->user.seen; l++)
        totals->caused[period] += p->caused[l];
    return anyway;
}

static void end_journey(struct pass *p, size_t first, size_t last)
{
    const bool converted = p->log->conversion[last];
    const double value = p->log->value ? p->log->value[last] : 0;
    const double anyway = converted ? divide(p, last) : 0;

    for (size_t m = 0; m < p->meets; m++) {
        const uint16_t k = p->met[m];
        const double caused = converted ? p->caused[p->user.place[k]] : 0;
        add_row(p, first, converted, k, caused, value);
    }
    if (converted)
        add_row(p, first, true, p->log->campaigns, anyway, value);
    for (size_t m = 0; m < p->meets; m++)
        p->count[p->met[m]] = 0;
    p->meets = 0;
}

static void next_journey(struct pass *p)
{
    const struct exposure_log *log = p->log;
    const size_t first = p->at, end = log->offset[p->u + 1];

    if (first == log->offset[p->u])
        begin_user(p);
    for (bool ended = false; !ended; p->at++) {
        const uint16_t k = log->campaign[p->at];
        if (p->count[k]++ == 0)
            p->met[p->meets++] = k;
        if (p->walking && !incremental_user_next(&p->user))
            BUG("a user ends before its impressions do");
        ended = log->conversion[p->at] || p->at + 1 == end;
        if (ended)
            end_journey(p, first, p->at);
    }
    if (p->at == end)
        p->u++;
}

static bool next_chunk(void *context, struct table_chunk *chunk, struct error *err)
{
    struct pass *p = context;

    if (!interrupt_check("dividing conversions", err))
        return false;
    p->rows = 0;
    while (p->u < p->log->users && p->rows < CHUNK_ROWS)
        next_journey(p);
    *chunk = (struct table_chunk){.rows = p->rows, .count = p->columns, .column = p->column};
    return true;
}

static bool run_pass(struct pass *p, const char *path, struct error *err)
{
    struct table_field field[COLUMNS];
    struct table_chunk chunk = {.rows = 1};

    for (size_t c = 0; c < p->columns; c++)
        field[c] = (struct table_field){p->column[c].name, p->column[c].type};
    if (path)
        return table_stream_write(path, field, p->columns, next_chunk, p, err);
    while (chunk.rows > 0)
        if (!next_chunk(p, &chunk, err))
            return false;
    return true;
}

bool incremental_journeys(struct incremental_totals *totals, const struct incremental_fit *fit,
                          const char *path, struct error *err)
{
    struct incremental_totals made;
    struct arena memory = {0};
    struct pass p;

    totals_init(&made, fit->log);
    pass_init(&p, fit, &made, &memory);
    const bool ok = run_pass(&p, path, err);
    incremental_user_clear(&p.user);
    arena_clear(&memory);
    if (ok)
        *totals = made;
    else
        incremental_totals_clear(&made);
    return ok;
}

void incremental_totals_clear(struct incremental_totals *totals)
{
    arena_clear(&totals->memory);
    *totals = (struct incremental_totals){0};
}
