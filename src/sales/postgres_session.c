#include "sales/postgres_session.h"

#include "base/arena.h"
#include "base/clock.h"
#include "sales/store.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

static const double pause_first = 0.1, pause_most = 2;

void postgres_hang_up(struct postgres_session *session)
{
    if (session->connection)
        session->api->finish(session->connection);
    session->connection = NULL;
}

bool postgres_is_lost(const struct postgres_session *session)
{
    return !session->connection;
}

/* libpq's message, and PostgreSQL's, with the password struck out should it be there. */
static bool fail(const struct postgres_session *session, const char *what, const char *message,
                 struct error *err)
{
    const char *secret = session->password && session->password[0] ? session->password : NULL;
    struct text clean = {0};

    for (const char *at = message, *found; *at; at = found + strlen(secret)) {
        found = secret ? strstr(at, secret) : NULL;
        text_add(&clean, at, found ? (size_t)(found - at) : strlen(at));
        if (!found)
            break;
        text_add(&clean, "***", 3);
    }
    while (clean.length > 0 && clean.bytes[clean.length - 1] == '\n')
        clean.bytes[--clean.length] = '\0';
    error_set(err, ERR_IO, "%s: %s", what, clean.length ? clean.bytes : "no reason given");
    text_clear(&clean);
    return false;
}

static bool fail_lost(struct postgres_session *session, const char *message, struct error *err)
{
    fail(session, "the connection to PostgreSQL was lost", message, err);
    postgres_hang_up(session);
    return false;
}

/* Until the socket is ready for `events` or the deadline has come. */
static bool wait_for(struct postgres_session *session, short events, short *ready,
                     struct error *err)
{
    struct pollfd socket = {.fd = session->api->socket(session->connection), .events = events};
    int count;

    do {
        const double left = session->deadline - clock_seconds();
        count = poll(&socket, 1, left > 0 ? (int)(left * 1e3) + 1 : 0);
    } while (count < 0 && errno == EINTR);
    *ready = socket.revents;
    if (count > 0)
        return true;
    return fail_lost(session, count == 0 ? "no answer in time" : strerror(errno), err);
}

/* The request goes out whole; what comes in meanwhile is kept. */
static bool send_all(struct postgres_session *session, struct error *err)
{
    const struct postgres_api *api = session->api;
    int more;

    while ((more = api->flush(session->connection)) == 1) {
        short ready;
        if (!wait_for(session, POLLIN | POLLOUT, &ready, err))
            return false;
        if ((ready & POLLIN) && !api->consumeInput(session->connection))
            return fail_lost(session, api->errorMessage(session->connection), err);
    }
    return more == 0 || fail_lost(session, api->errorMessage(session->connection), err);
}

static bool next_result(struct postgres_session *session, PGresult **result, struct error *err)
{
    const struct postgres_api *api = session->api;

    while (api->isBusy(session->connection)) {
        short ready;
        if (!wait_for(session, POLLIN, &ready, err))
            return false;
        if (!api->consumeInput(session->connection))
            return fail_lost(session, api->errorMessage(session->connection), err);
        const double later = clock_seconds() + SALES_STORE_PATIENCE;
        if (session->deadline < later)
            session->deadline = later;
    }
    *result = api->getResult(session->connection);
    return true;
}

static bool check(const struct postgres_session *session, const PGresult *result, struct error *err)
{
    const ExecStatusType status = session->api->resultStatus(result);

    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return true;
    const char *state = session->api->resultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = session->api->resultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (state && strcmp(state, "55P03") == 0)
        return error_set(err, ERR_IO, "PostgreSQL's tables are locked by another process");
    return fail(session, "PostgreSQL",
                message ? message : session->api->errorMessage(session->connection), err);
}

/*
 * Take every answer to what was sent; the last one with rows or without is kept. After an error in
 * one of them the rest still has to be taken.
 */
static bool finish_call(struct postgres_session *session, int sent, PGresult **kept,
                        struct error *err)
{
    const struct postgres_api *api = session->api;
    PGresult *last = NULL, *result;
    bool ok = true;

    if (!sent)
        return fail_lost(session, api->errorMessage(session->connection), err);
    if (!send_all(session, err))
        return false;
    for (;;) {
        if (!next_result(session, &result, err)) {
            api->clear(last);
            return false;
        }
        if (!result)
            break;
        ok = ok && check(session, result, err);
        api->clear(last);
        last = result;
    }
    if (api->status(session->connection) != CONNECTION_OK) {
        api->clear(last);
        return fail_lost(session, ok ? "the server closed it" : err->text, err);
    }
    if (ok && kept)
        *kept = last;
    else
        api->clear(last);
    return ok;
}

bool postgres_run(struct postgres_session *session, const char *sql, struct error *err)
{
    return finish_call(session, session->api->sendQuery(session->connection, sql), NULL, err);
}

