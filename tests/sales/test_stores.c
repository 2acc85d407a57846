/* One suite over every kind of store. */
#include "sales/stores.h"

#include "base/text.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PLACE_MAX = 1024, KILLS = 10, KILL_BATCH = 7, MANY_ROWS = 20000 };

/* `body` once for each kind that is there, with an empty store open. */
static void each_store(void (*body)(struct sales_store *store, const char *where))
{
    char where[PLACE_MAX];

    test_row = 0;
    for (const struct test_store *kind = test_stores; kind->name; kind++, test_row++) {
        if (!kind->place(where, sizeof where))
            continue;
        struct sales_store *store = open_store(where);
        EXPECT(store->kind == kind->kind);
        body(store, where);
    }
}

static struct sales_row row(int32_t period, const char *vegetable, double sales, const char *posted)
{
    return (struct sales_row){.time = 1700000000000000,
                              .request = "request-1",
                              .index = 3,
                              .period = period,
                              .vegetable = vegetable,
                              .posted = posted,
                              .sales = sales};
}

static void write_rows(struct sales_store *store, const struct sales_row *rows, size_t count)
{
    struct error err = {0};

    EXPECT_OK(store->kind->write(store, rows, count, &err), &err);
}

static struct sales_position position_of(struct sales_store *store)
{
    struct sales_position now = {0};
    struct error err = {0};

    EXPECT_OK(store->kind->position(store, &now, &err), &err);
    return now;
}

static void expect_rows(struct sales_store *store, struct sales_position since, const char *want)
{
    struct sales_position now = {0};
    char *got = bronze_text(store, since, &now);
    const struct sales_position asked = position_of(store);

    EXPECT_STR(got, want);
    EXPECT_EQ(now.sequence, asked.sequence);
    EXPECT_EQ(now.generation, asked.generation);
    free(got);
}

static const struct sales_position nowhere = {-1, 0};

static void keys(struct sales_store *store, const char *where)
{
    const struct sales_row first[] = {row(10, "Tomate", 4.5, "a"), row(10, "tomate", 1, "b"),
                                      row(12, "Tomate", 2, "c")};
    const struct sales_row again[] = {row(10, "tomate", 1, "B"), row(12, "Tomate", 3, "d"),
                                      row(12, "Tomate", 5, "e"), row(14, "Pera", 0, "f")};

    expect_rows(store, nowhere, "");
    write_rows(store, first, 3);
    const struct sales_position after = position_of(store);
    expect_rows(store, nowhere, "1 10 Tomate 4.5 a\n2 10 tomate 1 b\n3 12 Tomate 2 c\n");
    write_rows(store, first, 3);
    EXPECT_EQ(position_of(store).sequence, after.sequence);
    write_rows(store, again, 4);
    EXPECT_EQ(position_of(store).sequence, after.sequence + 1);
    expect_rows(store, nowhere,
                "1 10 Tomate 4.5 a\n2 10 tomate 1 b\n3 12 Tomate 5 e\n4 14 Pera 0 f\n");
    expect_rows(store, after, "3 12 Tomate 5 e\n4 14 Pera 0 f\n");
    expect_rows(store, position_of(store), "");
    sales_store_close(store);
    store = open_store(where);
    expect_rows(store, after, "3 12 Tomate 5 e\n4 14 Pera 0 f\n");
    sales_store_close(store);
}

TEST(stores_keep_one_row_a_key)
{
    each_store(keys);
}

/* A batch in which a key goes away from its value and back changes nothing that matters. */
static void back_and_forth(struct sales_store *store, const char *where)
{
    const struct sales_row first = row(10, "Tomate", 1, "a");
    const struct sales_row there_and_back[] = {row(10, "Tomate", 2, "b"),
                                               row(10, "Tomate", 1, "c")};
    struct sales_position now;

    (void)where;
    write_rows(store, &first, 1);
    write_rows(store, there_and_back, 2);
    char *got = bronze_text(store, nowhere, &now);
    EXPECT(strncmp(got, "1 10 Tomate 1 ", 14) == 0);
    free(got);
    write_rows(store, &first, 0);
    sales_store_close(store);
}

TEST(stores_take_the_last_of_a_key)
{
    each_store(back_and_forth);
}

