#include "monitor/replay.h"

#include "base/arena.h"
#include "base/interrupt.h"
#include "monitor/http_client.h"
#include "monitor/request_reader.h"
#include "monitor/server_process.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SHOWN_BYTES = 300 };

struct replay {
    const struct replay_options *options;
    struct replay_result *result;
    struct http_client client;
    const char *base; /* path of the URL, to be put in front; empty for none */
};

static char *copy_shown(const char *text, size_t length)
{
    const size_t size = length < SHOWN_BYTES ? length : SHOWN_BYTES;
    char *copy = memory_take(size + 1, 1);

    if (size)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

static char *copy_text(const char *text)
{
    return text ? copy_shown(text, strlen(text)) : NULL;
}

/* Loading and unloading of models. */
static bool changes_models(const struct logged_request *q)
{
    const size_t length = strcspn(q->path, "?");

    return (length == 7 && strncmp(q->path, "/models", 7) == 0) ||
           strncmp(q->path, "/v2/repository/", 15) == 0;
}

/* Whether it is to be sent; if not, it is counted. */
static bool is_wanted(const struct logged_request *q, struct replay_result *result)
{
    if (q->request_cut)
        result->cut++;
    else if (strcasecmp(q->method, "POST") != 0 || !q->request.bytes ||
             (q->request.length == 0 && q->status < 400))
        result->without_payload++;
    else if (changes_models(q))
        result->changing++;
    else
        return true;
    return false;
}

static void compare(struct replay *r, const struct logged_request *q, const struct http_answer *a)
{
    struct replay_result *result = r->result;

    result->sent++;
    if (a->status == q->status &&
        (!q->response.bytes || replay_equal(q->response.bytes, q->response.length, a->body.bytes,
                                            a->body.length, r->options->tolerance))) {
        result->agree++;
        return;
    }
    if (result->shown == REPLAY_SHOWN)
        return;
    result->difference[result->shown++] = (struct replay_difference){
        .line = q->line,
        .logged_status = q->status,
        .status = a->status,
        .id = copy_text(q->id),
        .path = copy_text(q->path),
        .logged = q->response.bytes ? copy_shown(q->response.bytes, q->response.length) : NULL,
        .answer = copy_shown(a->body.bytes, a->body.length),
    };
}

static bool send_again(struct replay *r, const struct logged_request *q, struct error *err)
{
    struct http_answer answer;
    struct text path = {0};

    text_add_format(&path, "%s%s", r->base, q->path);
    const struct http_request request = {.method = q->method,
                                         .path = path.bytes,
                                         .content_type = q->content_type,
                                         .accept = q->accept,
                                         .bearer = r->options->bearer,
                                         .id = q->id,
                                         .body = q->request};
    const bool ok = http_client_ask(&r->client, &request, &answer, err);
    text_clear(&path);
    if (ok)
        compare(r, q, &answer);
    return ok || error_wrap(err, "%s: line %zu", r->options->log, q->line);
}

static bool send_log(struct replay *r, struct error *err)
{
    struct request_reader *reader;
    struct logged_request q;
    bool more = true, ok = true;

    if (!request_reader_open(&reader, r->options->log, err))
        return false;
    while (ok) {
        ok = interrupt_check("replaying a log", err) && request_reader_next(reader, &q, &more, err);
        if (!ok || !more)
            break;
        if (is_wanted(&q, r->result))
            ok = send_again(r, &q, err);
    }
    r->result->no_request = request_reader_passed_over(reader);
    request_reader_close(reader);
    if (ok && r->result->sent == 0)
        ok = error_set(err, ERR_DATA,
                       "'%s' has no request to send again: only those whose payload was logged can "
                       "be",
                       r->options->log);
    return ok;
}

bool replay_run(struct replay_result *result, const struct replay_options *options,
                struct error *err)
{
    struct replay r = {.options = options, .result = result, .base = "", .client.fd = -1};
    struct server_process server = {0};
    char url[64];
    const bool remote =
        strncasecmp(options->to, "http://", 7) == 0 || strncasecmp(options->to, "https://", 8) == 0;

    *result = (struct replay_result){0};
    if (!remote && !server_process_start(&server, options->to, err))
        return false;
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", server.port);
    bool ok = http_client_open(&r.client, remote ? options->to : url, options->timeout, err);
    if (ok && remote) {
        /* "http://host/prefix/" and "/invocations" make "/prefix/invocations". */
        char *path = r.client.url.path;
        size_t length = strcspn(path, "?");
        while (length > 0 && path[length - 1] == '/')
            length--;
        path[length] = '\0';
        if (text_ends_with(path, "/invocations") || strcmp(path, "/invocations") == 0)
            path[length - strlen("/invocations")] = '\0';
        r.base = path;
    }
    ok = ok && send_log(&r, err);
    http_client_close(&r.client);
    server_process_stop(&server);
    if (!ok)
        replay_clear(result);
    return ok;
}

void replay_clear(struct replay_result *result)
{
    for (size_t i = 0; i < result->shown; i++) {
        free(result->difference[i].id);
        free(result->difference[i].path);
        free(result->difference[i].logged);
        free(result->difference[i].answer);
    }
    result->shown = 0;
}

/* A text that may hold any bytes. */
static json_t *shown_json(const char *text)
{
    json_t *value = text ? json_string(text) : json_null();

    return value ? value : json_string("(bytes that are not UTF-8)");
}

/* In quotes, so that a line break or a space at the end is seen. */
static void print_shown(const char *title, const char *text, FILE *out)
{
    json_t *value = shown_json(text);
    char *shown = json_dumps(value, JSON_ENCODE_ANY);

    fprintf(out, "  %s  %s\n", title, text && shown ? shown : "(not logged)");
    free(shown);
    json_decref(value);
}

void replay_print(const struct replay_result *r, FILE *out)
{
    for (size_t i = 0; i < r->shown; i++) {
        const struct replay_difference *d = &r->difference[i];
        fprintf(out, "line %zu%s%s, %s: status %d, was %d\n", d->line, d->id ? ", id " : "",
                d->id ? d->id : "", d->path, d->status, d->logged_status);
        print_shown("was", d->logged, out);
        print_shown("is ", d->answer, out);
    }
    fprintf(out, "%zu requests sent again, %zu agree, %zu differ\n", r->sent, r->agree,
            r->sent - r->agree);
    const size_t left_out = r->without_payload + r->cut + r->changing;
    if (left_out)
        fprintf(out, "left out: %zu without a payload, %zu cut, %zu that change models\n",
                r->without_payload, r->cut, r->changing);
}

json_t *replay_json(const struct replay_result *r)
{
    json_t *differences = json_array();

    for (size_t i = 0; i < r->shown; i++) {
        const struct replay_difference *d = &r->difference[i];
        json_array_append_new(differences,
                              json_pack("{s:I, s:o, s:o, s:i, s:i, s:o, s:o}", "line",
                                        (json_int_t)d->line, "id", shown_json(d->id), "path",
                                        shown_json(d->path), "logged_status", d->logged_status,
                                        "status", d->status, "logged", shown_json(d->logged),
                                        "answer", shown_json(d->answer)));
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "sent", (json_int_t)r->sent, "agree",
                     (json_int_t)r->agree, "differ", (json_int_t)(r->sent - r->agree),
                     "without_payload", (json_int_t)r->without_payload, "cut", (json_int_t)r->cut,
                     "changing", (json_int_t)r->changing, "differences", differences);
}