bool postgres_ask(struct postgres_session *session, size_t which,
                  const struct postgres_values *values, PGresult **result, struct error *err)
{
    const char *value[POSTGRES_VALUES_MAX];
    int length[POSTGRES_VALUES_MAX], format[POSTGRES_VALUES_MAX];
    const size_t count = values ? values->count : 0;
    char name[24];

    for (size_t i = 0; i < count; i++) {
        if (values->value[i].length > POSTGRES_BYTES_MAX)
            return error_set(err, ERR_LIMIT, "too much for PostgreSQL at once: %zu bytes",
                             values->value[i].length);
        value[i] = values->value[i].bytes;
        length[i] = (int)values->value[i].length;
        format[i] = 1;
    }
    snprintf(name, sizeof name, "%zu", which);
    return finish_call(session,
                       session->api->sendQueryPrepared(session->connection, name, (int)count, value,
                                                       length, format, 1),
                       result, err);
}

static void ignore_notice(void *context, const char *message)
{
    (void)context;
    (void)message;
}

/* Shake hands until the deadline. */
static bool shake(struct postgres_session *session, struct error *err)
{
    const struct postgres_api *api = session->api;
    static const char *const keywords[] = {"dbname", "client_encoding", "fallback_application_name",
                                           NULL};
    const char *const values[] = {session->target, "UTF8", "quern", NULL};

    session->connection = api->connectStartParams(keywords, values, 1);
    if (!session->connection)
        return error_set(err, ERR_IO, "cannot connect to PostgreSQL: out of memory");
    api->setNoticeProcessor(session->connection, ignore_notice, NULL);
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (api->status(session->connection) != CONNECTION_BAD) {
        short ready;
        if (!wait_for(session, state == PGRES_POLLING_READING ? POLLIN : POLLOUT, &ready, err))
            return false;
        state = api->connectPoll(session->connection);
        if (state == PGRES_POLLING_OK)
            return api->setnonblocking(session->connection, 1) == 0 ||
                   fail_lost(session, api->errorMessage(session->connection), err);
        if (state == PGRES_POLLING_FAILED)
            break;
    }
    fail(session, "cannot connect to PostgreSQL", api->errorMessage(session->connection), err);
    postgres_hang_up(session);
    return false;
}

static bool prepare(struct postgres_session *session, struct error *err)
{
    for (size_t i = 0; i < session->count; i++) {
        char name[24];
        snprintf(name, sizeof name, "%zu", i);
        if (!finish_call(
                session,
                session->api->sendPrepare(session->connection, name, session->prepared[i], 0, NULL),
                NULL, err))
            return false;
    }
    return true;
}

/*
 * A commit must be on the disk, also where the server's default is to answer before. Plans must not
 * depend on how many rows a table had when a statement was planned first: every one of ours has an
 * index to go by.
 */
static const char settings[] = "SET lock_timeout = '4s';"
                               "SELECT set_config('synchronous_commit', 'on', false)"
                               " WHERE current_setting('synchronous_commit') = 'off';"
                               "SET enable_seqscan = off; SET enable_hashjoin = off; SET "
                               "enable_mergejoin = off; SET jit = off";

static bool connect_now(struct postgres_session *session, struct error *err)
{
    if (shake(session, err) && postgres_run(session, settings, err) &&
        session->greet(session, err) && prepare(session, err))
        return true;
    postgres_hang_up(session);
    return false;
}

bool postgres_begin(struct postgres_session *session, double seconds, struct error *err)
{
    const double now = clock_seconds();

    session->deadline = now + seconds;
    if (session->connection)
        return true;
    if (now < session->next_try) {
        *err = session->last;
        return false;
    }
    if (connect_now(session, err)) {
        session->pause = session->next_try = 0;
        return true;
    }
    session->last = *err;
    session->pause = session->pause == 0 ? pause_first : 2 * session->pause;
    if (session->pause > pause_most)
        session->pause = pause_most;
    session->next_try = clock_seconds() + session->pause;
    return false;
}

bool postgres_session_init(struct postgres_session *session, const char *target, struct error *err)
{
    PQconninfoOption *options;
    char *reason = NULL;

    session->api = postgres_api(err);
    if (!session->api)
        return false;
    options = session->api->conninfoParse(target, &reason);
    if (reason)
        session->api->freemem(reason); /* it may quote the string, and so the password */
    if (!options)
        return error_set(err, ERR_ARG,
                         "the connection string is not postgresql://USER@HOST:PORT/DATABASE");
    for (const PQconninfoOption *o = options; o->keyword; o++)
        if (strcmp(o->keyword, "password") == 0 && o->val)
            session->password = strdup(o->val);
    session->api->conninfoFree(options);
    session->target = strdup(target);
    return true;
}

void postgres_session_clear(struct postgres_session *session)
{
    postgres_hang_up(session);
    free(session->target);
    free(session->password);
    session->target = session->password = NULL;
}