static void empties(struct sales_store *store, const char *where)
{
    const struct sales_row rows[] = {row(10, "Tomate", 4.5, "a"), row(12, "Pera", 1, "b")};
    struct error err = {0};

    write_rows(store, rows, 2);
    const struct sales_position before = position_of(store);
    EXPECT_OK(store->kind->empty(store, &err), &err);
    const struct sales_position after = position_of(store);
    EXPECT(after.generation > before.generation);
    EXPECT(after.sequence >= before.sequence);
    expect_rows(store, before, "");
    write_rows(store, &rows[1], 1);
    /* A follower from before sees all there is. */
    struct sales_position now;
    char *got = bronze_text(store, before, &now);
    EXPECT_HAS(got, " 12 Pera 1 b\n");
    EXPECT(!strstr(got, "Tomate"));
    EXPECT_EQ(now.generation, after.generation);
    EXPECT(now.sequence > after.sequence);
    free(got);
    sales_store_close(store);
    store = open_store(where);
    EXPECT_EQ(position_of(store).generation, after.generation);
    sales_store_close(store);
}

TEST(stores_can_be_emptied)
{
    each_store(empties);
}

static void texts(struct sales_store *store, const char *where)
{
    static const char *const name[] = {
        "",
        " ",
        "a,b",
        "say \"hi\"",
        "it's",
        "two\nlines",
        "back\\slash",
        "tab\there",
        "cr\rlf\r\n",
        "\xc3\xa9pinard",
        "\xf0\x9f\xa5\x95",
        "; DROP TABLE bronze; --",
        "NULL",
        "\\N",
        "%s%n",
        "\x01\x7f",
    };
    enum { COUNT = sizeof name / sizeof *name };
    struct sales_row rows[COUNT + 1];
    struct text want = {0};
    char *large = memory_take(20001, 1);

    memset(large, 'x', 20000);
    large[20000] = '\0';
    for (size_t i = 0; i <= COUNT; i++) {
        const char *text = i < COUNT ? name[i] : large;
        rows[i] = row((int32_t)i - 3, text, 1.0 / (double)(i + 3), text);
        rows[i].request = text;
        text_add_format(&want, "%zu %d %s %.17g %s\n", i + 1, (int)i - 3, text, rows[i].sales,
                        text);
    }
    write_rows(store, rows, COUNT + 1);
    expect_rows(store, nowhere, want.bytes);
    sales_store_close(store);
    store = open_store(where);
    expect_rows(store, nowhere, want.bytes);
    write_rows(store, rows, COUNT + 1);
    expect_rows(store, nowhere, want.bytes);
    sales_store_close(store);
    text_clear(&want);
    free(large);
}

TEST(stores_keep_every_text)
{
    each_store(texts);
}

static void visit_numbers(void *context, const struct sales_row *got)
{
    const struct sales_row **want = context;

    EXPECT_EQ(memcmp(&got->sales, &(*want)->sales, sizeof got->sales), 0);
    EXPECT_EQ(got->period, (*want)->period);
    EXPECT_EQ(got->time, (*want)->time);
    EXPECT_EQ(got->index, (*want)->index);
    (*want)++;
}

static void numbers(struct sales_store *store, const char *where)
{
    const struct sales_row rows[] = {
        row(INT32_MAX, "a", 0.1, ""),
        row(INT32_MIN, "b", 1e300, ""),
        row(0, "c", 5e-324, ""),
        row(-1, "d", 0, ""),
        row(1, "e", 1.0 / 3, ""),
        row(2, "f", 123456789.123456789, ""),
        row(3, "g", 9007199254740993.0, ""),
    };
    const struct sales_row *want = rows;
    struct sales_position now;
    struct error err = {0};

    write_rows(store, rows, sizeof rows / sizeof *rows);
    sales_store_close(store);
    store = open_store(where);
    EXPECT_OK(store->kind->changes(store, nowhere, visit_numbers, &want, &now, &err), &err);
    EXPECT_EQ(want - rows, sizeof rows / sizeof *rows);
    sales_store_close(store);
}

TEST(stores_keep_every_number)
{
    each_store(numbers);
}

