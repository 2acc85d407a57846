/* What is answered, without sockets. */
#include "serve/support.h"

#include "base/clock.h"
#include "serve/compress.h"
#include "serve/service.h"

static struct service *service;
static struct text answer_text;

static struct service *pair_service(const struct service_options *options)
{
    struct service_options with = *options;
    struct error err = {0};
    struct service *made = NULL;

    with.workers = 2;
    if (!with.body_max)
        with.body_max = 4096;
    if (!with.rows_max)
        with.rows_max = 100;
    EXPECT_OK(service_open(&made, &with, &err), &err);
    const char *bundle = pair_bundle("pair", "no", "yes");
    EXPECT_EQ(models_add(service_models(made), NULL, bundle, &err), MODELS_DONE);
    return made;
}

static struct serve_response answer_of(struct serve_request request)
{
    struct serve_response response;
    static char length[32];

    if (request.body && !request.header.content_length) {
        if (request.size == 0)
            request.size = strlen(request.body);
        snprintf(length, sizeof length, "%zu", request.size);
        request.header.content_length = length;
    }
    request.arrived = 1700000000000000;
    request.started = clock_seconds();
    serve_answer(service, 0, &request, &answer_text, &response);
    EXPECT(response.size == 0 || response.body[response.size] == '\0');
    return response;
}

static void close_service(void)
{
    service_close(service);
    service = NULL;
    text_clear(&answer_text);
}

