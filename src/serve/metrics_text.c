#include "serve/metrics.h"

#include <string.h>

static const enum route_method methods[METHOD_SLOTS] = {
    METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_DELETE, (enum route_method)METHOD_OTHER};

/* Upper bounds; those below a millisecond are where one row is. */
static const struct {
    uint64_t microseconds;
    const char *text;
} bounds[HISTOGRAM_BUCKETS] = {
    {50, "5e-05"},    {100, "0.0001"},  {250, "0.00025"},   {500, "0.0005"},  {1000, "0.001"},
    {2500, "0.0025"}, {5000, "0.005"},  {10000, "0.01"},    {25000, "0.025"}, {50000, "0.05"},
    {75000, "0.075"}, {100000, "0.1"},  {250000, "0.25"},   {500000, "0.5"},  {1000000, "1.0"},
    {2500000, "2.5"}, {5000000, "5.0"}, {10000000, "10.0"},
};

void durations_add(struct durations *durations, uint64_t microseconds)
{
    size_t at = 0;

    while (at < HISTOGRAM_BUCKETS && microseconds > bounds[at].microseconds)
        at++;
    counter_add(&durations->bucket[at], 1);
    counter_add(&durations->sum, microseconds);
}

void metrics_family(struct text *out, const char *name, const char *type, const char *help,
                    bool openmetrics)
{
    static const char total[] = "_total";
    size_t length = strlen(name);

    /* OpenMetrics names a family of counters without the suffix of its samples. */
    if (openmetrics && length > sizeof total && text_ends_with(name, total))
        length -= sizeof total - 1;
    text_add_format(out, "# HELP %.*s %s\n# TYPE %.*s %s\n", (int)length, name, help, (int)length,
                    name, type);
}

/* A label's value: backslash, quote and line break are escaped. */
static void add_label(struct text *out, const char *name, const char *value)
{
    text_add_format(out, "%s=\"", name);
    for (; *value; value++) {
        if (*value == '\n')
            text_add(out, "\\n", 2);
        else if (*value == '"' || *value == '\\')
            text_add_format(out, "\\%c", *value);
        else
            text_add(out, value, 1);
    }
    text_add(out, "\"", 1);
}

/* The sum of one histogram over all workers. */
struct durations_sum {
    uint64_t bucket[HISTOGRAM_BUCKETS + 1], sum;
};

static void sum_add(struct durations_sum *to, const struct durations *from)
{
    for (size_t i = 0; i <= HISTOGRAM_BUCKETS; i++)
        to->bucket[i] += counter_get(&from->bucket[i]);
    to->sum += counter_get(&from->sum);
}

static void write_histogram(struct text *out, const char *name, const char *labels,
                            const struct durations_sum *sum)
{
    uint64_t count = 0;

    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        count += sum->bucket[i];
        text_add_format(out, "%s_bucket{%s,le=\"%s\"} %llu\n", name, labels, bounds[i].text,
                        (unsigned long long)count);
    }
    count += sum->bucket[HISTOGRAM_BUCKETS];
    text_add_format(out, "%s_bucket{%s,le=\"+Inf\"} %llu\n", name, labels,
                    (unsigned long long)count);
    text_add_format(out, "%s_sum{%s} %.6f\n%s_count{%s} %llu\n", name, labels,
                    (double)sum->sum * 1e-6, name, labels, (unsigned long long)count);
}

static void write_requests(struct text *out, const struct metrics_view *view)
{
    metrics_family(out, "http_requests_total", "counter", "Requests answered.", view->openmetrics);
    for (size_t r = 0; r < ROUTE_COUNT; r++)
        for (size_t m = 0; m < METHOD_SLOTS; m++)
            for (size_t s = 0; s < STATUS_COUNT; s++) {
                uint64_t count = 0;
                for (size_t w = 0; w < view->workers; w++)
                    count += counter_get(&view->worker[w]->requests[r][m][s]);
                if (count > 0)
                    text_add_format(
                        out, "http_requests_total{method=\"%s\",route=\"%s\",code=\"%d\"} %llu\n",
                        route_method_name(methods[m]), route_label((enum route_id)r),
                        status_code((enum status_index)s), (unsigned long long)count);
            }
}

