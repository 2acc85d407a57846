#include "sales/service.h"

#include "base/file.h"
#include "base/json.h"
#include "sales/sqlite_api.h"
#include "sales/stores.h"

#include <time.h>

enum { PLACE_MAX = 1024, FILE_MAX = 1 << 20 };

static struct sales_service *open_service(const char *where)
{
    struct sales_service *service = NULL;
    struct error err = {0};

    EXPECT_OK(sales_service_open(&service, where, &err), &err);
    return service;
}

static bool post(struct sales_service *service, const char *body, struct error *err)
{
    struct sales_post *made = sales_post_new();

    EXPECT_OK(sales_rows_parse(&made->rows, body, strlen(body), &made->memory, err), err);
    sales_post_stamp(made, 1700000000000000, "test");
    const bool ok = sales_service_take(service, made);
    *err = made->err;
    sales_post_free(made);
    return ok;
}

static void expect_list(struct sales_service *service, enum sales_list which, const char *want)
{
    struct text out = {0};

    sales_service_list(service, which, &out);
    EXPECT_STR(out.bytes, want);
    text_clear(&out);
}

static const char tomato[] = "[{\"year_week\": 202001, \"vegetable\": \"Tomate\", \"sales\": 50}]";
static const char pear[] = "[{\"year_week\": 202003, \"vegetable\": \"pera\", \"sales\": 7}]";

TEST(service_gives_what_it_took_from_every_store)
{
    char where[PLACE_MAX];
    struct error err = {0};

    for (const struct test_store *kind = test_stores; kind->name; kind++) {
        if (!kind->place(where, sizeof where))
            continue;
        struct sales_service *service = open_service(where);
        EXPECT_OK(post(service, tomato, &err), &err);
        expect_list(service, SALES_RAW,
                    "[{\"year_week\": 202001, \"vegetable\": \"Tomate\", \"sales\": 50}]\n");
        EXPECT_OK(post(service, pear, &err), &err);
        sales_service_close(service);
        struct sales_store *store = open_store(where);
        char *tables = tables_text(store);
        EXPECT_STR(tables, "silver 36534 Tomate -> tomato 1 50\nsilver 36562 pera -> pear 1 7\n"
                           "weekly 18267 tomato 50 0\nweekly 18281 pear 7 0\n"
                           "monthly 202001 pear 7 7 1 0\nmonthly 202001 tomato 50 50 1 0\n");
        free(tables);
        sales_store_close(store);

        service = open_service(where);
        expect_list(service, SALES_MONTHLY,
                    "[{\"year_month\": 202001, \"vegetable\": \"pear\", \"sales\": 7}, "
                    "{\"year_month\": 202001, \"vegetable\": \"tomato\", \"sales\": 50}]\n");
        struct sales_post *empties = sales_post_new();
        empties->empties = true;
        EXPECT(sales_service_take(service, empties));
        sales_post_free(empties);
        expect_list(service, SALES_RAW, "[]\n");
        expect_list(service, SALES_MONTHLY, "[]\n");
        EXPECT_OK(post(service, pear, &err), &err);
        sales_service_stop(service);
        EXPECT_ERROR(post(service, pear, &err), &err, ERR_INTERRUPT, "stopping");
        sales_service_close(service);
        store = open_store(where);
        tables = tables_text(store);
        EXPECT_STR(tables, "silver 36562 pera -> pear 1 7\nweekly 18281 pear 7 0\n"
                           "monthly 202001 pear 7 7 1 0\n");
        free(tables);
        sales_store_close(store);
    }
}

