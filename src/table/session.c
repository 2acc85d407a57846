#include "table/session.h"

#include "base/file.h"

#include <string.h>
#include <unistd.h>

static bool open_with(struct session *session, duckdb_config config, struct error *err)
{
    const struct duckdb_api *duck = session->duck;
    const char *folder = getenv("TMPDIR");
    struct text spill = {0};
    char *message = NULL;

    /* Sorts of a SQL source that do not fit in memory go here; made only when needed. */
    text_add_format(&spill, "%s/quern-duckdb-%ld", folder && folder[0] ? folder : "/tmp",
                    (long)getpid());
    duck->set_config(config, "threads", "1");
    duck->set_config(config, "temp_directory", spill.bytes);
    text_clear(&spill);
    if (duck->open_ext(NULL, &session->database, config, &message) == DuckDBSuccess)
        return true;
    error_set(err, ERR_LIBRARY, "DuckDB does not start: %s", message ? message : "no reason given");
    duck->free(message);
    return false;
}

bool session_open(struct session *session, struct error *err)
{
    duckdb_config config;

    *session = (struct session){.duck = duckdb_api(err)};
    if (!session->duck)
        return false;
    if (session->duck->create_config(&config) != DuckDBSuccess)
        return error_set(err, ERR_LIBRARY, "DuckDB does not start: no configuration");
    const bool ok = open_with(session, config, err);
    session->duck->destroy_config(&config);
    return ok;
}

void session_close(struct session *session)
{
    if (session->database)
        session->duck->close(&session->database);
    *session = (struct session){0};
}

bool session_connect(const struct session *session, duckdb_connection *connection,
                     struct error *err)
{
    if (session->duck->connect(session->database, connection) == DuckDBSuccess)
        return true;
    return error_set(err, ERR_LIBRARY, "DuckDB gives no connection");
}

bool session_query(const struct duckdb_api *duck, duckdb_connection connection, const char *sql,
                   duckdb_result *result, struct error *err)
{
    if (duck->query(connection, sql, result) == DuckDBSuccess)
        return true;
    session_error(err, duck->result_error(result));
    duck->destroy_result(result);
    return false;
}

bool session_stream(const struct duckdb_api *duck, duckdb_connection connection, const char *sql,
                    duckdb_result *result, struct error *err)
{
    duckdb_prepared_statement statement = NULL;
    duckdb_pending_result pending = NULL;
    bool ok = false;

    if (duck->prepare(connection, sql, &statement) != DuckDBSuccess) {
        session_error(err, duck->prepare_error(statement));
    } else if (duck->pending_prepared_streaming(statement, &pending) != DuckDBSuccess) {
        session_error(err, duck->pending_error(pending));
    } else if (duck->execute_pending(pending, result) != DuckDBSuccess) {
        session_error(err, duck->result_error(result));
        duck->destroy_result(result);
    } else {
        ok = true;
    }
    duck->destroy_pending(&pending);
    duck->destroy_prepare(&statement);
    return ok;
}

/* Where a line of DuckDB's message stops being about what went wrong. */
static bool is_hint(const char *line)
{
    static const char *const starts[] = {"Possible ",    "Candidate ", "LINE ", "  ",
                                         "Did you mean", "Try ",       "Set ",  "* "};

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strncmp(line, starts[i], strlen(starts[i])) == 0)
            return true;
    return line[0] == '\0' || line[0] == '\n';
}

/*
 * "CSV Error on Line: 3", then the line, which may hold line breaks itself, then what is wrong with
 * it, then "Possible ...": the number and the last line before the hints say all.
 */
static bool add_csv(struct text *sentence, const char *message)
{
    static const char start[] = "CSV Error on Line: ";
    const char *end = strstr(message, "\nPossible ");

    if (strncmp(message, start, sizeof start - 1) != 0 || !end)
        return false;
    while (end > message && end[-1] == '\n')
        end--;
    const char *reason = end;
    while (reason > message && reason[-1] != '\n')
        reason--;
    message += sizeof start - 1;
    text_add_format(sentence, "line %.*s: %.*s", (int)strcspn(message, "\n"), message,
                    (int)(end - reason), reason);
    return true;
}

static void add_lines(struct text *sentence, const char *message)
{
    for (const char *line = message; *line;) {
        const size_t length = strcspn(line, "\n");
        if (line != message && is_hint(line))
            return;
        if (line != message)
            text_add(sentence, "; ", 2);
        text_add(sentence, line, length);
        line += length;
        line += *line == '\n';
    }
}

bool session_error(struct error *err, const char *message)
{
    struct text sentence = {0};
    enum error_code code = ERR_DATA;

    if (!message)
        message = "DuckDB failed without a reason";
    if (strncmp(message, "IO Error: ", 10) == 0 || strstr(message, "No space left") ||
        strstr(message, "Could not write"))
        code = ERR_IO;
    const char *kind = strstr(message, "Error: ");
    if (kind && kind - message < 32)
        message = kind + strlen("Error: ");
    text_add(&sentence, "", 0);
    if (!add_csv(&sentence, message))
        add_lines(&sentence, message);
    while (sentence.length && strchr(" .;", sentence.bytes[sentence.length - 1]))
        sentence.bytes[--sentence.length] = '\0';
    error_set(err, code, "%.600s", sentence.bytes);
    text_clear(&sentence);
    return false;
}

static void add_quoted(struct text *sql, const char *text, char quote)
{
    text_add(sql, &quote, 1);
    for (; *text; text++) {
        if (*text == quote)
            text_add(sql, &quote, 1);
        text_add(sql, text, 1);
    }
    text_add(sql, &quote, 1);
}

void session_add_literal(struct text *sql, const char *text)
{
    add_quoted(sql, text, '\'');
}

void session_add_name(struct text *sql, const char *name)
{
    add_quoted(sql, name, '"');
}
