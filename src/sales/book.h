/*
 * book — all rows in memory, and the tables made from them.
 *
 * Silver is bronze under clean names (names.h). A weekly sale is the sum of the rows of one
 * vegetable and seven days. It is an outlier above the mean plus 5 sample standard deviations of
 * the weekly sales of its own vegetable. A month gets of each week the share of its days that fall
 * in it. Sums are made in an order that depends on the rows and not on when they came (rows of a
 * week by period and name, weeks and months by time), so a book made again from bronze is the
 * same to the bit.
 *
 * Only what a change touches is made again. Nothing here locks: the service does.
 */
#ifndef QUERN_SALES_BOOK_H
#define QUERN_SALES_BOOK_H

#include "base/text.h"
#include "sales/store.h"

enum { SALES_OUTLIER_DEVIATIONS = 5 };

struct sales_book;

struct sales_book *sales_book_new(void);
/* No-op on NULL. */
void sales_book_free(struct sales_book *book);

/* Add a row, or replace that of its key. A row whose period is impossible is passed over. */
void sales_book_put(struct sales_book *book, const struct sales_row *row);
size_t sales_book_rows(const struct sales_book *book);

struct sales_monthly_query {
    bool remove_outliers, details;
};

/* JSON lists, a line break behind them. */
void sales_book_raw(const struct sales_book *book, struct text *out);
void sales_book_monthly(struct sales_book *book, const struct sales_monthly_query *query,
                        struct text *out);
/* [{"vegetable": "xyz", "rows": 3}]: names as written that could not be settled, by their bytes. */
void sales_book_unrecognised(const struct sales_book *book, struct text *out);

/*
 * The rows of silver, weekly and monthly, in no order: all of them, or those that are new or other
 * than at the last call. They live in `memory`, their texts in the book.
 */
struct sales_tables sales_book_tables(struct sales_book *book, bool whole, struct arena *memory);

#endif
