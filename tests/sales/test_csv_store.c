/* What only files can do to a store: be cut off, damaged, edited, full. */
#include "sales/stores.h"

#include "base/arena.h"
#include "base/file.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PLACE_MAX = 1024, FILE_LIMIT = 1 << 26 };

static const struct sales_position nowhere = {-1, 0};

static void new_place(char *where, char *journal, const char *name)
{
    snprintf(where, PLACE_MAX, "csv:%s/%s", test_folder(), name);
    snprintf(journal, PLACE_MAX, "%s/%s/bronze.csv", test_folder(), name);
}

static bool write_some(struct sales_store *store, int32_t period, double sales, size_t count,
                       struct error *err)
{
    struct sales_row row[8];

    for (size_t i = 0; i < count; i++)
        row[i] = (struct sales_row){.request = "r",
                                    .period = period + (int32_t)i,
                                    .vegetable = "Tomate",
                                    .posted = "{\"a\": \"b,c\"}",
                                    .sales = sales};
    return store->kind->write(store, row, count, err);
}

static size_t size_of(const char *path)
{
    struct stat info;

    EXPECT(stat(path, &info) == 0);
    return (size_t)info.st_size;
}

/* Two writes of three rows; gives where the second begins. */
static size_t make_two(const char *where, const char *journal)
{
    struct error err = {0};
    struct sales_store *store = open_store(where);

    EXPECT_OK(write_some(store, 0, 1, 3, &err), &err);
    const size_t size = size_of(journal);
    EXPECT_OK(write_some(store, 10, 2, 3, &err), &err);
    sales_store_close(store);
    return size;
}

static size_t rows_of(struct sales_store *store)
{
    struct sales_position now;
    char *text = bronze_text(store, nowhere, &now);
    size_t lines = 0;

    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    free(text);
    return lines;
}

/* Whatever part of the last write is in the file, it is as if it had never been. */
TEST(csv_store_cuts_off_what_was_not_finished)
{
    char where[PLACE_MAX], journal[PLACE_MAX], *bytes;
    struct error err = {0};
    size_t size;

    new_place(where, journal, "torn");
    const size_t second = make_two(where, journal);
    EXPECT_OK(file_read(journal, FILE_LIMIT, &bytes, &size, &err), &err);
    for (size_t cut = second + 1; cut < size; cut += 3) {
        EXPECT_OK(file_write(journal, bytes, cut, &err), &err);
        struct sales_store *store = open_store(where);
        EXPECT_EQ(rows_of(store), 3);
        EXPECT_EQ(size_of(journal), second);
        EXPECT_OK(write_some(store, 20, 3, 1, &err), &err);
        sales_store_close(store);
        store = open_store(where);
        EXPECT_EQ(rows_of(store), 4);
        sales_store_close(store);
    }
    free(bytes);
}

/* A changed byte is noticed, wherever it is: as damage, or in the last write as one that was not
 * finished. */
TEST(csv_store_notices_damage)
{
    char where[PLACE_MAX], journal[PLACE_MAX], *bytes;
    struct error err = {0};
    struct sales_store *store;
    size_t size, refused = 0;

    new_place(where, journal, "damaged");
    const size_t second = make_two(where, journal);
    EXPECT_OK(file_read(journal, FILE_LIMIT, &bytes, &size, &err), &err);
    for (size_t at = 0; at < size; at += 5) {
        bytes[at] ^= 0x11;
        EXPECT_OK(file_write(journal, bytes, size, &err), &err);
        bytes[at] ^= 0x11;
        if (at >= second) {
            store = open_store(where);
            EXPECT_EQ(rows_of(store), 3);
            sales_store_close(store);
            continue;
        }
        EXPECT_ERROR(sales_store_open(&store, where, &err), &err, ERR_DATA, "bronze.csv");
        refused++;
    }
    EXPECT(refused >= second / 5);
    free(bytes);
}

TEST(csv_store_says_where_the_damage_is)
{
    char where[PLACE_MAX], journal[PLACE_MAX], *bytes;
    struct error err = {0};
    struct sales_store *store;
    size_t size;

    new_place(where, journal, "where");
    make_two(where, journal);
    EXPECT_OK(file_read(journal, FILE_LIMIT, &bytes, &size, &err), &err);
    char *line = bytes;
    for (int i = 1; i < 4; i++)
        line = strchr(line, '\n') + 1;
    line[0] = 'x';
    EXPECT_OK(file_write(journal, bytes, size, &err), &err);
    EXPECT_ERROR(sales_store_open(&store, where, &err), &err, ERR_DATA, "is damaged in line 3");
    EXPECT_OK(file_write(journal, "a,b\n1,2\n", 8, &err), &err);
    EXPECT_ERROR(sales_store_open(&store, where, &err), &err, ERR_DATA, "is not a table of this");
    free(bytes);
}

TEST(csv_store_survives_a_full_disk)
{
    char where[PLACE_MAX], journal[PLACE_MAX];
    struct rlimit before, small;
    struct error err = {0};

    new_place(where, journal, "full");
    struct sales_store *store = open_store(where);
    EXPECT_OK(write_some(store, 0, 1, 3, &err), &err);
    const size_t size = size_of(journal);
    EXPECT(getrlimit(RLIMIT_FSIZE, &before) == 0);
    signal(SIGXFSZ, SIG_IGN);
    small = (struct rlimit){size + 100, before.rlim_max};
    EXPECT(setrlimit(RLIMIT_FSIZE, &small) == 0);
    const bool written = write_some(store, 10, 2, 8, &err);
    EXPECT(setrlimit(RLIMIT_FSIZE, &before) == 0);
    EXPECT(!written);
    EXPECT_EQ(err.code, ERR_IO);
    EXPECT_HAS(err.text, "cannot write");
    EXPECT_EQ(size_of(journal), size);
    EXPECT_EQ(rows_of(store), 3);
    EXPECT_OK(write_some(store, 20, 2, 1, &err), &err);
    sales_store_close(store);
    store = open_store(where);
    EXPECT_EQ(rows_of(store), 4);
    sales_store_close(store);
}

