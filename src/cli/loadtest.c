#include "cli/command.h"
#include "monitor/load.h"
#include "monitor/load_bodies.h"

#include <stdio.h>
#include <string.h>

static bool run(const struct load_options *load, const char *csv, bool json, struct error *err)
{
    struct load_result result;

    if (!load_run(&result, load, err) || (csv && !load_write_csv(&result, load, csv, err)))
        return false;
    if (json) {
        json_t *document = load_json(&result, load);
        json_dumpf(document, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(document);
    } else {
        load_print(&result, load, stdout);
    }
    if (!command_flush(err))
        return false;
    return result.failures == 0 ||
           error_set(err, ERR_CHECK, "%llu of %llu requests failed, first: %s",
                     (unsigned long long)result.failures, (unsigned long long)result.latency.count,
                     result.fault[0].text);
}

/* What to send, of four options. */
struct bodies_from {
    const char *body, *data, *lines, *mix;
};

static bool read_bodies(struct load_bodies *bodies, struct load_options *load,
                        const struct bodies_from *from, struct error *err)
{
    bool ok;

    if (from->mix && (from->body || from->data || from->lines || load->request.method))
        return error_set(err, ERR_ARG, "--mix says all of method and body");
    if (from->mix)
        ok = load_bodies_read_mix(bodies, from->mix, err);
    else
        ok = load_bodies_read(bodies, from->body, from->data, from->lines, err);
    load->body = bodies->body;
    load->bodies = bodies->count;
    load->target = bodies->target;
    if (from->mix)
        load->request.method = "MIX"; /* in tables */
    else if (!load->request.method)
        load->request.method = bodies->count ? "POST" : "GET";
    return ok;
}

int cmd_loadtest(int argc, char **argv)
{
    struct load_options load = {.connections = 32, .timeout = 30, .malformed_share = 0.01};
    struct load_bodies bodies = {0};
    struct bodies_from from = {0};
    const char *csv = NULL, *malformed = NULL;
    bool json = false;
    struct error err = {0};
    int status;
    const struct option table[] = {
        {OPTION_POSITIONAL, "URL", &load.url, .required = true, .help = "http://HOST:PORT/PATH"},
        {OPTION_TEXT, "body", &from.body, .help = "file to send as the body"},
        {OPTION_TEXT, "data", &from.data, .help = "text to send as the body"},
        {OPTION_TEXT, "lines", &from.lines, .help = "file whose lines are sent in turn"},
        {OPTION_TEXT, "mix", &from.mix,
         .help = "file of requests sent in turn, one a line: METHOD /PATH [BODY]"},
        {OPTION_TEXT, "content-type", &load.request.content_type, .help = "such as text/csv"},
        {OPTION_TEXT, "accept", &load.request.accept, .help = "such as application/json"},
        {OPTION_TEXT, "token", &load.request.bearer, .help = "sent as a bearer token"},
        {OPTION_TEXT, "method", &load.request.method, .help = "POST, or GET without a body"},
        {OPTION_SIZE, "connections", &load.connections, .help = "kept alive at a time (32)",
         .min = 1, .max = LOAD_CONNECTIONS_MAX},
        {OPTION_NUMBER, "rate", &load.rate, .help = "requests a second (as fast as answers come)",
         .min = 0, .max = 1e7},
        {OPTION_NUMBER, "seconds", &load.seconds, .help = "how long (10, or until --requests)",
         .min = 0.001, .max = 1e7},
        {OPTION_SIZE, "requests", &load.requests, .help = "how many (no limit)"},
        {OPTION_NUMBER, "timeout", &load.timeout, .help = "seconds to wait for one answer (30)",
         .min = 0.001, .max = 1e5},
        {OPTION_TEXT, "expect", &load.expect, .help = "every answer must be this text"},
        {OPTION_TEXT, "malformed", &malformed,
         .help = "body sent now and then, to be answered 4xx"},
        {OPTION_NUMBER, "malformed-share", &load.malformed_share,
         .help = "how many of those (0.01)", .min = 1e-6, .max = 0.5},
        {OPTION_TEXT, "csv", &csv, .help = "write PREFIX_stats.csv and PREFIX_failures.csv"},
        {OPTION_SWITCH, "json", &json, .help = "print JSON"},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    bool ok = read_bodies(&bodies, &load, &from, &err);
    if (malformed)
        load.malformed = (struct table_string){malformed, strlen(malformed)};
    else
        load.malformed_share = 0;
    if (load.seconds == 0 && load.requests == 0)
        load.seconds = 10;
    ok = ok && run(&load, csv, json, &err);
    load_bodies_clear(&bodies);
    return ok ? 0 : command_fail("loadtest", &err);
}
