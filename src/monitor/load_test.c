#include "monitor/load_test.h"

#include "base/arena.h"
#include "monitor/load_bodies.h"
#include "monitor/server_process.h"
#include "pipeline/sample_rows.h"

#include <string.h>

enum { ROWS = 256, WARM_REQUESTS = 2000 };

struct load_test_options load_test_defaults(void)
{
    return (struct load_test_options){.connections = 32, .seconds = 5};
}

/* Each line a body, without its end. */
static struct table_string *split_rows(const struct text *csv)
{
    struct table_string *body = memory_take(ROWS, sizeof *body);
    const char *at = csv->bytes;

    for (size_t i = 0; i < ROWS; i++) {
        const char *stop = strchr(at, '\n');
        body[i] = (struct table_string){at, (size_t)(stop - at)};
        at = stop + 1;
    }
    return body;
}

static bool check_limits(const struct load_result *r, const struct load_test_options *options,
                         struct error *err)
{
    const double throughput = (double)r->latency.count / r->seconds;
    const double p99 = latencies_quantile(&r->latency, 0.99) * 1e3;

    if (r->failures > 0)
        return error_set(err, ERR_CHECK, "%llu of %llu requests of the load test failed, first: %s",
                         (unsigned long long)r->failures, (unsigned long long)r->latency.count,
                         r->fault[0].text);
    if (options->min_throughput > 0 && throughput < options->min_throughput)
        return error_set(err, ERR_CHECK, "%.0f requests/s in the load test, the limit is %.0f",
                         throughput, options->min_throughput);
    if (options->max_p99_ms > 0 && p99 > options->max_p99_ms)
        return error_set(err, ERR_CHECK, "p99 of %.4g ms in the load test, the limit is %.4g ms",
                         p99, options->max_p99_ms);
    return true;
}

static bool measure(json_t **measured, int port, const struct text *rows,
                    const struct load_test_options *options, struct error *err)
{
    struct load_result *result = memory_take_zeroed(1, sizeof *result);
    struct table_string *body = split_rows(rows);
    char url[64];
    struct load_options load = {.url = url,
                                .request = {.method = "POST", .content_type = "text/csv"},
                                .body = body,
                                .bodies = ROWS,
                                .connections = options->connections,
                                .requests = WARM_REQUESTS,
                                .timeout = 30};

    snprintf(url, sizeof url, "http://127.0.0.1:%d/invocations", port);
    bool ok = load_run(result, &load, err); /* the first pages and caches are not counted */
    load.requests = 0;
    load.seconds = options->seconds;
    ok = ok && load_run(result, &load, err) && check_limits(result, options, err);
    if (ok)
        *measured = load_json(result, &load);
    free(body);
    free(result);
    return ok;
}

bool load_test_run(json_t **measured, const char *bundle, const struct load_test_options *options,
                   struct error *err)
{
    struct server_process server = {0};
    struct text rows = {0};

    *measured = NULL;
    const bool ok = sample_rows(&rows, bundle, ROWS, err) &&
                    server_process_start(&server, bundle, err) &&
                    measure(measured, server.port, &rows, options, err);
    server_process_stop(&server);
    text_clear(&rows);
    return ok;
}
