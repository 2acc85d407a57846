/* simulation_write — customers drawn and written chunk by chunk. */
#include "churn/simulation.h"

#include "base/arena.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "table/writer.h"

#include <string.h>

enum { CHUNK_ROWS = 8192, COLUMNS = 21, MEASURES = 3 };

static const struct table_field fields[COLUMNS] = {
    {"State", TABLE_CODE},          {"Account Length", TABLE_INT64}, {"Area Code", TABLE_INT64},
    {"Phone", TABLE_TEXT},          {"Int'l Plan", TABLE_CODE},      {"VMail Plan", TABLE_CODE},
    {"VMail Message", TABLE_INT64}, {"Day Mins", TABLE_DOUBLE},      {"Day Calls", TABLE_INT64},
    {"Day Charge", TABLE_DOUBLE},   {"Eve Mins", TABLE_DOUBLE},      {"Eve Calls", TABLE_INT64},
    {"Eve Charge", TABLE_DOUBLE},   {"Night Mins", TABLE_DOUBLE},    {"Night Calls", TABLE_INT64},
    {"Night Charge", TABLE_DOUBLE}, {"Intl Mins", TABLE_DOUBLE},     {"Intl Calls", TABLE_INT64},
    {"Intl Charge", TABLE_DOUBLE},  {"CustServ Calls", TABLE_INT64}, {"Churn?", TABLE_CODE},
};

/* Places of columns in `fields`. */
enum { STATE, ACCOUNT, AREA, PHONE, ABROAD, VOICE, MESSAGES, USAGE, SERVICE = 19, CHURN = 20 };

struct stream {
    const struct churn_simulation *simulation;
    size_t done, leavers;
    struct progress progress;
    struct table_string state[CHURN_STATES];
    int32_t *code[COLUMNS];
    int64_t *integer[COLUMNS];
    double *number[COLUMNS];
    struct table_string *phone;
    char (*digits)[9];
    struct table_column column[COLUMNS];
};

static const struct table_string yes_no[] = {{"no", 2}, {"yes", 3}};
static const struct table_string outcome[] = {{"False.", 6}, {"True.", 5}};

static void stream_init(struct stream *s, struct arena *memory)
{
    for (size_t k = 0; k < CHURN_STATES; k++)
        s->state[k] = (struct table_string){churn_states[k], 2};
    s->phone = ARENA_NEW(memory, struct table_string, CHUNK_ROWS);
    s->digits = arena_take(memory, CHUNK_ROWS, sizeof *s->digits);
    for (size_t c = 0; c < COLUMNS; c++) {
        struct table_column *column = &s->column[c];
        *column = (struct table_column){.name = fields[c].name, .type = fields[c].type};
        if (fields[c].type == TABLE_CODE) {
            column->code = s->code[c] = ARENA_NEW(memory, int32_t, CHUNK_ROWS);
            column->dictionary = c == STATE ? s->state : c == CHURN ? outcome : yes_no;
        } else if (fields[c].type == TABLE_INT64) {
            column->integer = s->integer[c] = ARENA_NEW(memory, int64_t, CHUNK_ROWS);
        } else if (fields[c].type == TABLE_DOUBLE) {
            column->number = s->number[c] = ARENA_NEW(memory, double, CHUNK_ROWS);
        } else {
            column->text = s->phone;
        }
    }
}

static void put_row(struct stream *s, size_t row, const struct churn_customer *c)
{
    s->code[STATE][row] = (int32_t)c->state;
    s->integer[ACCOUNT][row] = c->account_length;
    s->integer[AREA][row] = c->area_code;
    memcpy(s->digits[row], c->phone, sizeof c->phone);
    s->phone[row] = (struct table_string){s->digits[row], strlen(s->digits[row])};
    s->code[ABROAD][row] = c->international_plan;
    s->code[VOICE][row] = c->voice_plan;
    s->integer[MESSAGES][row] = c->voice_messages;
    for (size_t p = 0; p < CHURN_PERIODS; p++) {
        const size_t at = USAGE + MEASURES * p;
        s->number[at][row] = c->minutes[p];
        s->integer[at + 1][row] = c->calls[p];
        s->number[at + 2][row] = c->charge[p];
    }
    s->integer[SERVICE][row] = c->service_calls;
    s->code[CHURN][row] = c->leaves;
    s->leavers += c->leaves;
}

static bool next_chunk(void *context, struct table_chunk *chunk, struct error *err)
{
    struct stream *s = context;
    const size_t left = s->simulation->rows - s->done, rows = left < CHUNK_ROWS ? left : CHUNK_ROWS;
    struct churn_customer customer;

    if (!interrupt_check("simulating", err))
        return false;
    for (size_t i = 0; i < rows; i++) {
        churn_customer_draw(&customer, s->simulation->seed, s->done + i);
        put_row(s, i, &customer);
    }
    s->done += rows;
    progress_update(&s->progress, s->done, NULL);
    *chunk = (struct table_chunk){.rows = rows, .count = COLUMNS, .column = s->column};
    return true;
}

bool churn_simulation_write(const struct churn_simulation *simulation, size_t *leavers,
                            struct error *err)
{
    struct arena memory = {0};
    struct stream s = {.simulation = simulation};

    stream_init(&s, &memory);
    progress_begin(&s.progress, "simulate", simulation->rows, simulation->quiet);
    const bool ok = table_stream_write(simulation->output, fields, COLUMNS, next_chunk, &s, err);
    if (ok)
        progress_end(&s.progress, "done");
    else
        progress_cancel(&s.progress);
    *leavers = s.leavers;
    arena_clear(&memory);
    return ok;
}