static void many(struct sales_store *store, const char *where)
{
    struct sales_row *rows = memory_take_zeroed(MANY_ROWS, sizeof *rows);
    const struct sales_row *want = rows;
    struct sales_position now;
    struct error err = {0};

    (void)where;
    for (size_t i = 0; i < MANY_ROWS; i++) {
        rows[i] = row((int32_t)(i * 7919 % MANY_ROWS), i % 2 ? "a" : "b", (double)i, "{}");
        rows[i].index = i;
    }
    write_rows(store, rows, MANY_ROWS);
    EXPECT_OK(store->kind->changes(store, nowhere, visit_numbers, &want, &now, &err), &err);
    EXPECT_EQ(want - rows, MANY_ROWS);
    sales_store_close(store);
    free(rows);
}

TEST(stores_take_many_rows)
{
    each_store(many);
}

static const struct sales_silver silver[] = {{10, "tomate", "tomato", true, 2},
                                             {10, "Zzz", "Zzz", false, 1},
                                             {8, "Pera", "pear", true, 0.1}};
static const struct sales_weekly weekly[] = {
    {5, "tomato", 2, true}, {5, "Zzz", 1, false}, {4, "pear", 0.1, false}};
static const struct sales_monthly monthly[] = {
    {197001, "tomato", 2, 0, 1, 1}, {197001, "Zzz", 1, 1, 1, 0}, {196912, "pear", 0.1, 0.1, 1, 0}};

static bool put(struct sales_store *store, const struct sales_position *from,
                struct sales_position to, size_t rows)
{
    const struct sales_tables_write write = {
        .rows = {silver, weekly, monthly, rows, rows, rows},
        .whole = !from,
        .from = from ? *from : nowhere,
        .to = to,
    };
    struct error err = {0};
    bool written = false;

    EXPECT_OK(store->kind->write_tables(store, &write, &written, &err), &err);
    return written;
}

static void expect_tables(struct sales_store *store, const char *want)
{
    char *got = tables_text(store);

    EXPECT_STR(got, want);
    free(got);
}

static void expect_tables_at(struct sales_store *store, struct sales_position want)
{
    struct arena memory = {0};
    struct sales_tables rows;
    struct sales_position at;
    struct error err = {0};

    EXPECT_OK(store->kind->read_tables(store, &rows, &at, &memory, &err), &err);
    EXPECT_EQ(at.generation, want.generation);
    EXPECT_EQ(at.sequence, want.sequence);
    arena_clear(&memory);
}

static void tables(struct sales_store *store, const char *where)
{
    static const char one[] = "silver 10 tomate -> tomato 1 2\nweekly 5 tomato 2 1\n"
                              "monthly 197001 tomato 2 0 1 1\n";
    static const char all[] =
        "silver 8 Pera -> pear 1 0.10000000000000001\nsilver 10 Zzz -> Zzz 0 1\n"
        "silver 10 tomate -> tomato 1 2\nweekly 4 pear 0.10000000000000001 0\nweekly 5 Zzz 1 0\n"
        "weekly 5 tomato 2 1\nmonthly 196912 pear 0.10000000000000001 0.10000000000000001 1 0\n"
        "monthly 197001 Zzz 1 1 1 0\nmonthly 197001 tomato 2 0 1 1\n";
    struct error err = {0};

    const struct sales_row rows[] = {row(10, "tomate", 2, ""), row(10, "Zzz", 1, ""),
                                     row(8, "Pera", 0.1, "")};
    const struct sales_position start = {position_of(store).generation, 0};
    expect_tables(store, "");
    expect_tables_at(store, start);
    write_rows(store, rows, 1);
    const struct sales_position first = position_of(store);
    write_rows(store, rows, 3);
    const struct sales_position second = position_of(store);

    EXPECT(!put(store, &second, second, 3)); /* they are not there */
    expect_tables(store, "");
    EXPECT(put(store, &start, first, 1));
    expect_tables(store, one);
    expect_tables_at(store, first);
    EXPECT(!put(store, &start, second, 3));
    EXPECT(put(store, &first, second, 3));
    expect_tables(store, all);
    EXPECT(!put(store, NULL, first, 1));     /* older than what is there */
    EXPECT(!put(store, &second, second, 1)); /* done already */
    EXPECT(put(store, NULL, second, 1));     /* but a rebuild is always taken */
    expect_tables(store, one);
    EXPECT(put(store, NULL, second, 3));
    sales_store_close(store);
    store = open_store(where);
    expect_tables(store, all);
    expect_tables_at(store, second);

    EXPECT_OK(store->kind->empty(store, &err), &err);
    expect_tables(store, "");
    EXPECT(!put(store, NULL, second, 3)); /* of rows that are gone */
    write_rows(store, rows, 1);
    EXPECT(put(store, &(struct sales_position){position_of(store).generation, 0},
               position_of(store), 3));
    write_rows(store, rows, 3);
    EXPECT(put(store, NULL, position_of(store), 1));
    expect_tables(store, one);
    sales_store_close(store);
}

