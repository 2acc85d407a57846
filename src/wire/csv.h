/*
 * csv — comma-separated rows into columns, in one pass and without copies: a text is a view of the
 * body unless it has doubled quotes.
 *
 * A field is a number, a text, or passed over. Bytes that are not UTF-8 in a text are a fault of
 * the row; so are more or fewer fields than the header (or the schema) has. Blank lines are no
 * rows.
 */
#ifndef QUERN_WIRE_CSV_H
#define QUERN_WIRE_CSV_H

#include "wire/rows.h"

enum { CSV_FIELDS_MAX = 2 * SCHEMA_COLUMNS_MAX };

/* Which column of the schema each field of a row is. */
struct csv_layout {
    size_t count;
    const size_t *column; /* [count]; SIZE_MAX: none */
    bool header;
};

/*
 * Look at the first record. If it is a header, *start is behind it; otherwise fields are the
 * schema's columns, in order, and *start is behind a byte order mark at most.
 *
 * ERR_DATA  a header without a column that is used, or with one twice
 */
MUST_CHECK bool csv_layout_read(struct csv_layout *layout, const struct schema *schema,
                                const char *body, size_t size, size_t *start, struct arena *memory,
                                struct error *err);

/*
 * Records up to `size`; `record` (may be NULL) receives the bytes of each without its line end,
 * room for as many as there are lines.
 *
 * ERR_DATA  a quote is never closed      ERR_LIMIT  too many rows
 */
MUST_CHECK bool csv_rows_read(struct rows *rows, const struct csv_layout *layout, const char *body,
                              size_t size, struct table_string *record, struct error *err);

/* A block of records as rows; none is fine. `record` as above. */
MUST_CHECK bool csv_decode_block(struct wire_rows *out, const struct csv_layout *layout,
                                 const struct schema *schema, const char *body, size_t size,
                                 struct table_string *record, struct arena *memory,
                                 struct error *err);

/*
 * Where the last whole record ends that begins before `target` bytes; 0 if not one is whole. At the
 * end of a file (`last`) the rest is whole.
 */
size_t csv_cut(const char *body, size_t size, size_t target, bool last);

/* Lines that `size` bytes have at most: an upper bound of their records. */
size_t csv_lines(const char *body, size_t size);

/* One line of an answer: the columns `column` [count] of the frame. */
void csv_write_row(struct text *out, const struct frame *answer, const size_t *column, size_t count,
                   size_t row);
/* A field in a file: quoted where it must be. */
void csv_write_field(struct text *out, const char *text, size_t length);

#endif
