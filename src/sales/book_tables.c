/* Weeks, outliers and months of a book, and what of them changed. */
#include "sales/book_internal.h"
#include "sales/weeks.h"

#include <math.h>
#include <string.h>

/* A row of a week, to be added up in order. */
struct addend {
    int32_t period;
    const char *written;
    double sales;
};

static int compare_addends(const void *a, const void *b)
{
    const struct addend *left = a, *right = b;

    if (left->period != right->period)
        return left->period < right->period ? -1 : 1;
    return strcmp(left->written, right->written);
}

static double sum_rows(const struct sales_book *book, const struct book_week *week)
{
    struct addend few[16], *all = few;
    size_t count = 0, i = 0;
    double sum = 0;

    for (uint32_t row = week->first; row != BOOK_NONE; row = book->row[row].next)
        count++;
    if (count > sizeof few / sizeof *few)
        all = memory_take(count, sizeof *all);
    for (uint32_t row = week->first; row != BOOK_NONE; row = book->row[row].next)
        all[i++] = (struct addend){book->row[row].period, book->name[book->row[row].name].written,
                                   book->row[row].sales};
    if (count > 1)
        qsort(all, count, sizeof *all, compare_addends);
    for (i = 0; i < count; i++)
        sum += all[i].sales;
    if (all != few)
        free(all);
    return sum;
}

/* Above mean + 5 s, s with n - 1 below; of one week there is no s, and no outlier. */
static void tag_outliers(struct book_vegetable *vegetable)
{
    const double n = (double)vegetable->weeks;
    double sum = 0, squares = 0;

    for (size_t i = 0; i < vegetable->weeks; i++)
        sum += vegetable->week[i].sales;
    const double mean = sum / n;
    for (size_t i = 0; i < vegetable->weeks; i++)
        squares += (vegetable->week[i].sales - mean) * (vegetable->week[i].sales - mean);
    const double limit =
        n > 1 ? mean + SALES_OUTLIER_DEVIATIONS * sqrt(squares / (n - 1)) : HUGE_VAL;
    for (size_t i = 0; i < vegetable->weeks; i++)
        vegetable->week[i].is_outlier = vegetable->week[i].sales > limit;
}

static void add_share(struct book_month *month, size_t *months, int32_t year_month, int days,
                      const struct book_week *week)
{
    const double share = week->sales * days / 7;
    size_t at = *months;

    /* Weeks come by time, so a month is one of the last two or a new one. */
    while (at > 0 && month[at - 1].year_month > year_month)
        at--;
    if (at == 0 || month[at - 1].year_month != year_month)
        month[(*months)++] = (struct book_month){.year_month = year_month};
    else
        at--;
    month[at].sales += share;
    month[at].weeks++;
    if (week->is_outlier)
        month[at].outliers++;
    else
        month[at].safe_sales += share;
}

/* A month that came out the same keeps its texts. */
static void carry_over(const struct book_vegetable *vegetable, struct book_month *month,
                       size_t months)
{
    size_t at = 0;

    for (size_t i = 0; i < vegetable->months; i++) {
        struct book_month *old = &vegetable->month[i];
        while (at < months && month[at].year_month < old->year_month)
            at++;
        if (at < months && month[at].year_month == old->year_month &&
            month[at].sales == old->sales && month[at].safe_sales == old->safe_sales &&
            month[at].weeks == old->weeks && month[at].outliers == old->outliers) {
            month[at] = *old;
            continue;
        }
        for (size_t t = 0; t < MONTH_TEXTS; t++)
            free(old->text[t]);
    }
}

static void settle_vegetable(struct sales_book *book, struct book_vegetable *vegetable)
{
    struct book_month *month = memory_take(2 * vegetable->weeks, sizeof *month);
    size_t months = 0;

    for (size_t i = 0; i < vegetable->weeks; i++)
        if (vegetable->week[i].touched) {
            vegetable->week[i].sales = sum_rows(book, &vegetable->week[i]);
            vegetable->week[i].touched = false;
        }
    tag_outliers(vegetable);
    for (size_t i = 0; i < vegetable->weeks; i++) {
        const struct sales_split split = sales_split_week(vegetable->week[i].start);
        add_share(month, &months, split.year_month[0], split.days[0], &vegetable->week[i]);
        if (split.days[1] > 0)
            add_share(month, &months, split.year_month[1], split.days[1], &vegetable->week[i]);
    }
    carry_over(vegetable, month, months);
    if (months != vegetable->months)
        book->places_valid = false;
    free(vegetable->month);
    vegetable->month = memory_resize(month, months, sizeof *month);
    vegetable->months = months;
    vegetable->dirty = false;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct book_vegetable *)*(void *const *)a)->name,
                  ((const struct book_vegetable *)*(void *const *)b)->name);
}

