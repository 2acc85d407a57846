/*
 * store_csv — the tables as CSV files in a folder that one process uses at a time (DIR/lock).
 *
 *   bronze.csv      a journal: the first line names the columns, each further one is a change. A
 *                   line is never changed; the last line of an id is the row as it is
 *   silver.csv, gold_weekly.csv, gold_monthly.csv
 *                   whole tables, written anew at most once a second; tables.json has their
 *                   position and hashes, so that a set that does not fit together is not used
 *
 * Lines of bronze.csv that belong to one write have the same sequence, and `left` counts down to 0
 * in the last of them; `check` is a hash of the line before it. A write that was cut off by a kill
 * has no line with 0 or one whose check is wrong: it was not answered, and is cut off when the
 * folder is opened. Damage anywhere else is an error with its line.
 *
 * The first line of data has id 0: at this generation and sequence, `position` lines follow as a
 * snapshot, one for each row. A journal that is mostly replaced lines is written anew as a
 * snapshot, whole or not at all.
 *
 * In a text a backslash is written \\, a line break \n and a carriage return \r, so that a line of
 * the file is always a line of the table.
 */
#ifndef QUERN_SALES_STORE_CSV_H
#define QUERN_SALES_STORE_CSV_H

#include "base/text.h"
#include "sales/key_index.h"
#include "sales/store.h"

/* A row of bronze in memory; its id is its index + 1. */
struct csv_row {
    int64_t sequence, time;
    size_t index;
    int32_t period;
    double sales;
    char *request, *vegetable, *posted; /* one allocation, that of `request` */
};

/* A change of a row: what the newest changes were, so that followers need not see all rows. */
struct csv_change {
    int64_t sequence;
    size_t row;
};

/* Silver, weekly or monthly rows with keys (number, text). Their texts are owned. */
struct csv_table {
    struct csv_table_row {
        int32_t number;
        char *text, *vegetable; /* one allocation; vegetable: of silver, else NULL */
        bool flag;
        double sales, safe_sales;
        size_t weeks, outliers;
    } * row;
    size_t rows, room;
    struct key_index keys;
};
enum csv_table_kind { CSV_SILVER, CSV_WEEKLY, CSV_MONTHLY, CSV_TABLES };

struct store_csv {
    struct sales_store store;
    char *folder, *journal; /* journal: folder/bronze.csv */
    int lock, fd;           /* -1: not open */
    size_t size;            /* bytes of the journal that are whole; more on the disk is cut off */
    bool dirty;             /* there may be more on the disk */
    size_t lines;           /* of rows in the journal, replaced ones too */

    struct sales_position position;
    struct csv_row *row;
    size_t rows, room;
    struct key_index keys;
    struct csv_change *change;
    size_t changes, change_room;
    int64_t changes_from; /* changes up to this sequence are not in `change` */

    struct csv_table table[CSV_TABLES];
    struct sales_position tables;
    bool tables_dirty; /* not in the files yet */
    double tables_due; /* when to write them, clock_seconds() */
};

/* A line of a CSV file taken apart; fields are NUL-terminated and live until the next one. */
enum { CSV_FIELDS = 12 };
struct csv_line {
    char *field[CSV_FIELDS];
    size_t fields;
    struct text scratch;
};
/* False where it is no line of this kind of file. `line` is without its line end. */
bool csv_line_split(struct csv_line *line, const char *bytes, size_t length);
void csv_line_clear(struct csv_line *line);
/* Append one text as a field, with a comma behind it. */
void csv_line_add_text(struct text *out, const char *text);

/* store_csv_journal.c */

/* Read or make the journal, cut off what was not finished, and keep it open. */
MUST_CHECK bool csv_journal_open(struct store_csv *store, struct error *err);
/* Append the lines of a row; `left` more lines of the same write follow. */
void csv_journal_line(struct text *out, const struct sales_row *row, struct sales_position position,
                      size_t left);
/* Append to the file and wait until the disk has it. On failure the file is as it was. */
MUST_CHECK bool csv_journal_append(struct store_csv *store, const struct text *lines,
                                   struct error *err);
/* Write the rows that are in memory as a new journal, at this position. */
MUST_CHECK bool csv_journal_rewrite(struct store_csv *store, struct sales_position position,
                                    size_t rows, struct error *err);
/* Put a row into memory, in the place of one with its key or behind the last. */
void csv_rows_put(struct store_csv *store, const struct sales_row *row, int64_t sequence);
bool csv_rows_find(const struct store_csv *store, int32_t period, const char *vegetable,
                   size_t *index);
void csv_rows_clear(struct store_csv *store);

/* store_csv_tables.c */

/* Read the files; tables that do not fit together are as good as none. */
void csv_tables_open(struct store_csv *store);
/* Write the files if it is time (or `now`); a failure is a warning, for bronze has everything. */
void csv_tables_publish(struct store_csv *store, bool now);
void csv_tables_clear(struct store_csv *store);
bool store_csv_write_tables(struct sales_store *store, const struct sales_tables_write *write,
                            bool *written, struct error *err);
bool store_csv_read_tables(struct sales_store *store, struct sales_tables *rows,
                           struct sales_position *at, struct arena *memory, struct error *err);

#endif