TEST(answer_names_what_is_wrong)
{
    static const struct {
        const char *method, *path, *type, *accept, *body;
        int status;
        const char *said;
    } rows[] = {
        {"POST", "/invocations", "text/csv", NULL, "0.2,0.8", 200, "yes"},
        {"POST", "/invocations", "text/csv; charset=utf-8", NULL, "0.9,0.8\n", 200, "no"},
        {"POST", "/invocations", NULL, NULL, "0.9,0.8\n", 200, "no"},
        {"POST", "/invocations", "TEXT/CSV", "*/*", "first,second\n0.1,0.2\n", 200, "yes"},
        {"POST", "/invocations", "application/json", NULL, "{\"instances\": [[0.1, 0.2]]}", 200,
         "\"label\": \"yes\""},
        {"POST", "/invocations", "text/csv", "application/json", "0.1,0.2", 200, "predictions"},
        {"POST", "/invocations", "text/csv", "application/jsonlines", "0.1,0.2", 200, "\"label\""},
        {"POST", "/models/pair/invoke", "text/csv", NULL, "0.1,0.2", 200, "yes"},
        {"POST", "/v1/models/pair:predict", "application/json", NULL,
         "{\"instances\": [[0.1, 0.2]]}", 200, "predictions"},

        /* Every bad row has a status and a sentence. */
        {"POST", "/invocations", "text/csv", NULL, "0.2", 400, "1 field"},
        {"POST", "/invocations", "text/csv", NULL, "0.2,0.8,0.3", 400, "3 fields"},
        {"POST", "/invocations", "text/csv", NULL, "0.2,abc", 400, "'second'"},
        {"POST", "/invocations", "text/csv", NULL, "0.2,0.8\n0.2,abc\n", 400, "'second'"},
        {"POST", "/invocations", "text/csv", NULL, "1e999,0.8", 400, "'first'"},
        {"POST", "/invocations", "text/csv", NULL, "inf,0.8", 400, "'first'"},
        {"POST", "/invocations", "text/csv", NULL, "", 400, "empty"},
        {"POST", "/invocations", "text/csv", NULL, "\n", 400, "row"},
        {"POST", "/invocations", "application/json", NULL, "{\"instances\": [[0.1, 0.2]", 400,
         "message"},
        {"POST", "/invocations", "application/json", NULL, "{\"things\": []}", 400, "instances"},
        {"POST", "/invocations", "application/json", NULL, "{\"instances\": [[0.1, \"x\"]]}", 400,
         "second"},
        {"POST", "/invocations", "application/json", NULL, "{\"instances\": []}", 400, "row"},
        {"POST", "/invocations", "image/png", NULL, "0.2,0.8", 415, "image/png"},
        {"POST", "/invocations", "text/csv; charset=utf-16", NULL, "0.2,0.8", 415, "'utf-16'"},
        {"POST", "/invocations", "text/csv;Charset=\"UTF-8\"", NULL, "0.2,0.8", 200, "yes"},
        {"POST", "/v2/models/pair/infer", "application/json; charset=latin1", NULL, "{}", 415,
         "{\"error\": \""},
        {"POST", "/invocations", "text/csv", "image/png", "0.2,0.8", 406, "image/png"},
        {"POST", "/invocations", "text/csv", NULL, NULL, 411, "Content-Length"},
        {"POST", "/models/nobody/invoke", "text/csv", NULL, "0.2,0.8", 404, "nobody"},
        {"GET", "/invocations", NULL, NULL, NULL, 405, "POST"},
        {"PUT", "/ping", NULL, NULL, NULL, 405, "GET, HEAD"},
        {"GET", "/nothing", NULL, NULL, NULL, 404, "/nothing"},
        {"GET", "/ping/", NULL, NULL, NULL, 404, "/ping/"},
        {"GET", "/models/", NULL, NULL, NULL, 404, "/models/"},
        {"GET", "/v2/models/pair/versions/7", NULL, NULL, NULL, 404, "version 1"},
        {"GET", "/v2/models/pair/versions/", NULL, NULL, NULL, 404, "{\"error\": \""},
        {"GET", "/v2/models/pair/config", NULL, NULL, NULL, 404, "{\"error\": \""},

        {"GET", "/ping", NULL, NULL, NULL, 200, ""},
        {"HEAD", "/ping", NULL, NULL, NULL, 200, ""},
        {"GET", "/health", NULL, NULL, NULL, 200, "Healthy"},
        {"GET", "/version", NULL, NULL, NULL, 200, QUERN_VERSION},
        {"GET", "/execution-parameters", NULL, NULL, NULL, 200, "MULTI_RECORD"},
        {"GET", "/models", NULL, NULL, NULL, 200, "\"modelName\": \"pair\""},
        {"GET", "/models/pair", NULL, NULL, NULL, 200, "modelUrl"},
        {"GET", "/v1/models", NULL, NULL, NULL, 200, "[\"pair\"]"},
        {"GET", "/v1/models/pair", NULL, NULL, NULL, 200, "\"ready\": true"},
        {"GET", "/v2", NULL, NULL, NULL, 200, "extensions"},
        {"GET", "/v2/health/live", NULL, NULL, NULL, 200, "\"live\": true"},
        {"GET", "/v2/health/ready", NULL, NULL, NULL, 200, "\"ready\": true"},
        {"GET", "/v2/models/pair", NULL, NULL, NULL, 200, "\"datatype\": \"FP64\""},
        {"GET", "/v2/models/pair/versions/1/ready", NULL, NULL, NULL, 200, "\"ready\": true"},
    };

    service = pair_service(&(struct service_options){0});
    EACH_ROW(rows, r) {
        struct serve_response got = answer_of(
            (struct serve_request){.method = r->method,
                                   .path = r->path,
                                   .body = r->body,
                                   .header = {.content_type = r->type, .accept = r->accept}});
        if (got.status != r->status)
            print_message("%s\n", got.body);
        EXPECT_EQ(got.status, r->status);
        EXPECT_HAS(got.size ? got.body : "", r->said);
        EXPECT(request_id_valid(got.id));
        EXPECT((got.status == 405) == (got.allow != NULL));
    }
    close_service();
}

TEST(answer_one_bad_row_spoils_no_other)
{
    service = pair_service(&(struct service_options){0});
    struct serve_response got = answer_of(
        (struct serve_request){.method = "POST",
                               .path = "/invocations",
                               .header = {.content_type = "application/json"},
                               .body = "{\"instances\": [[0.1, 0.2], [0.1, \"x\"], [0.3, 0.2]]}"});

    EXPECT_EQ(got.status, 200);
    EXPECT_HAS(got.body, "\"label\": \"yes\"");
    EXPECT_HAS(got.body, "\"error\"");
    EXPECT_HAS(got.body, "\"column\": \"second\"");
    EXPECT_HAS(got.body, "\"label\": \"no\"");
    close_service();
}