static int compare_places(const void *a, const void *b)
{
    const struct book_place *left = a, *right = b;

    if (left->year_month != right->year_month)
        return left->year_month < right->year_month ? -1 : 1;
    return left->vegetable < right->vegetable ? -1 : left->vegetable > right->vegetable;
}

/* By month and then vegetable; a vegetable's rank stands for its name while they are sorted. */
static void make_places(struct sales_book *book)
{
    struct book_vegetable **order = memory_take(book->vegetables + 1, sizeof *order);
    size_t places = 0;

    for (size_t i = 0; i < book->vegetables; i++) {
        order[i] = &book->vegetable[i];
        places += book->vegetable[i].months;
    }
    qsort(order, book->vegetables, sizeof *order, compare_names);
    book->place = memory_resize(book->place, places + 1, sizeof *book->place);
    book->places = 0;
    for (size_t rank = 0; rank < book->vegetables; rank++)
        for (size_t m = 0; m < order[rank]->months; m++)
            book->place[book->places++] =
                (struct book_place){order[rank]->month[m].year_month, (uint32_t)rank, (uint32_t)m};
    qsort(book->place, book->places, sizeof *book->place, compare_places);
    for (size_t i = 0; i < book->places; i++)
        book->place[i].vegetable = (uint32_t)(order[book->place[i].vegetable] - book->vegetable);
    free(order);
    book->places_valid = true;
}

void book_settle(struct sales_book *book)
{
    for (size_t i = 0; i < book->vegetables; i++)
        if (book->vegetable[i].dirty)
            settle_vegetable(book, &book->vegetable[i]);
    if (!book->places_valid)
        make_places(book);
}

/* How many rows there can be in an answer of sales_book_tables(). */
static struct sales_tables make_tables(const struct sales_book *book, bool whole,
                                       struct arena *memory, struct sales_silver **silver,
                                       struct sales_weekly **weekly, struct sales_monthly **monthly)
{
    size_t rows = 0, weeks = 0, months = 0;

    for (size_t i = 0; i < book->rows; i++)
        rows += whole || book->row[i].changed;
    for (size_t i = 0; i < book->vegetables; i++)
        if (whole || book->vegetable[i].changed) {
            weeks += book->vegetable[i].weeks;
            months += book->vegetable[i].months;
        }
    *silver = ARENA_NEW(memory, struct sales_silver, rows + 1);
    *weekly = ARENA_NEW(memory, struct sales_weekly, weeks + 1);
    *monthly = ARENA_NEW(memory, struct sales_monthly, months + 1);
    return (struct sales_tables){.silver = *silver, .weekly = *weekly, .monthly = *monthly};
}

static void list_weeks(struct book_vegetable *vegetable, bool whole, struct sales_weekly *weekly,
                       size_t *count)
{
    for (size_t i = 0; i < vegetable->weeks; i++) {
        struct book_week *week = &vegetable->week[i];
        if (!whole && week->known && week->known_sales == week->sales &&
            week->known_outlier == week->is_outlier)
            continue;
        weekly[(*count)++] =
            (struct sales_weekly){week->start, vegetable->name, week->sales, week->is_outlier};
        week->known = true;
        week->known_sales = week->sales;
        week->known_outlier = week->is_outlier;
    }
}

static void list_months(struct book_vegetable *vegetable, bool whole, struct sales_monthly *monthly,
                        size_t *count)
{
    for (size_t i = 0; i < vegetable->months; i++) {
        struct book_month *month = &vegetable->month[i];
        if (!whole && month->known)
            continue;
        monthly[(*count)++] =
            (struct sales_monthly){month->year_month, vegetable->name, month->sales,
                                   month->safe_sales, month->weeks,    month->outliers};
        month->known = true;
    }
}

struct sales_tables sales_book_tables(struct sales_book *book, bool whole, struct arena *memory)
{
    struct sales_silver *silver;
    struct sales_weekly *weekly;
    struct sales_monthly *monthly;

    book_settle(book);
    struct sales_tables tables = make_tables(book, whole, memory, &silver, &weekly, &monthly);
    for (size_t i = 0; i < book->rows; i++) {
        struct book_row *row = &book->row[i];
        const struct book_name *name = &book->name[row->name];
        if (!whole && !row->changed)
            continue;
        silver[tables.silvers++] =
            (struct sales_silver){row->period, name->written, book->vegetable[name->vegetable].name,
                                  name->recognised, row->sales};
        row->changed = false;
    }
    for (size_t i = 0; i < book->vegetables; i++) {
        struct book_vegetable *vegetable = &book->vegetable[i];
        if (!whole && !vegetable->changed)
            continue;
        list_weeks(vegetable, whole, weekly, &tables.weeklies);
        list_months(vegetable, whole, monthly, &tables.monthlies);
        vegetable->changed = false;
    }
    return tables;
}
