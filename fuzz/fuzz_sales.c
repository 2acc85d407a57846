/*
 * fuzz_sales — any bytes as the body of a post, and as a name. A row that is accepted can be read
 * again from what is kept of it and is the same row; its name settles the same way each time.
 */
#include "sales/book.h"
#include "sales/names.h"
#include "sales/rows.h"
#include "sales/weeks.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_row(const struct sales_row *row)
{
    struct arena memory = {0};
    struct sales_rows again;
    struct error err = {0};
    struct text body = {0};

    text_add_format(&body, "[%s]", row->posted);
    if (!sales_rows_parse(&again, body.bytes, body.length, &memory, &err) || again.rows != 1 ||
        again.row[0].period != row->period || again.row[0].sales != row->sales ||
        strcmp(again.row[0].vegetable, row->vegetable) != 0 ||
        strcmp(again.row[0].posted, row->posted) != 0)
        BUG("a row is another when it is posted as it was kept");
    if (!sales_period_valid(row->period))
        BUG("a period that is none");
    text_clear(&body);
    arena_clear(&memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena memory = {0};
    struct sales_rows rows;
    struct error err = {0};
    struct text out = {0};
    char name[SALES_NAME_MAX + 1];
    const size_t length = size < SALES_NAME_MAX ? size : SALES_NAME_MAX;

    memcpy(name, data, length);
    name[length] = '\0';
    if (sales_name_settle(name) != sales_name_settle(name))
        BUG("a name settles in two ways");
    if (sales_rows_parse(&rows, (const char *)data, size, &memory, &err)) {
        struct sales_book *book = sales_book_new();
        for (size_t i = 0; i < rows.rows; i++) {
            check_row(&rows.row[i]);
            sales_book_put(book, &rows.row[i]);
        }
        sales_rows_answer(&rows, &out);
        sales_book_raw(book, &out);
        sales_book_monthly(book, &(struct sales_monthly_query){.details = true}, &out);
        sales_book_unrecognised(book, &out);
        sales_book_free(book);
    }
    text_clear(&out);
    arena_clear(&memory);
    return 0;
}
