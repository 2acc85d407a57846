#include "sales/store_sqlite.h"

#include "base/file.h"

#include <string.h>

/* What a file of ours says of itself, in its header and in `meta`. */
#define APPLICATION "1366584659" /* "QtsS" */
#define FORMAT "1"
/* Of the log, behind which the writer checkpoints itself. */
#define LOG_PAGES "16384"

static const char schema[] =
    "PRAGMA application_id = " APPLICATION ";"
    "CREATE TABLE meta (format INTEGER, generation INTEGER, sequence INTEGER,"
    " tables_generation INTEGER, tables_sequence INTEGER);"
    "INSERT INTO meta VALUES (" FORMAT ", 1, 0, 1, 0);"
    "CREATE TABLE bronze (id INTEGER PRIMARY KEY, sequence INTEGER NOT NULL,"
    " received INTEGER NOT NULL, request TEXT NOT NULL, position INTEGER NOT NULL,"
    " period INTEGER NOT NULL, vegetable TEXT NOT NULL, posted TEXT NOT NULL,"
    " sales REAL NOT NULL, UNIQUE (period, vegetable));"
    "CREATE INDEX bronze_sequence ON bronze (sequence);"
    "CREATE TABLE silver (period INTEGER NOT NULL, written TEXT NOT NULL,"
    " vegetable TEXT NOT NULL, recognised INTEGER NOT NULL, sales REAL NOT NULL,"
    " PRIMARY KEY (period, written)) WITHOUT ROWID;"
    "CREATE TABLE gold_weekly (start INTEGER NOT NULL, vegetable TEXT NOT NULL,"
    " sales REAL NOT NULL, is_outlier INTEGER NOT NULL,"
    " PRIMARY KEY (start, vegetable)) WITHOUT ROWID;"
    "CREATE TABLE gold_monthly (year_month INTEGER NOT NULL, vegetable TEXT NOT NULL,"
    " sales REAL NOT NULL, safe_sales REAL NOT NULL, weeks INTEGER NOT NULL,"
    " outliers INTEGER NOT NULL, PRIMARY KEY (year_month, vegetable)) WITHOUT ROWID;";

static struct store_sqlite *of(struct sales_store *store)
{
    return (struct store_sqlite *)(void *)store;
}

static bool fail(const struct store_sqlite *store, int code, struct error *err)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return error_set(err, ERR_IO, "'%s' is locked by another process", store->path);
    case SQLITE_FULL:
        return error_set(err, ERR_IO, "the disk of '%s' is full", store->path);
    case SQLITE_NOTADB:
        return error_set(err, ERR_DATA, "'%s' is not a SQLite database", store->path);
    case SQLITE_CORRUPT:
        return error_set(err, ERR_DATA, "'%s' is damaged", store->path);
    default:
        return error_set(err, ERR_IO, "'%s': %s", store->path, store->api->errmsg(store->db));
    }
}

bool store_sqlite_step(struct store_sqlite *store, enum sqlite_statement which, bool *row,
                       struct error *err)
{
    sqlite3_stmt *statement = store->statement[which];
    const int code = store->api->step(statement);

    *row = code == SQLITE_ROW;
    if (*row)
        return true;
    if (code != SQLITE_DONE)
        fail(store, code, err);
    store->api->reset(statement);
    return code == SQLITE_DONE;
}

bool store_sqlite_run(struct store_sqlite *store, enum sqlite_statement which, struct error *err)
{
    bool row;

    if (!store_sqlite_step(store, which, &row, err))
        return false;
    if (row)
        BUG("a statement without rows gave one");
    return true;
}

bool store_sqlite_meta(struct store_sqlite *store, struct store_sqlite_meta *meta,
                       struct error *err)
{
    const struct sqlite_api *api = store->api;
    sqlite3_stmt *statement = store->statement[SQLITE_META_STATEMENT];
    bool row;

