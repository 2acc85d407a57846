/* book_internal — what a book holds, shared by book.c, book_tables.c and book_answers.c. */
#ifndef QUERN_SALES_BOOK_INTERNAL_H
#define QUERN_SALES_BOOK_INTERNAL_H

#include "sales/book.h"

#define BOOK_NONE UINT32_MAX

/* A name as written. */
struct book_name {
    const char *written;
    uint32_t vegetable;
    bool recognised;
    size_t rows;
};

struct book_row {
    char *posted;
    double sales;
    size_t posted_length;
    int32_t period;
    uint32_t name;
    uint32_t next; /* of the same week, or BOOK_NONE */
    bool changed;  /* since sales_book_tables() */
};

struct book_week {
    int32_t start;
    uint32_t first; /* row */
    bool touched;   /* the sum is to be made again */
    bool is_outlier;
    bool known, known_outlier; /* at the last sales_book_tables() */
    double sales, known_sales;
};

/* How a month is written: by remove_outliers + 2 * details. */
enum { MONTH_TEXTS = 4 };

struct book_month {
    int32_t year_month;
    bool known; /* at the last sales_book_tables(), and the same since */
    double sales, safe_sales;
    size_t weeks, outliers;
    char *text[MONTH_TEXTS]; /* made when first asked for */
};

struct book_vegetable {
    const char *name;
    struct book_week *week; /* by start */
    struct book_month *month;
    size_t weeks, weeks_room, months;
    bool dirty;   /* weeks and months are to be made again */
    bool changed; /* since sales_book_tables() */
};

/* Indices by hash: open addressing, a power of two, at most half full. */
struct book_index {
    uint32_t *slot;
    size_t room, used;
};

/* A place in the list by month and vegetable. */
struct book_place {
    int32_t year_month;
    uint32_t vegetable, month;
};

struct sales_book {
    struct arena texts;
    struct book_name *name;
    struct book_row *row;
    struct book_vegetable *vegetable;
    size_t names, names_room, rows, rows_room, vegetables, vegetables_room;
    struct book_index by_name, by_key, by_vegetable;
    struct book_place *place;
    size_t places;
    bool places_valid; /* false: a vegetable or a month came since */
};

/* Make what is dirty again. */
void book_settle(struct sales_book *book);
/* One more place at the end of an array of `count`. */
void *book_grow(void *array, size_t count, size_t *room, size_t size);

#endif