TEST(answer_has_row_and_column_of_a_fault)
{
    service = pair_service(&(struct service_options){0});
    struct serve_response got =
        answer_of((struct serve_request){.method = "POST",
                                         .path = "/invocations",
                                         .header = {.content_type = "text/csv"},
                                         .body = "1,2\n3,4\n5,x\n"});

    EXPECT_EQ(got.status, 400);
    EXPECT_HAS(got.body, "\"error_code\": \"BAD_REQUEST\"");
    EXPECT_HAS(got.body, "\"row\": 3, \"column\": \"second\"");
    EXPECT_HAS(got.body, got.id);
    close_service();
}

TEST(answer_takes_ids_that_are_safe)
{
    static const struct {
        const char *inference, *request, *want; /* NULL: one of our own */
    } rows[] = {
        {"abc-1", NULL, "abc-1"},
        {"abc-1", "other", "abc-1"},
        {NULL, "a.b:c_d-9", "a.b:c_d-9"},
        {"bad id", "good", "good"},
        {NULL, "", NULL},
        {NULL, "a\r\nb", NULL},
        {NULL, "\"}", NULL},
        {NULL, NULL, NULL},
        {NULL,
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         NULL},
    };

    service = pair_service(&(struct service_options){0});
    EACH_ROW(rows, r) {
        struct serve_response got = answer_of((struct serve_request){
            .method = "GET",
            .path = "/ping",
            .header = {.inference_id = r->inference, .request_id = r->request}});
        if (r->want)
            EXPECT_STR(got.id, r->want);
        else
            EXPECT_EQ(strlen(got.id), REQUEST_ID_MADE);
        EXPECT_EQ(got.id_was_inference, r->inference && strcmp(r->inference, "abc-1") == 0);
    }
    close_service();
}

TEST(answer_changes_need_the_token)
{
    static const struct {
        const char *method, *authorization;
        int status;
    } rows[] = {
        {"DELETE", NULL, 401},
        {"DELETE", "Bearer wrong", 401},
        {"DELETE", "Bearer secre", 401},
        {"DELETE", "Bearer secrets", 401},
        {"DELETE", "Bearer ", 401},
        {"DELETE", "Basic secret", 401},
        {"GET", NULL, 200},
        {"DELETE", "bearer secret", 200},
        {"DELETE", "Bearer secret", 404}, /* it is gone */
    };

    service = pair_service(&(struct service_options){.token = "secret"});
    EACH_ROW(rows, r) {
        struct serve_response got =
            answer_of((struct serve_request){.method = r->method,
                                             .path = "/models/pair",
                                             .header = {.authorization = r->authorization}});
        EXPECT_EQ(got.status, r->status);
        EXPECT_EQ(got.authenticate, r->status == 401);
    }
    close_service();
    service = pair_service(&(struct service_options){0});
    EXPECT_EQ(answer_of((struct serve_request){.method = "DELETE", .path = "/models/pair"}).status,
              403);
    close_service();
}

static struct serve_response load(const char *name, const char *path)
{
    char body[1024];

    snprintf(body, sizeof body, "{\"model_name\": \"%s\", \"url\": \"%s\"}", name, path);
    return answer_of((struct serve_request){.method = "POST", .path = "/models", .body = body});
}

TEST(answer_loads_and_unloads_models)
{
    service = pair_service(&(struct service_options){.open_changes = true});
    const char *path = pair_bundle("other", "left", "right");
    const struct serve_request invoke = {.method = "POST",
                                         .path = "/models/b/invoke",
                                         .header = {.content_type = "text/csv"},
                                         .body = "1,2"};

    EXPECT_EQ(answer_of(invoke).status, 404);
    EXPECT_EQ(load("b", path).status, 200);
    EXPECT_EQ(load("b", path).status, 409);
    EXPECT_EQ(load("a/b", path).status, 400);
    EXPECT_EQ(load("c", "/nowhere").status, 400);
    struct serve_response got = answer_of(invoke);
    EXPECT_EQ(got.status, 200);
    EXPECT_HAS(got.body, "right");
    got = answer_of((struct serve_request){.method = "POST", .path = "/models", .body = "[]"});
    EXPECT_EQ(got.status, 400);
    got = answer_of((struct serve_request){.method = "DELETE", .path = "/models/b"});
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(answer_of(invoke).status, 404);
    models_collect(service_models(service));
    close_service();
}

