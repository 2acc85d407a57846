/*
 * reader — the rows of a source, chunk by chunk, with the columns and types asked for.
 *
 * A wish of TABLE_ANY gives the column as it is. Other wishes convert where nothing can be lost in
 * silence: anything to text; integers to double; text (as CSV and JSON have it) to any type, where
 * a value that cannot be read is an error naming file, row, column and value; text to double knows
 * the spellings of a missing value (text_to_number()). Dates and timestamps are microseconds UTC.
 *
 * Each reader has its own connection, so several threads can read pieces of one source at once.
 */
#ifndef QUERN_TABLE_READER_H
#define QUERN_TABLE_READER_H

#include "table/source.h"

struct table_reader;

/* Reads the whole source, unless table_reader_select() follows. `fields` NULL: every column. */
MUST_CHECK bool table_reader_open(struct table_reader **reader, const struct table_source *source,
                                  const struct table_field *fields, size_t count,
                                  struct error *err);
void table_reader_close(struct table_reader *reader);

/* Read pieces first .. end - 1 next. */
void table_reader_select(struct table_reader *reader, size_t first, size_t end);

/* The next 1 to TABLE_CHUNK_ROWS rows; 0 rows at the end. */
MUST_CHECK bool table_reader_next(struct table_reader *reader, struct table_chunk *chunk,
                                  struct error *err);

/* Number in the table, from 0, of the first row of the last chunk. */
int64_t table_reader_row(const struct table_reader *reader);

/* "row 12 of 'f.csv'": where row `row` of the last chunk is, counted from 1 in its file. */
void table_reader_place(const struct table_reader *reader, size_t row, char *place, size_t room);

/*
 * A small table at once, in memory that the arena owns.
 *
 * ERR_LIMIT  more than `rows_max` rows
 */
MUST_CHECK bool table_load(const char *source, const struct table_field *fields, size_t count,
                           size_t rows_max, struct table_chunk *table, struct arena *memory,
                           struct error *err);

#endif
