/*
 * fuzz_request — any bytes as a request: "METHOD PATH", header lines, an empty line, the body. Each
 * has an answer with a status of ours, a body where there must be one, and a usable id.
 */
#include "base/clock.h"
#include "pipeline/bundle_write.h"
#include "serve/service.h"
#include "serve/status.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 16 };

static struct service *service;
static char folder[] = "/tmp/quern-fuzz-XXXXXX";

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const struct schema_column column[] = {{"first", SCHEMA_NUMBER, SCHEMA_REQUIRED},
                                                  {"second", SCHEMA_NUMBER, SCHEMA_REQUIRED}};
    static const struct table_string label[] = {{"no", 2}, {"yes", 3}};
    const struct schema input = {2, column};
    const struct decision decision = {.kind = DECISION_CLASSES, .labels = 2, .label = label};
    const struct bundle_plan plan = {.name = "pair", .input = &input, .decision = &decision};
    const struct service_options options = {
        .workers = 1, .body_max = 1 << 16, .rows_max = 1000, .token = "secret"};
    struct error err = {0};

    if (!mkdtemp(folder) || !bundle_write(&plan, folder, &err) ||
        !service_open(&service, &options, &err) ||
        models_add(service_models(service), NULL, folder, &err) != MODELS_DONE)
        BUG(err.text);
    return 0;
}

/* Cut the next line off, without its end. */
static char *take_line(char **at)
{
    return strsep(at, "\n");
}

static void set_header(struct serve_headers *header, char *line)
{
    static const struct {
        const char *name;
        size_t offset;
    } known[] = {
#define HEADER(name, member) {name, offsetof(struct serve_headers, member)}
        HEADER("type", content_type),
        HEADER("accept", accept),
        HEADER("encoding", content_encoding),
        HEADER("accept-encoding", accept_encoding),
        HEADER("auth", authorization),
        HEADER("inference-id", inference_id),
        HEADER("id", request_id),
        HEADER("attributes", custom_attributes),
        HEADER("json", inference_header_length),
#undef HEADER
    };
    char *value = line;
    const char *name = strsep(&value, ":");

    for (size_t i = 0; value && i < sizeof known / sizeof *known; i++)
        if (strcasecmp(name, known[i].name) == 0)
            *(const char **)(void *)((char *)header + known[i].offset) = value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct serve_request request = {.header = {.content_length = "1"}};
    struct serve_response got;
    struct text out = {0};
    char *bytes, *at, *line;

    if (size > TEXT_MAX)
        return 0;
    bytes = memory_take(size + 1, 1);
    memcpy(bytes, data, size);
    bytes[size] = '\0';
    at = bytes;
    char *path = take_line(&at);
    request.method = strsep(&path, " ");
    request.path = path ? path : "/invocations";
    while (at && (line = take_line(&at)) && line[0])
        set_header(&request.header, line);
    request.body = at;
    request.size = at ? size - (size_t)(at - bytes) : 0;
    request.started = clock_seconds();
    /* A good token would let the input open any file. */
    if (request.header.authorization && strcmp(request.path, "/models") == 0)
        request.header.authorization = NULL;
    serve_answer(service, 0, &request, &out, &got);
    BUG_ON(status_code(status_index(got.status)) != got.status);
    BUG_ON(!request_id_valid(got.id));
    BUG_ON(got.status >= 400 && (!got.media || got.size == 0));
    BUG_ON(got.inference_header > got.size);
    models_collect(service_models(service));
    text_clear(&out);
    free(bytes);
    return 0;
}