TEST(answer_lists_models_by_the_page)
{
    struct error err = {0};
    char name[16];

    service = pair_service(&(struct service_options){0});
    for (int i = 0; i < SERVICE_PAGE_MAX; i++) {
        snprintf(name, sizeof name, "m%d", i);
        EXPECT_EQ(models_add(service_models(service), name, test_path("pair"), &err), MODELS_DONE);
    }
    struct serve_response got =
        answer_of((struct serve_request){.method = "GET", .path = "/models"});
    EXPECT_HAS(got.body, "\"nextPageToken\": \"100\"");
    got =
        answer_of((struct serve_request){.method = "GET", .path = "/models", .page_token = "100"});
    EXPECT_HAS(got.body, "m99");
    EXPECT(!strstr(got.body, "nextPageToken"));
    got = answer_of((struct serve_request){.method = "GET", .path = "/models", .page_token = "x"});
    EXPECT_EQ(got.status, 400);
    close_service();
}

TEST(answer_keeps_limits)
{
    struct text packed = {0}, zeros = {0};
    const char plain[] = "0.2,0.8\n";

    service = pair_service(&(struct service_options){.rows_max = 3, .body_max = 5000});
    struct serve_response got = answer_of((struct serve_request){
        .method = "POST", .path = "/invocations", .body = "1,2\n1,2\n1,2\n1,2\n"});
    EXPECT_EQ(got.status, 413);
    got = answer_of((struct serve_request){
        .method = "POST", .path = "/invocations", .body = "x", .body_over = true});
    EXPECT_EQ(got.status, 413);
    EXPECT_HAS(got.body, "5000");

    /* Packed bodies: whole, cut off, damaged, and one that unpacks to more than the limit. */
    for (size_t i = 0; i < 20000; i++)
        text_add(&zeros, "1,2\n", 4);
    EXPECT(coding_pack(CODING_GZIP, zeros.bytes, zeros.length, &packed));
    got = answer_of((struct serve_request){.method = "POST",
                                           .path = "/invocations",
                                           .body = packed.bytes,
                                           .size = packed.length,
                                           .header = {.content_encoding = "gzip"}});
    EXPECT_EQ(got.status, 413);
    got = answer_of((struct serve_request){.method = "POST",
                                           .path = "/invocations",
                                           .body = packed.bytes,
                                           .size = packed.length / 2,
                                           .header = {.content_encoding = "gzip"}});
    EXPECT_EQ(got.status, 413);
    packed.length = 0;
    text_add(&zeros, plain, sizeof plain); /* worth packing */
    EXPECT(coding_pack(CODING_DEFLATE, zeros.bytes, 400, &packed));
    got = answer_of((struct serve_request){.method = "POST",
                                           .path = "/invocations",
                                           .body = packed.bytes,
                                           .size = packed.length - 3,
                                           .header = {.content_encoding = "deflate"}});
    EXPECT_EQ(got.status, 400);
    EXPECT_HAS(got.body, "cut off");
    got = answer_of((struct serve_request){.method = "POST",
                                           .path = "/invocations",
                                           .body = plain,
                                           .header = {.content_encoding = "gzip"}});
    EXPECT_EQ(got.status, 400);
    EXPECT_HAS(got.body, "gzip");
    got = answer_of((struct serve_request){.method = "POST",
                                           .path = "/invocations",
                                           .body = plain,
                                           .header = {.content_encoding = "br"}});
    EXPECT_EQ(got.status, 415);
    text_clear(&packed);
    text_clear(&zeros);
    close_service();
}

TEST(answer_packs_what_is_large)
{
    struct text body = {0};
    struct arena memory = {0};
    struct error err = {0};
    const char *plain;
    size_t size;

    service = pair_service(&(struct service_options){.rows_max = 1000, .body_max = 100000});
    for (size_t i = 0; i < 900; i++)
        text_add_format(&body, "%zu,450\n", i);
    struct serve_request request = {.method = "POST",
                                    .path = "/invocations",
                                    .body = body.bytes,
                                    .header = {.content_type = "text/csv"}};
    const struct serve_response whole = answer_of(request);
    char *want = strdup(whole.body);
    request.header.accept_encoding = "br, gzip;q=0.8";
    struct serve_response got = answer_of(request);
    EXPECT_STR(got.encoding, "gzip");
    EXPECT_OK(coding_unpack(CODING_GZIP, got.body, got.size, 1 << 20, &plain, &size, &memory, &err),
              &err);
    EXPECT_STR(plain, want);
    request.header.accept_encoding = "gzip;q=0";
    EXPECT(answer_of(request).encoding == NULL);
    free(want);
    arena_clear(&memory);
    text_clear(&body);
    close_service();
}