/* A journal of replaced lines is written anew, and nothing else changes. */
TEST(csv_store_writes_a_long_journal_anew)
{
    enum { TIMES = 400 };
    char where[PLACE_MAX], journal[PLACE_MAX];
    struct error err = {0};
    struct sales_position now, again;

    new_place(where, journal, "long");
    struct sales_store *store = open_store(where);
    for (int i = 0; i < TIMES; i++)
        EXPECT_OK(write_some(store, 0, i, 4, &err), &err);
    char *before = bronze_text(store, nowhere, &now);
    sales_store_close(store);
    const size_t size = size_of(journal);
    store = open_store(where);
    EXPECT(size_of(journal) < size / 50);
    char *after = bronze_text(store, nowhere, &again);
    EXPECT_STR(after, before);
    EXPECT_EQ(again.sequence, now.sequence);
    EXPECT_OK(write_some(store, 2, 0.5, 3, &err), &err);
    sales_store_close(store);
    store = open_store(where);
    EXPECT_EQ(rows_of(store), 5);
    free(before);
    before = bronze_text(store, now, &again);
    EXPECT_STR(before, "3 2 Tomate 0.5 {\"a\": \"b,c\"}\n4 3 Tomate 0.5 {\"a\": \"b,c\"}\n"
                       "5 4 Tomate 0.5 {\"a\": \"b,c\"}\n");
    sales_store_close(store);
    free(before);
    free(after);
}

/* Many changes between two looks: the list of changes forgets, the rows do not. */
TEST(csv_store_tells_changes_of_any_age)
{
    enum { CHANGES = 70000, ROWS = 8 };
    char where[PLACE_MAX], journal[PLACE_MAX];
    struct error err = {0};
    struct sales_position start, late, now;
    struct sales_row *row = memory_take_zeroed(CHANGES, sizeof *row);

    new_place(where, journal, "changes");
    struct sales_store *store = open_store(where);
    EXPECT_OK(write_some(store, 0, 1, ROWS, &err), &err);
    EXPECT_OK(store->kind->position(store, &start, &err), &err);
    for (int32_t i = 0; i < CHANGES; i++)
        row[i] = (struct sales_row){
            .request = "", .period = 100 + i, .vegetable = "a", .posted = "", .sales = 1};
    EXPECT_OK(store->kind->write(store, row, CHANGES, &err), &err);
    EXPECT_OK(store->kind->position(store, &late, &err), &err);
    EXPECT_OK(write_some(store, 4, 2, 2, &err), &err);
    char *text = bronze_text(store, late, &now);
    EXPECT_STR(text, "5 4 Tomate 2 {\"a\": \"b,c\"}\n6 5 Tomate 2 {\"a\": \"b,c\"}\n");
    free(text);
    text = bronze_text(store, start, &now);
    EXPECT(strncmp(text, "5 4 Tomate 2 ", 13) == 0);
    size_t lines = 0;
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    EXPECT_EQ(lines, CHANGES + 2);
    free(text);
    free(row);
    sales_store_close(store);
}

/* Files of the other tables that were edited, or are of another time, are not used. */
TEST(csv_store_uses_only_tables_that_fit)
{
    static const struct sales_silver silver = {2, "Tomate", "tomato", true, 1};
    static const struct sales_weekly weekly = {1, "tomato", 1, false};
    static const struct sales_monthly monthly = {197001, "tomato", 1, 1, 1, 0};
    static const struct {
        const char *script, *want;
    } rows[] = {
        {"true", "silver 2 Tomate -> tomato 1 1\nweekly 1 tomato 1 0\n"
                 "monthly 197001 tomato 1 1 1 0\n"},
        {"rm tables.json", ""},
        {"echo 4,x,x,true,1 >>silver.csv", ""},
        {"rm gold_weekly.csv", ""},
        {"echo '{\"generation\": 1, \"sequence\": 1}' >tables.json", ""},
        {"echo '[' >tables.json", ""},
        {"sed -i 's/\"sequence\": 1/\"sequence\": 9/' tables.json", ""},
    };
    char where[PLACE_MAX], journal[PLACE_MAX];
    struct error err = {0};

    EACH_ROW(rows, r) {
        char name[32];
        snprintf(name, sizeof name, "tables-%d", test_row);
        new_place(where, journal, name);
        struct sales_store *store = open_store(where);
        bool written = false;
        EXPECT_OK(write_some(store, 2, 1, 1, &err), &err);
        const struct sales_tables_write write = {
            {&silver, &weekly, &monthly, 1, 1, 1}, true, {0}, {1, 1}};
        EXPECT_OK(store->kind->write_tables(store, &write, &written, &err), &err);
        EXPECT(written);
        sales_store_close(store);
        struct test_output done = test_shell("cd %s/%s && %s", test_folder(), name, r->script);
        EXPECT_EQ(done.status, 0);
        test_output_clear(&done);
        store = open_store(where);
        char *text = tables_text(store);
        EXPECT_STR(text, r->want);
        free(text);
        EXPECT_EQ(rows_of(store), 1);
        sales_store_close(store);
    }
}
