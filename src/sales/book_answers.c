/* The lists of a book as JSON. */
#include "sales/book_internal.h"
#include "sales/rows.h"

#include <string.h>

void sales_book_raw(const struct sales_book *book, struct text *out)
{
    text_add(out, "[", 1);
    for (size_t i = 0; i < book->rows; i++) {
        if (i > 0)
            text_add(out, ", ", 2);
        text_add(out, book->row[i].posted, book->row[i].posted_length);
    }
    text_add(out, "]\n", 2);
}

/* A month without the outliers may have no week left: "". */
static char *write_month(const struct book_vegetable *vegetable, const struct book_month *month,
                         bool safe, bool details)
{
    const size_t weeks = safe ? month->weeks - month->outliers : month->weeks;
    struct text text = {0};

    text_add(&text, "", 0);
    if (weeks > 0) {
        text_add_format(&text, "{\"year_month\": %d, \"vegetable\": ", (int)month->year_month);
        sales_add_text(&text, vegetable->name);
        text_add(&text, ", \"sales\": ", 11);
        sales_add_number(&text, safe ? month->safe_sales : month->sales);
        if (details)
            text_add_format(&text, ", \"is_outlier\": %s, \"weeks\": %zu",
                            !safe && month->outliers ? "true" : "false", weeks);
        text_add(&text, "}", 1);
    }
    return text.bytes ? text.bytes : memory_take_zeroed(1, 1);
}

void sales_book_monthly(struct sales_book *book, const struct sales_monthly_query *query,
                        struct text *out)
{
    const size_t form = query->remove_outliers + 2 * (size_t)query->details;
    const char *between = "";

    book_settle(book);
    text_add(out, "[", 1);
    for (size_t i = 0; i < book->places; i++) {
        struct book_vegetable *vegetable = &book->vegetable[book->place[i].vegetable];
        struct book_month *month = &vegetable->month[book->place[i].month];
        if (!month->text[form])
            month->text[form] =
                write_month(vegetable, month, query->remove_outliers, query->details);
        if (!*month->text[form])
            continue;
        text_add(out, between, strlen(between));
        text_add(out, month->text[form], strlen(month->text[form]));
        between = ", ";
    }
    text_add(out, "]\n", 2);
}

static int compare_written(const void *a, const void *b)
{
    return strcmp((*(const struct book_name *const *)a)->written,
                  (*(const struct book_name *const *)b)->written);
}

void sales_book_unrecognised(const struct sales_book *book, struct text *out)
{
    const struct book_name **list = memory_take(book->names + 1, sizeof *list);
    size_t count = 0;

    for (size_t i = 0; i < book->names; i++)
        if (!book->name[i].recognised)
            list[count++] = &book->name[i];
    qsort(list, count, sizeof *list, compare_written);
    text_add(out, "[", 1);
    for (size_t i = 0; i < count; i++) {
        text_add_format(out, "%s{\"vegetable\": ", i ? ", " : "");
        sales_add_text(out, list[i]->written);
        text_add_format(out, ", \"rows\": %zu}", list[i]->rows);
    }
    text_add(out, "]\n", 2);
    free(list);
}