TEST(answer_counts_itself)
{
    service = pair_service(&(struct service_options){0});
    for (int i = 0; i < 3; i++)
        answer_of((struct serve_request){.method = "POST", .path = "/invocations", .body = "1,2"});
    answer_of((struct serve_request){.method = "POST", .path = "/invocations", .body = "1,x"});
    struct serve_response got =
        answer_of((struct serve_request){.method = "GET", .path = "/metrics"});
    EXPECT_HAS(got.media, "version=0.0.4");
    EXPECT_HAS(got.body,
               "http_requests_total{method=\"POST\",route=\"/invocations\",code=\"200\"} 3\n");
    EXPECT_HAS(got.body,
               "http_requests_total{method=\"POST\",route=\"/invocations\",code=\"400\"} 1\n");
    EXPECT_HAS(got.body, "http_request_duration_seconds_count{route=\"/invocations\"} 4\n");
    EXPECT_HAS(got.body, "quern_rows_total{model=\"pair\",version=\"1\"} 4\n");
    EXPECT_HAS(got.body, "quern_rows_failed_total{model=\"pair\",version=\"1\"} 1\n");
    EXPECT_HAS(got.body, "\nprocess_resident_memory_bytes ");
    got = answer_of((struct serve_request){
        .method = "GET",
        .path = "/metrics",
        .header = {.accept = "application/openmetrics-text; version=1.0.0"}});
    EXPECT_HAS(got.media, "openmetrics");
    EXPECT_HAS(got.body, "# TYPE http_requests counter\n");
    EXPECT_STR(got.body + got.size - 6, "# EOF\n");
    close_service();
}

static void add_le(struct text *to, const void *bytes, size_t size)
{
    text_add(to, bytes, size); /* the machines this runs on are little-endian */
}

TEST(answer_speaks_v2)
{
    struct text body = {0};
    const double first[] = {0.1, 5}, second[] = {0.2, 4};
    char json_size[32];

    service = pair_service(&(struct service_options){0});
    struct serve_response got = answer_of((struct serve_request){
        .method = "POST",
        .path = "/v2/models/pair/infer",
        .body = "{\"id\": \"7\", \"inputs\": [{\"name\": \"x\", \"shape\": [2, 2], \"datatype\": "
                "\"FP64\", \"data\": [[0.1, 0.2], [5, 4]]}]}"});
    EXPECT_EQ(got.status, 200);
    EXPECT_HAS(got.body, "\"id\"");
    EXPECT_HAS(got.body, "\"yes\"");
    EXPECT_EQ(got.inference_header, 0);

    text_add_format(
        &body, "{\"inputs\": [{\"name\": \"first\", \"shape\": [2], \"datatype\": \"FP64\", "
               "\"parameters\": {\"binary_data_size\": 16}}, {\"name\": \"second\", \"shape\": "
               "[2], \"datatype\": \"FP64\", \"parameters\": {\"binary_data_size\": 16}}], "
               "\"outputs\": [{\"name\": \"label\", \"parameters\": {\"binary_data\": true}}]}");
    snprintf(json_size, sizeof json_size, "%zu", body.length);
    add_le(&body, first, sizeof first);
    add_le(&body, second, sizeof second);
    struct serve_request request = {.method = "POST",
                                    .path = "/v2/models/pair/versions/1/infer",
                                    .body = body.bytes,
                                    .size = body.length,
                                    .header = {.inference_header_length = json_size}};
    got = answer_of(request);
    EXPECT_EQ(got.status, 200);
    EXPECT_STR(got.media, "application/octet-stream");
    EXPECT_EQ(got.size - got.inference_header, 4 + 3 + 4 + 2);
    EXPECT_EQ(memcmp(got.body + got.inference_header, "\3\0\0\0yes\2\0\0\0no", 13), 0);

    /* What does not fit has the shape of errors that clients of V2 read. */
    request.size -= 8;
    got = answer_of(request);
    EXPECT_EQ(got.status, 400);
    EXPECT_HAS(got.body, "{\"error\": \"");
    request.header.inference_header_length = "99999";
    EXPECT_EQ(answer_of(request).status, 400);
    text_clear(&body);
    close_service();
}