    if (!store_sqlite_step(store, SQLITE_META_STATEMENT, &row, err))
        return false;
    if (!row)
        return error_set(err, ERR_DATA, "'%s' is damaged: its table 'meta' is empty", store->path);
    meta->bronze =
        (struct sales_position){api->column_int64(statement, 0), api->column_int64(statement, 1)};
    meta->tables =
        (struct sales_position){api->column_int64(statement, 2), api->column_int64(statement, 3)};
    api->reset(statement);
    return true;
}

const char *store_sqlite_text(const struct store_sqlite *store, enum sqlite_statement which,
                              int column)
{
    const unsigned char *text = store->api->column_text(store->statement[which], column);

    return text ? (const char *)text : "";
}

bool store_sqlite_end(struct store_sqlite *store, bool ok, struct error *err)
{
    ok = ok && store_sqlite_run(store, SQLITE_COMMIT_STATEMENT, err);
    if (!store->api->get_autocommit(store->db))
        store->api->exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return ok;
}

/* One value of one row, or NULL text: for what is asked once, before statements are prepared. */
static bool ask(struct store_sqlite *store, const char *sql, char *value, size_t size,
                struct error *err)
{
    sqlite3_stmt *statement;
    int code = store->api->prepare_v3(store->db, sql, -1, 0, &statement, NULL);

    value[0] = '\0';
    if (code == SQLITE_OK) {
        code = store->api->step(statement);
        const unsigned char *text =
            code == SQLITE_ROW ? store->api->column_text(statement, 0) : NULL;
        snprintf(value, size, "%s", text ? (const char *)text : "");
        if (code == SQLITE_ROW || code == SQLITE_DONE)
            code = SQLITE_OK;
        store->api->finalize(statement);
    }
    return code == SQLITE_OK || fail(store, code, err);
}

static bool run_text(struct store_sqlite *store, const char *sql, struct error *err)
{
    const int code = store->api->exec(store->db, sql, NULL, NULL, NULL);

    return code == SQLITE_OK || fail(store, code, err);
}

/* Two processes may open a new file at once: the second finds the tables made. */
static bool prepare_file(struct store_sqlite *store, struct error *err)
{
    char application[32], tables[32];

    if (!ask(store, "PRAGMA application_id", application, sizeof application, err) ||
        !ask(store, "SELECT count(*) FROM sqlite_master", tables, sizeof tables, err))
        return false;
    if (strcmp(tables, "0") == 0)
        return run_text(store, schema, err);
    if (strcmp(application, APPLICATION) != 0)
        return error_set(err, ERR_DATA, "'%s' is a SQLite database of something else", store->path);
    return true;
}

static bool check_file(struct store_sqlite *store, struct error *err)
{
    char value[256];

    if (!ask(store, "SELECT format FROM meta", value, sizeof value, err))
        return false;
    if (strcmp(value, FORMAT) != 0)
        return error_set(err, ERR_DATA, "'%s' has format '%s' and this program reads " FORMAT,
                         store->path, value);
    if (!ask(store, "PRAGMA quick_check(1)", value, sizeof value, err))
        return false;
    return strcmp(value, "ok") == 0 ||
           error_set(err, ERR_DATA, "'%s' is damaged: %s", store->path, value);
}

static bool prepare_statements(struct store_sqlite *store, struct error *err)
{
    static const char *const sql[] = {
#define X(name, text) text,
        SQLITE_STATEMENTS(X)
#undef X
    };

    for (size_t i = 0; i < SQLITE_STATEMENT_COUNT; i++) {
        const int code = store->api->prepare_v3(store->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                                                &store->statement[i], NULL);
        if (code != SQLITE_OK)
            return fail(store, code, err);
    }
    return true;
}

static void close_store(struct sales_store *base)
{
    struct store_sqlite *store = of(base);

    store_sqlite_checkpoints_stop(store->checkpoints);
    for (size_t i = 0; i < SQLITE_STATEMENT_COUNT; i++)
        store->api->finalize(store->statement[i]);
    store->api->close_v2(store->db);
    free(store->path);
    free(store);
}

