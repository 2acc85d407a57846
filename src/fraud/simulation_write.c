/* simulation_write — payments drawn and written day by day. */
#include "fraud/simulation.h"

#include "base/interrupt.h"
#include "base/progress.h"
#include "table/writer.h"

enum { CHUNK_ROWS = 8192, COLUMNS = 7 };

static const struct table_field fields[COLUMNS] = {
    {"TRANSACTION_ID", TABLE_INT64},    {"TX_DATETIME", TABLE_TIME}, {"CUSTOMER_ID", TABLE_INT64},
    {"TERMINAL_ID", TABLE_INT64},       {"TX_AMOUNT", TABLE_DOUBLE}, {"TX_FRAUD", TABLE_INT64},
    {"TX_FRAUD_SCENARIO", TABLE_INT64},
};

/* Places of columns in `fields`. */
enum { ID, TIME, CUSTOMER, TERMINAL, AMOUNT, FRAUD, SCENARIO };

struct writer {
    const struct fraud_simulation *simulation;
    struct fraud_world world;
    size_t day, at; /* the next day, and the next payment of the last one */
    size_t payments, frauds;
    struct progress progress;
    int64_t *integer[COLUMNS];
    double *amount;
    struct table_column column[COLUMNS];
};

static void writer_init(struct writer *w, struct arena *memory)
{
    for (size_t c = 0; c < COLUMNS; c++) {
        struct table_column *column = &w->column[c];
        *column = (struct table_column){.name = fields[c].name, .type = fields[c].type};
        if (c == AMOUNT)
            column->number = w->amount = ARENA_NEW(memory, double, CHUNK_ROWS);
        else
            column->integer = w->integer[c] = ARENA_NEW(memory, int64_t, CHUNK_ROWS);
    }
}

static void put_row(struct writer *w, size_t row, const struct fraud_payment *p)
{
    w->integer[ID][row] = (int64_t)w->payments++;
    w->integer[TIME][row] = (FRAUD_START * 86400 + p->time) * 1000000;
    w->integer[CUSTOMER][row] = p->customer;
    w->integer[TERMINAL][row] = p->terminal;
    w->amount[row] = p->amount;
    w->integer[FRAUD][row] = p->scenario != 0;
    w->integer[SCENARIO][row] = p->scenario;
    w->frauds += p->scenario != 0;
}

static bool next_chunk(void *context, struct table_chunk *chunk, struct error *err)
{
    struct writer *w = context;
    size_t rows = 0;

    if (!interrupt_check("simulating", err))
        return false;
    while (rows < CHUNK_ROWS) {
        if (w->at < w->world.payments) {
            put_row(w, rows++, &w->world.payment[w->at++]);
            continue;
        }
        if (w->day == w->simulation->days)
            break;
        fraud_world_day(&w->world, (int64_t)w->day++);
        w->at = 0;
        progress_update(&w->progress, w->day, NULL);
    }
    *chunk = (struct table_chunk){.rows = rows, .count = COLUMNS, .column = w->column};
    return true;
}

bool fraud_simulation_write(const struct fraud_simulation *simulation, size_t *payments,
                            size_t *frauds, struct error *err)
{
    struct arena memory = {0};
    struct writer w = {.simulation = simulation};

    writer_init(&w, &memory);
    fraud_world_init(&w.world, simulation->seed, simulation->customers, simulation->terminals);
    progress_begin(&w.progress, "simulate", simulation->days, simulation->quiet);
    const bool ok = table_stream_write(simulation->output, fields, COLUMNS, next_chunk, &w, err);
    if (ok)
        progress_end(&w.progress, "done");
    else
        progress_cancel(&w.progress);
    *payments = w.payments;
    *frauds = w.frauds;
    fraud_world_clear(&w.world);
    arena_clear(&memory);
    return ok;
}
