/* The published split of the handbook's card payments, and its features. */
#include "sequence/history.h"

#include "sequence/history_support.h"
#include "support/test.h"

#include "base/clock.h"

#include <math.h>

static const char settings[] =
    "source: {time: TX_DATETIME, outcome: TX_FRAUD, outcome_after: 7 days}\n"
    "histories:\n"
    "  by: [CUSTOMER_ID, TERMINAL_ID]\n"
    "  features:\n"
    "    - {column: TX_AMOUNT}\n"
    "    - {column: TX_FRAUD, type: category}\n"
    "    - {value: [hour, weekday], type: category}\n"
    "  engineered:\n"
    "    - {column: TX_AMOUNT, scale: standard}\n"
    "    - {value: [weekend, night]}\n"
    "    - {value: [count, mean], column: TX_AMOUNT, by: CUSTOMER_ID, window: [1 day, 7 days, 30 "
    "days]}\n"
    "    - {value: [count, mean], column: TX_FRAUD, by: TERMINAL_ID, window: [1 day, 7 days, 30 "
    "days], delay: 7 days}\n"
    "split:\n"
    "  train: [2018-07-25, 2018-07-31]\n"
    "  test: [2018-08-08, 2018-08-14]\n"
    "  drop_known: CUSTOMER_ID\n";

static size_t outcomes(const struct history_case *c, const struct history_rows *rows)
{
    size_t count = 0;

    for (size_t i = 0; i < rows->count; i++)
        count += c->set.outcome[rows->row[i]] == 1;
    return count;
}

TEST(history_splits_payments_as_published)
{
    const char *path = test_shared("data/fraud/transactions.csv.gz");
    struct error err = {0};
    struct history_case c;
    struct history_row row;

    if (!path)
        return;
    EXPECT_OK(history_case_open(&c, settings, path, &err), &err);
    EXPECT_EQ(c.train.count, 67240);
    EXPECT_EQ(outcomes(&c, &c.train), 598);
    EXPECT_EQ(c.test.count, 58264);
    EXPECT_EQ(outcomes(&c, &c.test), 385);
    /* unknown and 2 outcomes, unknown and 24 hours, unknown and 7 days, 1 number */
    EXPECT_EQ(c.fitted.n_embedding, 3 + 25 + 8 + 1);

    struct history_set again;
    const double start = clock_seconds();
    history_open(&again, &c.fitted, &c.orders);
    const double opened = clock_seconds();
    size_t cut = 0;
    for (size_t i = 0; i < c.test.count; i++) {
        history_cut(&again, c.test.row[i], &c.buffers, &row);
        cut += row.sequence[0].orders + row.sequence[1].orders;
    }
    const double done = clock_seconds();
    printf("%zu orders opened in %.3f s; %zu rows, %zu orders, cut in %.3f s\n", again.rows,
           opened - start, c.test.count, cut, done - opened);
    EXPECT(cut > 2 * c.test.count);
    history_close(&again);
    history_case_close(&c);
}
