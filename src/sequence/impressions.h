/*
 * impressions — the columns of a table that make journeys, checked row by row.
 *
 *   entity   text (integers become their decimal digits) of at most ENTITY_BYTES_MAX bytes; neither
 *            missing nor empty
 *   token    text; neither missing nor empty
 *   time     an integer, a date or timestamp (then microseconds), or text with either
 *   outcome  a boolean, 0 or 1, or text as text_to_bool() reads it; missing is false
 *   value    what the conversion of this row was worth, if there is such a column: a number that is
 *            not negative; missing (NaN too) is 0, and so is that of a row without a conversion
 *   cost     what the impression cost, if there is such a column: the same; missing is 0
 *
 * The unit of integer times is known only after the last row: times gather what tells it.
 */
#ifndef QUERN_SEQUENCE_IMPRESSIONS_H
#define QUERN_SEQUENCE_IMPRESSIONS_H

#include "sequence/journeys.h"
#include "table/reader.h"

enum {
    PLACE_MAX = 512,
    ENTITY_BYTES_MAX = 65535, /* a record has its length in 16 bits */
};

struct time_seen {
    int64_t row; /* the first row with such a time; -1: none */
    char place[PLACE_MAX];
};

struct times {
    uint64_t largest; /* absolute value of integer times */
    struct time_seen integer, exact;
};

struct impressions {
    size_t count;
    int64_t row; /* number of the first one in the table */
    const struct table_string *entity, *token;
    const int64_t *time;
    const uint8_t *outcome;
    const double *value, *cost; /* NULL: no such column */
    bool integers;              /* every entity so far is an integer written plainly */
    struct times times;

    const struct journey_config *config;
    struct table_reader *reader;
    int64_t time_buffer[TABLE_CHUNK_ROWS];
    uint8_t outcome_buffer[TABLE_CHUNK_ROWS];
    double value_buffer[TABLE_CHUNK_ROWS], cost_buffer[TABLE_CHUNK_ROWS];
};

/* On failure `row` is 0 and nothing needs closing. */
MUST_CHECK bool impressions_open(struct impressions *rows, const struct table_source *source,
                                 const struct journey_config *config, struct error *err);
void impressions_close(struct impressions *rows);
/* Read one piece of the source next, instead of all of it. */
void impressions_select(struct impressions *rows, size_t piece);
/* The next rows; count is 0 at the end. */
MUST_CHECK bool impressions_next(struct impressions *rows, struct error *err);
/* Put "row N of 'FILE': " before a failure at row `i` of the last rows. Returns false. */
bool impressions_fail(const struct impressions *rows, size_t i, struct error *err);

void times_init(struct times *times);
/* What `part` saw is seen by `whole` too. */
void times_join(struct times *whole, const struct times *part);
/*
 * microseconds = time * numerator / denominator.
 *
 * ERR_DATA  integers and ISO times are mixed
 */
MUST_CHECK bool times_unit(const struct times *times, const struct journey_config *config,
                           int64_t *numerator, int64_t *denominator, struct error *err);

#endif