TEST(stores_keep_the_tables_made_from_bronze)
{
    each_store(tables);
}

static void two_openings(struct sales_store *store, const char *where)
{
    const struct sales_row rows[] = {row(10, "Tomate", 4.5, "a"), row(12, "Pera", 1, "b"),
                                     row(10, "Tomate", 5, "c")};
    struct sales_store *second = NULL;
    struct error err = {0};

    if (!store->kind->shared) {
        EXPECT(!sales_store_open(&second, where, &err));
        EXPECT(err.text[0]);
        sales_store_close(store);
        return;
    }
    second = open_store(where);
    write_rows(store, &rows[0], 1);
    const struct sales_position then = position_of(second);
    EXPECT_EQ(then.sequence, position_of(store).sequence);
    write_rows(second, &rows[1], 2);
    expect_rows(store, then, "1 10 Tomate 5 c\n2 12 Pera 1 b\n");
    write_rows(store, &rows[0], 1);
    expect_rows(second, nowhere, "1 10 Tomate 4.5 a\n2 12 Pera 1 b\n");
    sales_store_close(store);
    sales_store_close(second);
}

TEST(stores_are_shared_or_refuse)
{
    each_store(two_openings);
}

/* In a process of its own: write batches, and say after each that it is in. */
static void write_until_killed(const char *where, int out, int32_t first)
{
    struct sales_store *store = NULL;
    struct error err = {0};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!sales_store_open(&store, where, &err))
        _exit(1);
    for (int32_t batch = first;; batch++) {
        struct sales_row rows[KILL_BATCH];
        for (int i = 0; i < KILL_BATCH; i++)
            rows[i] = row(batch * KILL_BATCH + i, "Tomate", 1, "{}");
        if (!store->kind->write(store, rows, KILL_BATCH, &err) ||
            write(out, &batch, sizeof batch) != sizeof batch)
            _exit(1);
    }
}

static void visit_count(void *context, const struct sales_row *got)
{
    size_t *count = context;

    EXPECT_EQ(got->period, *count);
    (*count)++;
}

static void killed(struct sales_store *store, const char *where)
{
    int32_t acknowledged = -1, batch;

    sales_store_close(store);
    for (int round = 0; round < KILLS; round++) {
        int ends[2];
        EXPECT(pipe2(ends, O_CLOEXEC) == 0);
        const pid_t child = fork();
        if (child == 0)
            write_until_killed(where, ends[1], acknowledged + 1);
        close(ends[1]);
        for (int i = 0; i < 3 + 5 * round; i++)
            EXPECT(read(ends[0], &batch, sizeof batch) == sizeof batch);
        nanosleep(&(struct timespec){.tv_nsec = 3000000L * round + 1000000L}, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(ends[0], &batch, sizeof batch) == sizeof batch)
            ;
        close(ends[0]);
        struct sales_position now;
        struct error err = {0};
        size_t count = 0;
        store = open_store(where);
        EXPECT_OK(store->kind->changes(store, nowhere, visit_count, &count, &now, &err), &err);
        EXPECT(count >= (size_t)(batch + 1) * KILL_BATCH);
        EXPECT_EQ(count % KILL_BATCH, 0); /* a batch is in as a whole */
        acknowledged = (int32_t)(count / KILL_BATCH) - 1;
        sales_store_close(store);
    }
}

TEST(stores_lose_nothing_when_killed)
{
    each_store(killed);
}

TEST(stores_are_named_by_their_scheme)
{
    static const char *const wrong[] = {"", "sqlite", "sqlite:", "mysql:x", "SQLITE:x"};
    struct sales_store *store;
    struct error err;

    EACH_ROW(wrong, where) {
        EXPECT_ERROR(sales_store_open(&store, *where, &err), &err, ERR_ARG, *where);
    }
}