static bool open_file(struct store_sqlite *store, struct error *err)
{
    char mode[32];
    const int code =
        store->api->open_v2(store->path, &store->db,
                            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

    if (code != SQLITE_OK)
        return error_set(err, ERR_IO, "cannot open '%s': %s", store->path,
                         store->api->errstr(code));
    store->api->busy_timeout(store->db, SALES_STORE_PATIENCE * 1000);
    if (!ask(store, "PRAGMA journal_mode = WAL", mode, sizeof mode, err))
        return false;
    if (strcmp(mode, "wal") != 0)
        return error_set(err, ERR_IO, "'%s' cannot be in WAL mode, only in '%s'", store->path,
                         mode);
    if (!run_text(store, store->full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
                  err) ||
        !run_text(store, "BEGIN IMMEDIATE", err) || !prepare_file(store, err) ||
        !run_text(store, "COMMIT", err))
        return false;
    if (!check_file(store, err) || !prepare_statements(store, err) ||
        !run_text(store, "PRAGMA wal_autocheckpoint = " LOG_PAGES, err))
        return false;
    store->checkpoints = store_sqlite_checkpoints_start(store);
    return true;
}

/* "FILE?synchronous=full" or "=normal"; a name may hold a '?' of its own before that. */
static bool take_place(struct store_sqlite *store, const char *place, struct error *err)
{
    static const char option[] = "?synchronous=";
    const char *at = strstr(place, option);
    const size_t length = at ? (size_t)(at - place) : strlen(place);

    store->path = strndup(place, length);
    if (length == 0)
        return error_set(err, ERR_ARG, "the store 'sqlite:%s' names no file", place);
    if (!at)
        return true;
    at += sizeof option - 1;
    store->full = strcmp(at, "full") == 0;
    return store->full || strcmp(at, "normal") == 0 ||
           error_set(err, ERR_ARG, "synchronous is full or normal, not '%.60s'", at);
}

static bool open_store(struct sales_store **store, const char *place, struct error *err)
{
    const struct sqlite_api *api = sqlite_api(err);
    struct store_sqlite *made;

    if (!api)
        return false;
    made = memory_take_zeroed(1, sizeof *made);
    made->store.kind = &sales_store_sqlite;
    made->api = api;
    if (!take_place(made, place, err) || !file_make_parents(made->path, err) ||
        !open_file(made, err)) {
        close_store(&made->store);
        return false;
    }
    *store = &made->store;
    return true;
}

static bool position(struct sales_store *store, struct sales_position *now, struct error *err)
{
    struct store_sqlite_meta meta;

    if (!store_sqlite_meta(of(store), &meta, err))
        return false;
    *now = meta.bronze;
    return true;
}

static bool add_row(struct store_sqlite *store, const struct sales_row *row, int64_t sequence,
                    bool *changed, struct error *err)
{
    const struct sqlite_api *api = store->api;
    sqlite3_stmt *add = store->statement[SQLITE_ADD_STATEMENT];

    api->bind_int64(add, 1, sequence);
    api->bind_int64(add, 2, row->time);
    api->bind_text(add, 3, row->request, -1, SQLITE_STATIC);
    api->bind_int64(add, 4, (int64_t)row->index);
    api->bind_int64(add, 5, row->period);
    api->bind_text(add, 6, row->vegetable, -1, SQLITE_STATIC);
    api->bind_text(add, 7, row->posted, -1, SQLITE_STATIC);
    api->bind_double(add, 8, row->sales);
    if (!store_sqlite_run(store, SQLITE_ADD_STATEMENT, err))
        return false;
    *changed |= api->changes(store->db) > 0;
    return true;
}

static bool add_rows(struct store_sqlite *store, const struct sales_row *row, size_t rows,
                     struct error *err)
{
    struct store_sqlite_meta meta;
    bool changed = false;

    if (!store_sqlite_meta(store, &meta, err))
        return false;
    for (size_t i = 0; i < rows; i++)
        if (!add_row(store, &row[i], meta.bronze.sequence + 1, &changed, err))
            return false;
    if (!changed)
        return true;
    store->api->bind_int64(store->statement[SQLITE_ADVANCE_STATEMENT], 1, meta.bronze.sequence + 1);
    return store_sqlite_run(store, SQLITE_ADVANCE_STATEMENT, err);
}

static bool write_rows(struct sales_store *base, const struct sales_row *row, size_t rows,
                       struct error *err)
{
    struct store_sqlite *store = of(base);

    return store_sqlite_run(store, SQLITE_BEGIN_STATEMENT, err) &&
           store_sqlite_end(store, add_rows(store, row, rows, err), err);
}

static bool visit_rows(struct store_sqlite *store, enum sqlite_statement which,
                       sales_row_visit visit, void *context, struct error *err)
{
    const struct sqlite_api *api = store->api;
    sqlite3_stmt *at = store->statement[which];
    bool row;

    while (store_sqlite_step(store, which, &row, err)) {
        if (!row)
            return true;
        visit(context, &(struct sales_row){
                           .id = api->column_int64(at, 0),
                           .time = api->column_int64(at, 1),
                           .request = store_sqlite_text(store, which, 2),
                           .index = (size_t)api->column_int64(at, 3),
                           .period = (int32_t)api->column_int64(at, 4),
                           .vegetable = store_sqlite_text(store, which, 5),
                           .posted = store_sqlite_text(store, which, 6),
                           .sales = api->column_double(at, 7),
                       });
    }
    return false;
}

static bool changes_inside(struct store_sqlite *store, struct sales_position since,
                           sales_row_visit visit, void *context, struct sales_position *now,
                           struct error *err)
{
    struct store_sqlite_meta meta;

    if (!store_sqlite_meta(store, &meta, err))
        return false;
    *now = meta.bronze;
    if (meta.bronze.generation != since.generation)
        return visit_rows(store, SQLITE_ALL_STATEMENT, visit, context, err);
    if (meta.bronze.sequence == since.sequence)
        return true;
    store->api->bind_int64(store->statement[SQLITE_SINCE_STATEMENT], 1, since.sequence);
    return visit_rows(store, SQLITE_SINCE_STATEMENT, visit, context, err);
}

static bool changes(struct sales_store *base, struct sales_position since, sales_row_visit visit,
                    void *context, struct sales_position *now, struct error *err)
{
    struct store_sqlite *store = of(base);

    return store_sqlite_run(store, SQLITE_BEGIN_READ_STATEMENT, err) &&
           store_sqlite_end(store, changes_inside(store, since, visit, context, now, err), err);
}

static bool empty(struct sales_store *base, struct error *err)
{
    struct store_sqlite *store = of(base);

    if (!store_sqlite_run(store, SQLITE_BEGIN_STATEMENT, err))
        return false;
    bool ok = store_sqlite_run(store, SQLITE_EMPTY_BRONZE_STATEMENT, err) &&
              store_sqlite_run(store, SQLITE_EMPTY_SILVER_STATEMENT, err) &&
              store_sqlite_run(store, SQLITE_EMPTY_WEEKLY_STATEMENT, err) &&
              store_sqlite_run(store, SQLITE_EMPTY_MONTHLY_STATEMENT, err) &&
              store_sqlite_run(store, SQLITE_NEW_GENERATION_STATEMENT, err);
    return store_sqlite_end(store, ok, err);
}

const struct sales_store_kind sales_store_sqlite = {
    .scheme = "sqlite",
    .promise = "An answered row survives kill -9; with ?synchronous=full a loss of power too.",
    .shared = true,
    .open = open_store,
    .close = close_store,
    .position = position,
    .write = write_rows,
    .changes = changes,
    .write_tables = store_sqlite_write_tables,
    .read_tables = store_sqlite_read_tables,
    .empty = empty,
};