/* Wait until a list holds a text, for at most 20 seconds. */
static void wait_for(struct sales_service *service, enum sales_list which, const char *want)
{
    for (int i = 0; i < 2000; i++) {
        struct text out = {0};
        sales_service_list(service, which, &out);
        const bool there = strcmp(out.bytes, want) == 0;
        text_clear(&out);
        if (there)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    expect_list(service, which, want);
}

TEST(service_follows_another_on_the_same_store)
{
    char where[PLACE_MAX];
    struct error err = {0};

    for (const struct test_store *kind = test_stores; kind->name; kind++) {
        if (!kind->kind->shared || !kind->place(where, sizeof where))
            continue;
        struct sales_service *first = open_service(where), *second = open_service(where);
        EXPECT_OK(post(first, tomato, &err), &err);
        EXPECT_OK(post(second, pear, &err), &err);
        static const char both[] =
            "[{\"year_week\": 202001, \"vegetable\": \"Tomate\", \"sales\": 50}, "
            "{\"year_week\": 202003, \"vegetable\": \"pera\", \"sales\": 7}]\n";
        expect_list(second, SALES_RAW, both); /* its own post came behind that of the first */
        wait_for(first, SALES_RAW, both);
        struct sales_post *empties = sales_post_new();
        empties->empties = true;
        EXPECT(sales_service_take(first, empties));
        sales_post_free(empties);
        wait_for(second, SALES_RAW, "[]\n");
        EXPECT_OK(post(second, tomato, &err), &err);
        wait_for(first, SALES_MONTHLY,
                 "[{\"year_month\": 202001, \"vegetable\": \"tomato\", \"sales\": 50}]\n");
        sales_service_close(first);
        sales_service_close(second);
        struct sales_store *store = open_store(where);
        char *tables = tables_text(store);
        EXPECT_STR(tables, "silver 36534 Tomate -> tomato 1 50\nweekly 18267 tomato 50 0\n"
                           "monthly 202001 tomato 50 50 1 0\n");
        free(tables);
        sales_store_close(store);
    }
}

static const struct sqlite_api *api_of_sqlite(void)
{
    struct error err = {0};
    const struct sqlite_api *api = sqlite_api(&err);

    EXPECT_OK(api != NULL, &err);
    return api;
}

TEST(service_refuses_rows_while_the_file_is_locked)
{
    const struct sqlite_api *api = api_of_sqlite();
    const char *path = test_path("locked.db");
    char where[PLACE_MAX];
    struct error err = {0};
    sqlite3 *other;

    snprintf(where, sizeof where, "sqlite:%s", path);
    struct sales_service *service = open_service(where);
    EXPECT_OK(post(service, tomato, &err), &err);
    EXPECT_EQ(api->open_v2(path, &other, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    EXPECT_EQ(api->exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    EXPECT_ERROR(post(service, pear, &err), &err, ERR_IO, "is locked by another process");
    expect_list(service, SALES_MONTHLY,
                "[{\"year_month\": 202001, \"vegetable\": \"tomato\", \"sales\": 50}]\n");
    EXPECT_EQ(api->exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    api->close_v2(other);
    EXPECT_OK(post(service, pear, &err), &err);
    EXPECT(sales_service_healthy(service, &err));
    sales_service_close(service);
}

TEST(service_does_not_start_on_a_wrong_file)
{
    const struct sqlite_api *api = api_of_sqlite();
    struct sales_service *service = NULL;
    char where[PLACE_MAX];
    struct error err = {0};
    sqlite3 *other;

    snprintf(where, sizeof where, "sqlite:%s",
             test_file("garbage.db", "this is no database, whatever its name may say; and long "
                                     "enough that its header could be one of a hundred bytes"));
    EXPECT_ERROR(sales_service_open(&service, where, &err), &err, ERR_DATA,
                 "is not a SQLite database");
    EXPECT_ERROR(sales_service_open(&service, "sqlite:/proc/nowhere/sales.db", &err), &err, ERR_IO,
                 "/proc/nowhere");
    EXPECT_ERROR(sales_service_open(&service, "sqlite:x?synchronous=never", &err), &err, ERR_ARG,
                 "never");

    const char *path = test_path("other.db");
    snprintf(where, sizeof where, "sqlite:%s", path);
    EXPECT_EQ(api->open_v2(path, &other, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL),
              SQLITE_OK);
    EXPECT_EQ(api->exec(other, "CREATE TABLE t (x)", NULL, NULL, NULL), SQLITE_OK);
    api->close_v2(other);
    EXPECT_ERROR(sales_service_open(&service, where, &err), &err, ERR_DATA, "something else");
}

TEST(service_does_not_start_on_a_damaged_file)
{
    const char *path = test_path("damaged.db");
    struct sales_service *service;
    char where[PLACE_MAX], *bytes;
    struct error err = {0};
    struct text body = {0};
    size_t size;

    snprintf(where, sizeof where, "sqlite:%s", path);
    service = open_service(where);
    text_add(&body, "[", 1);
    for (int i = 0; i < 500; i++)
        text_add_format(&body, "%s{\"year_week\": 2020%02d, \"vegetable\": \"v%d\", \"sales\": 1}",
                        i ? "," : "", 1 + i % 50, i);
    text_add(&body, "]", 1);
    EXPECT_OK(post(service, body.bytes, &err), &err);
    sales_service_close(service);
    text_clear(&body);
    EXPECT_OK(file_read(path, FILE_MAX, &bytes, &size, &err), &err);
    EXPECT(size > 8192);
    memset(bytes + 4096, 0xa5, size - 4096); /* all pages but the first */
    EXPECT_OK(file_write(path, bytes, size, &err), &err);
    free(bytes);
    EXPECT(!sales_service_open(&service, where, &err));
    EXPECT_HAS(err.text, "damaged");
}

/* The rows of the CSV as a post. */
static char *post_of_csv(const char *csv, double *total)
{
    struct text body = {0};
    struct {
        char name[64];
        int week;
        double sales;
    } row[1000];
    size_t rows = 0;
    const char *at = strchr(csv, '\n') + 1;

    text_add(&body, "[", 1);
    for (; sscanf(at, "%d,%63[^,],%lf", &row[rows].week, row[rows].name, &row[rows].sales) == 3;
         at = strchr(at, '\n') + 1, rows++) {
        text_add_format(&body, "%s{\"year_week\": %d, \"vegetable\": \"%s\", \"sales\": %.17g}",
                        rows ? "," : "", row[rows].week, row[rows].name, row[rows].sales);
        EXPECT(rows + 1 < sizeof row / sizeof *row);
        if (!strchr(at, '\n'))
            break;
    }
    text_add(&body, "]", 1);
    *total = 0;
    for (size_t i = 0; i < rows; i++) { /* of one key the last row counts */
        bool last = true;
        for (size_t j = i + 1; j < rows; j++)
            last &= row[i].week != row[j].week || strcmp(row[i].name, row[j].name) != 0;
        *total += last ? row[i].sales : 0;
    }
    EXPECT(rows > 600);
    return body.bytes;
}

TEST(service_settles_every_name_of_the_weekly_file)
{
    const char *csv = test_shared("data/sales/weekly_vegetable_sales.csv");
    struct error err = {0};
    struct text out = {0};
    char *bytes, where[PLACE_MAX];
    size_t size;
    double weekly, monthly = 0;

    if (!csv)
        return;
    snprintf(where, sizeof where, "sqlite:%s", test_path("weekly.db"));
    struct sales_service *service = open_service(where);
    EXPECT_OK(file_read(csv, FILE_MAX, &bytes, &size, &err), &err);
    char *body = post_of_csv(bytes, &weekly);
    EXPECT_OK(post(service, body, &err), &err);
    expect_list(service, SALES_UNRECOGNISED, "[]\n");
    sales_service_list(service, SALES_MONTHLY, &out);
    json_t *list = json_loadb(out.bytes, out.length, 0, NULL), *row;
    size_t i;
    json_array_foreach(list, i, row)
    {
        const char *name = json_string_value(json_object_get(row, "vegetable"));
        EXPECT(strcmp(name, "tomato") == 0 || strcmp(name, "pear") == 0 ||
               strcmp(name, "brussels sprout") == 0);
        monthly += json_number_value(json_object_get(row, "sales"));
    }
    EXPECT(i >= 3 * 48);
    EXPECT_NEAR(monthly, weekly, 1e-9 * weekly);
    json_decref(list);
    text_clear(&out);
    sales_service_close(service);
    free(body);
    free(bytes);
}