static void write_durations(struct text *out, const struct metrics_view *view)
{
    metrics_family(out, "http_request_duration_seconds", "histogram",
                   "Time from the end of a request's headers to its answer.", view->openmetrics);
    for (size_t r = 0; r < ROUTE_COUNT; r++) {
        struct durations_sum sum = {0};
        struct text label = {0};
        uint64_t count = 0;

        for (size_t w = 0; w < view->workers; w++)
            sum_add(&sum, &view->worker[w]->duration[r]);
        for (size_t i = 0; i <= HISTOGRAM_BUCKETS; i++)
            count += sum.bucket[i];
        if (count == 0)
            continue;
        add_label(&label, "route", route_label((enum route_id)r));
        write_histogram(out, "http_request_duration_seconds", label.bytes, &sum);
        text_clear(&label);
    }
}

static void write_gauges(struct text *out, const struct metrics_view *view)
{
    uint64_t started = 0, finished = 0, opened = 0, closed = 0;

    for (size_t w = 0; w < view->workers; w++) {
        finished += counter_get(&view->worker[w]->finished);
        started += counter_get(&view->worker[w]->started);
        closed += counter_get(&view->worker[w]->closed);
        opened += counter_get(&view->worker[w]->opened);
    }
    metrics_family(out, "quern_requests_in_progress", "gauge", "Requests begun and not answered.",
                   view->openmetrics);
    text_add_format(out, "quern_requests_in_progress %llu\n",
                    (unsigned long long)(started > finished ? started - finished : 0));
    metrics_family(out, "quern_connections", "gauge", "Open connections.", view->openmetrics);
    text_add_format(out, "quern_connections %llu\n",
                    (unsigned long long)(opened > closed ? opened - closed : 0));
}

static struct text model_labels(const struct metrics_model *model)
{
    struct text labels = {0};

    add_label(&labels, "model", model->name);
    text_add(&labels, ",", 1);
    add_label(&labels, "version", model->version);
    return labels;
}

static void write_model_counter(struct text *out, const struct metrics_view *view, const char *name,
                                const char *help, size_t offset)
{
    metrics_family(out, name, "counter", help, view->openmetrics);
    for (size_t i = 0; i < view->models; i++) {
        struct text labels = model_labels(&view->model[i]);
        uint64_t count = 0;
        for (size_t w = 0; w < view->model_workers; w++)
            count += counter_get(
                (const _Atomic uint64_t *)(const void *)((const char *)&view->model[i].worker[w] +
                                                         offset));
        text_add_format(out, "%s{%s} %llu\n", name, labels.bytes, (unsigned long long)count);
        text_clear(&labels);
    }
}

static void write_models(struct text *out, const struct metrics_view *view)
{
    static const char inference[] = "quern_inference_duration_seconds";

    metrics_family(out, inference, "histogram", "Time from a body's bytes to the answer's bytes.",
                   view->openmetrics);
    for (size_t i = 0; i < view->models; i++) {
        struct text labels = model_labels(&view->model[i]);
        struct durations_sum sum = {0};
        for (size_t w = 0; w < view->model_workers; w++)
            sum_add(&sum, &view->model[i].worker[w].inference);
        write_histogram(out, inference, labels.bytes, &sum);
        text_clear(&labels);
    }
    write_model_counter(out, view, "quern_rows_total", "Rows scored.",
                        offsetof(struct model_metrics, rows));
    write_model_counter(out, view, "quern_rows_failed_total", "Rows with a fault.",
                        offsetof(struct model_metrics, faults));
}

void metrics_write(struct text *out, const struct metrics_view *view)
{
    write_requests(out, view);
    write_durations(out, view);
    write_gauges(out, view);
    if (view->models > 0)
        write_models(out, view);
    metrics_family(out, "quern_build_info", "gauge", "The program.", view->openmetrics);
    text_add_format(out, "quern_build_info{version=\"%s\"} 1\n", QUERN_VERSION);
    metrics_write_process(out, view->openmetrics);
    if (view->openmetrics)
        text_add(out, "# EOF\n", 6);
}
