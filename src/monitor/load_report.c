#include "monitor/load.h"

#include "base/file.h"

#include <inttypes.h>
#include <string.h>

static const struct {
    const char *title;
    double share;
} columns[] = {
    {"50%", 0.5},  {"66%", 0.66}, {"75%", 0.75},    {"80%", 0.8},       {"90%", 0.9}, {"95%", 0.95},
    {"98%", 0.98}, {"99%", 0.99}, {"99.9%", 0.999}, {"99.99%", 0.9999}, {"100%", 1},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static double per_second(uint64_t count, const struct load_result *result)
{
    return result->seconds > 0 ? (double)count / result->seconds : 0;
}

static double milliseconds(const struct load_result *result, double share)
{
    return share < 1 ? latencies_quantile(&result->latency, share) * 1e3
                     : result->latency.max * 1e3;
}

static const char *path_of(const struct load_options *options)
{
    const char *host = strstr(options->url, "://");
    const char *path = host ? strpbrk(host + 3, "/?") : NULL;

    return path ? path : "/";
}

static void print_row(const struct load_result *r, const char *type, const char *name, FILE *out)
{
    const double share =
        r->latency.count ? (double)r->failures / (double)r->latency.count * 100 : 0;
    char fails[48];

    snprintf(fails, sizeof fails, "%" PRIu64 "(%.2f%%)", r->failures, share);
    fprintf(out, "%-8s %-24s %9" PRIu64 " %14s |%8.3f %7.3f %8.3f %7.3f |%10.2f %10.2f\n", type,
            name, r->latency.count, fails, latencies_mean(&r->latency) * 1e3, r->latency.min * 1e3,
            r->latency.max * 1e3, milliseconds(r, 0.5), per_second(r->latency.count, r),
            per_second(r->failures, r));
}

static const char rule[] = "--------|------------------------|---------|--------------|--------"
                           "|-------|--------|-------|----------|----------\n";

void load_print(const struct load_result *r, const struct load_options *options, FILE *out)
{
    const char *method = options->request.method, *path = path_of(options);

    fprintf(out, "%-8s %-24s %9s %14s |%8s %7s %8s %7s |%10s %10s\n%s", "Type", "Name", "# reqs",
            "# fails", "Avg", "Min", "Max", "Med", "req/s", "failures/s", rule);
    print_row(r, method, path, out);
    fputs(rule, out);
    print_row(r, "", "Aggregated", out);
    fputs("\nResponse time percentiles, milliseconds\n", out);
    fprintf(out, "%-8s %-24s", "Type", "Name");
    for (size_t i = 0; i < COLUMNS; i++)
        fprintf(out, " %8s", columns[i].title);
    fprintf(out, " %9s\n%-8s %-24s", "# reqs", method, path);
    for (size_t i = 0; i < COLUMNS; i++)
        fprintf(out, " %8.3f", milliseconds(r, columns[i].share));
    fprintf(out, " %9" PRIu64 "\n", r->latency.count);
    if (r->malformed)
        fprintf(out, "\n%" PRIu64 " malformed requests were answered 4xx\n", r->malformed);
    if (r->faults)
        fputs("\nError report\n# occurrences      Error\n", out);
    for (size_t i = 0; i < r->faults; i++)
        fprintf(out, "%-18" PRIu64 " %s\n", r->fault[i].count, r->fault[i].text);
}

static void csv_text(struct text *out, const char *value)
{
    text_add(out, "\"", 1);
    for (const char *c = value; *c; c++)
        text_add(out, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
    text_add(out, "\"", 1);
}

static void stats_row(struct text *out, const struct load_result *r, const char *type,
                      const char *name)
{
    text_add_format(out, "%s,", type);
    csv_text(out, name);
    text_add_format(out, ",%" PRIu64 ",%" PRIu64 ",%.6g,%.6g,%.6g,%.6g,%.6g,%.6g,%.6g",
                    r->latency.count, r->failures, milliseconds(r, 0.5),
                    latencies_mean(&r->latency) * 1e3, r->latency.min * 1e3, r->latency.max * 1e3,
                    r->latency.count ? (double)r->answer_bytes / (double)r->latency.count : 0,
                    per_second(r->latency.count, r), per_second(r->failures, r));
    for (size_t i = 0; i < COLUMNS; i++)
        text_add_format(out, ",%.6g", milliseconds(r, columns[i].share));
    text_add(out, "\n", 1);
}

static bool write_part(const char *prefix, const char *end, const struct text *text,
                       struct error *err)
{
    struct text path = {0};

    text_add_format(&path, "%s%s", prefix, end);
    const bool ok = file_make_parents(path.bytes, err) &&
                    file_write(path.bytes, text->bytes, text->length, err);
    text_clear(&path);
    return ok;
}

bool load_write_csv(const struct load_result *r, const struct load_options *options,
                    const char *prefix, struct error *err)
{
    struct text stats = {0}, failures = {0};

    text_add_format(&stats, "Type,Name,Request Count,Failure Count,Median Response Time,"
                            "Average Response Time,Min Response Time,Max Response Time,"
                            "Average Content Size,Requests/s,Failures/s");
    for (size_t i = 0; i < COLUMNS; i++)
        text_add_format(&stats, ",%s", columns[i].title);
    text_add(&stats, "\n", 1);
    stats_row(&stats, r, options->request.method, path_of(options));
    stats_row(&stats, r, "", "Aggregated");
    text_add_format(&failures, "Method,Name,Error,Occurrences,First Seen,Last Seen\n");
    for (size_t i = 0; i < r->faults; i++) {
        text_add_format(&failures, "%s,", options->request.method);
        csv_text(&failures, path_of(options));
        text_add(&failures, ",", 1);
        csv_text(&failures, r->fault[i].text);
        text_add_format(&failures, ",%" PRIu64 ",%.3f,%.3f\n", r->fault[i].count, r->fault[i].first,
                        r->fault[i].last);
    }
    const bool ok = write_part(prefix, "_stats.csv", &stats, err) &&
                    write_part(prefix, "_failures.csv", &failures, err);
    text_clear(&stats);
    text_clear(&failures);
    return ok;
}

json_t *load_json(const struct load_result *r, const struct load_options *options)
{
    json_t *faults = json_array();

    for (size_t i = 0; i < r->faults; i++)
        json_array_append_new(faults, json_pack("{s:s, s:I}", "error", r->fault[i].text,
                                                "occurrences", (json_int_t)r->fault[i].count));
    json_t *document = json_pack(
        "{s:I, s:f, s:f, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:o}",
        "connections", (json_int_t)options->connections, "rate", options->rate, "seconds",
        r->seconds, "requests", (json_int_t)r->latency.count, "failures", (json_int_t)r->failures,
        "throughput", per_second(r->latency.count, r), "mean_ms", latencies_mean(&r->latency) * 1e3,
        "min_ms", r->latency.min * 1e3, "p50_ms", milliseconds(r, 0.5), "p90_ms",
        milliseconds(r, 0.9), "p99_ms", milliseconds(r, 0.99), "p99_9_ms", milliseconds(r, 0.999),
        "max_ms", r->latency.max * 1e3, "client_cpu_seconds", r->cpu_seconds, "errors", faults);

    if (options->malformed_share > 0)
        json_object_set_new(document, "malformed_refused", json_integer((json_int_t)r->malformed));
    return document;
}
