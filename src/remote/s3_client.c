#include "remote/s3_client.h"

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/rng.h"
#include "remote/curl_api.h"
#include "remote/s3_address.h"
#include "remote/s3_refusal.h"
#include "remote/s3_xml.h"

#include <errno.h>
#include <strings.h>
#include <unistd.h>

/* SHA-256 of nothing. */
static const char empty_hash[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

enum { BACK_OFF_MAX_SECONDS = 20, SLEEP_STEP_US = 20000 };

struct s3_client {
    const struct s3_account *account;
    const struct curl_api *api;
    CURL *handle;
    struct rng rng;
};

/* One try of one call. */
struct exchange {
    struct s3_client *client;
    const struct s3_call *call;
    struct s3_answer *answer;
    uint64_t sent;
    int write_error; /* errno of our own file */
    bool too_long, interrupted;
};

bool s3_client_open(struct s3_client **client, const struct s3_account *account, struct error *err)
{
    const struct curl_api *api = curl_api(err);
    struct s3_client made = {.account = account, .api = api};

    if (!api)
        return false;
    made.handle = api->curl_easy_init_();
    if (!made.handle)
        return error_set(err, ERR_LIBRARY, "libcurl cannot be initialised");
    /* Waiting times of machines that fail together must differ; no result depends on them. */
    made.rng = rng_new((uint64_t)(clock_seconds() * 1e9), (uint64_t)getpid());
    *client = memory_take(1, sizeof made);
    **client = made;
    return true;
}

void s3_client_close(struct s3_client *client)
{
    if (!client)
        return;
    client->api->curl_easy_cleanup_(client->handle);
    free(client);
}

void s3_answer_clear(struct s3_answer *answer)
{
    text_clear(&answer->body);
    *answer = (struct s3_answer){0};
}

int64_t s3_client_date(const char *date)
{
    struct error ignored = {0};
    const struct curl_api *api = curl_api(&ignored);
    const time_t seconds = api ? api->curl_getdate_(date, NULL) : -1;

    return seconds > 0 ? (int64_t)seconds : 0;
}

static bool write_file(int file, const char *bytes, size_t size, uint64_t offset)
{
    while (size > 0) {
        const ssize_t put = pwrite(file, bytes, size, (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        bytes += put;
        size -= (size_t)put;
        offset += (uint64_t)put;
    }
    return true;
}

static size_t take_body(char *bytes, size_t unit, size_t count, void *context)
{
    struct exchange *x = context;
    const size_t size = unit * count;
    const struct s3_call *call = x->call;
    long status = 0;

    x->client->api->curl_easy_getinfo_(x->client->handle, CURLINFO_RESPONSE_CODE, &status);
    if (status / 100 == 2 && call->sink >= 0) {
        if (call->ranged && x->answer->body_bytes + size > call->range_size) {
            x->too_long = true;
            return 0;
        }
        if (!write_file(call->sink, bytes, size, call->sink_offset + x->answer->body_bytes)) {
            x->write_error = errno ? errno : EIO;
            return 0;
        }
    } else {
        if (x->answer->body.length + size > S3_ANSWER_BYTES_MAX) {
            x->too_long = true;
            return 0;
        }
        text_add(&x->answer->body, bytes, size);
    }
    x->answer->body_bytes += size;
    return size;
}

static size_t give_body(char *bytes, size_t unit, size_t count, void *context)
{
    struct exchange *x = context;
    const uint64_t left = x->call->size - x->sent;
    const size_t size = unit * count < left ? unit * count : (size_t)left;

    if (x->call->bytes) {
        memcpy(bytes, x->call->bytes + x->sent, size);
    } else if (size) {
        const ssize_t got = pread(x->call->file, bytes, size, (off_t)(x->call->offset + x->sent));
        if (got <= 0)
            return CURL_READFUNC_ABORT;
        x->sent += (uint64_t)got;
        return (size_t)got;
    }
    x->sent += size;
    return size;
}

static int rewind_body(void *context, curl_off_t offset, int origin)
{
    struct exchange *x = context;

    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > x->call->size)
        return CURL_SEEKFUNC_FAIL;
    x->sent = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

/* Copy the value when the line is of that header. */
static void keep_header(const char *line, size_t size, const char *name, char *out, size_t room)
{
    const size_t length = strlen(name);

    if (size <= length || strncasecmp(line, name, length) != 0 || line[length] != ':')
        return;
    const char *value = line + length + 1, *end = line + size;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (unsigned char)end[-1] <= ' ')
        end--;
    if ((size_t)(end - value) < room) {
        memcpy(out, value, (size_t)(end - value));
        out[end - value] = '\0';
    }
}

static size_t take_header(char *line, size_t unit, size_t count, void *context)
{
    struct exchange *x = context;
    struct s3_answer *answer = x->answer;
    const size_t size = unit * count;
    char range[96] = "";
    int64_t whole;

    keep_header(line, size, "etag", answer->etag, sizeof answer->etag);
    keep_header(line, size, "last-modified", answer->modified, sizeof answer->modified);
    keep_header(line, size, "x-amz-bucket-region", answer->region, sizeof answer->region);
    keep_header(line, size, "content-range", range, sizeof range);
    const char *slash = strchr(range, '/');
    if (slash && text_to_int64(slash + 1, strlen(slash + 1), &whole) && whole >= 0)
        answer->whole_size = (uint64_t)whole;
    return size;
}

static int look_up(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct exchange *x = context;
    struct error ignored = {0};

    (void)a, (void)b, (void)c, (void)d;
    x->interrupted = !x->call->clean_up && !interrupt_check("talking to the store", &ignored);
    return x->interrupted;
}

/* Amazon has a host per bucket; its certificates do not cover names with dots. */
static void add_url(struct text *url, const struct s3_account *account, const struct s3_call *call)
{
    const char *tail = strncmp(account->region, "cn-", 3) == 0 ? ".cn" : "";

    if (account->endpoint)
        text_add_format(url, "%s/%s/", account->endpoint, call->bucket);
    else if (strpbrk(call->bucket, "._"))
        text_add_format(url, "https://s3.%s.amazonaws.com%s/%s/", account->region, tail,
                        call->bucket);
    else
        text_add_format(url, "https://%s.s3.%s.amazonaws.com%s/", call->bucket, account->region,
                        tail);
    s3_encode(url, call->key, true);
    if (call->query)
        text_add_format(url, "?%s", call->query);
}

static void add_header(const struct curl_api *api, struct curl_slist **list, const char *name,
                       const char *value)
{
    struct text line = {0};

    if (!value || !value[0])
        return;
    text_add_format(&line, "%s: %s", name, value);
    struct curl_slist *longer = api->curl_slist_append_(*list, line.bytes);
    text_clear(&line);
    if (longer)
        *list = longer;
}

/*
 * libcurl signs x-amz-content-sha256 but does not send it by itself, and the store insists on it.
 * Bodies go unsigned, as over HTTPS by everyone: Content-MD5 guards them.
 */
static struct curl_slist *headers_of(const struct s3_client *client, const struct s3_call *call)
{
    const struct curl_api *api = client->api;
    struct curl_slist *list = NULL;
    char range[64] = "";

    if (call->ranged)
        snprintf(range, sizeof range, "bytes=%llu-%llu", (unsigned long long)call->range_first,
                 (unsigned long long)(call->range_first + call->range_size - 1));
    add_header(api, &list, "x-amz-content-sha256", call->size ? "UNSIGNED-PAYLOAD" : empty_hash);
    add_header(api, &list, "x-amz-security-token", client->account->session_token);
    add_header(api, &list, "Content-Type", call->content_type);
    add_header(api, &list, "Content-MD5", call->content_md5);
    add_header(api, &list, "If-Match", call->if_match);
    add_header(api, &list, "Range", range);
    return list;
}

static bool set_transport(struct exchange *x, const char *url, struct curl_slist *headers)
{
    const struct s3_client *client = x->client;
    const struct curl_api *api = client->api;
    CURL *h = client->handle;
    struct text signing = {0};

    api->curl_easy_reset_(h);
    text_add_format(&signing, "aws:amz:%s:s3", client->account->region);
    const bool ok =
        api->curl_easy_setopt_(h, CURLOPT_AWS_SIGV4, signing.bytes) == CURLE_OK &&
        api->curl_easy_setopt_(h, CURLOPT_USERNAME, client->account->access_key) == CURLE_OK &&
        api->curl_easy_setopt_(h, CURLOPT_PASSWORD, client->account->secret_key) == CURLE_OK &&
        api->curl_easy_setopt_(h, CURLOPT_URL, url) == CURLE_OK &&
        api->curl_easy_setopt_(h, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
        api->curl_easy_setopt_(h, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK;
    text_clear(&signing);
    api->curl_easy_setopt_(h, CURLOPT_HTTPHEADER, headers);
    api->curl_easy_setopt_(h, CURLOPT_NOSIGNAL, 1L);
    api->curl_easy_setopt_(h, CURLOPT_CONNECTTIMEOUT, (long)S3_CONNECT_SECONDS);
    api->curl_easy_setopt_(h, CURLOPT_TIMEOUT, (long)S3_REQUEST_SECONDS);
    api->curl_easy_setopt_(h, CURLOPT_LOW_SPEED_LIMIT, 1L);
    api->curl_easy_setopt_(h, CURLOPT_LOW_SPEED_TIME, (long)S3_STALL_SECONDS);
    if (client->account->ca_bundle)
        api->curl_easy_setopt_(h, CURLOPT_CAINFO, client->account->ca_bundle);
    return ok;
}

static void set_body(struct exchange *x)
{
    const struct curl_api *api = x->client->api;
    CURL *h = x->client->handle;

    if (strcmp(x->call->method, "PUT") == 0 || strcmp(x->call->method, "POST") == 0) {
        api->curl_easy_setopt_(h, CURLOPT_UPLOAD, 1L);
        api->curl_easy_setopt_(h, CURLOPT_INFILESIZE_LARGE, (curl_off_t)x->call->size);
        api->curl_easy_setopt_(h, CURLOPT_EXPECT_100_TIMEOUT_MS, 500L);
        api->curl_easy_setopt_(h, CURLOPT_READFUNCTION, give_body);
        api->curl_easy_setopt_(h, CURLOPT_READDATA, x);
        api->curl_easy_setopt_(h, CURLOPT_SEEKFUNCTION, rewind_body);
        api->curl_easy_setopt_(h, CURLOPT_SEEKDATA, x);
        api->curl_easy_setopt_(h, CURLOPT_UPLOAD_BUFFERSIZE, 512L * 1024);
    }
    if (strcmp(x->call->method, "GET") != 0)
        api->curl_easy_setopt_(h, CURLOPT_CUSTOMREQUEST, x->call->method);
    api->curl_easy_setopt_(h, CURLOPT_BUFFERSIZE, 256L * 1024);
    api->curl_easy_setopt_(h, CURLOPT_WRITEFUNCTION, take_body);
    api->curl_easy_setopt_(h, CURLOPT_WRITEDATA, x);
    api->curl_easy_setopt_(h, CURLOPT_HEADERFUNCTION, take_header);
    api->curl_easy_setopt_(h, CURLOPT_HEADERDATA, x);
    api->curl_easy_setopt_(h, CURLOPT_NOPROGRESS, 0L);
    api->curl_easy_setopt_(h, CURLOPT_XFERINFOFUNCTION, look_up);
    api->curl_easy_setopt_(h, CURLOPT_XFERINFODATA, x);
}

/* Whether trying again may help after a transport failure. */
static bool transport_passes(CURLcode code)
{
    static const CURLcode passing[] = {CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT,
                                       CURLE_OPERATION_TIMEDOUT,   CURLE_SEND_ERROR,
                                       CURLE_RECV_ERROR,           CURLE_GOT_NOTHING,
                                       CURLE_PARTIAL_FILE,         CURLE_SSL_CONNECT_ERROR};

    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (code == passing[i])
            return true;
    return false;
}

static bool explain_transport(const struct exchange *x, CURLcode code, unsigned attempts,
                              struct error *err)
{
    const struct s3_call *call = x->call;
    const struct s3_account *account = x->client->account;
    char times[48] = "";

    if (x->interrupted && !interrupt_check("talking to the store", err))
        return error_wrap(err, "s3://%s/%s", call->bucket, call->key);
    if (x->write_error)
        return error_set(err, ERR_IO, "s3://%s/%s: cannot write the local copy: %s", call->bucket,
                         call->key, strerror(x->write_error));
    if (x->too_long)
        return error_set(err, ERR_IO, "s3://%s/%s: the store sent more than was asked for",
                         call->bucket, call->key);
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return error_set(err, ERR_IO, "s3://%s/%s: cannot read the local file to send",
                         call->bucket, call->key);
    if (attempts > 1)
        snprintf(times, sizeof times, ", tried %u times", attempts);
    return error_set(err, ERR_IO, "s3://%s/%s: no answer from %s%s: %s", call->bucket, call->key,
                     account->endpoint ? account->endpoint : "the store", times,
                     x->client->api->curl_easy_strerror_(code));
}

static bool wait_before(struct s3_client *client, unsigned attempt, struct error *err)
{
    double seconds = 0.1 * (double)(1u << attempt);

    if (seconds > BACK_OFF_MAX_SECONDS)
        seconds = BACK_OFF_MAX_SECONDS;
    const double until = clock_seconds() + seconds * (0.5 + 0.5 * rng_uniform(&client->rng));
    while (clock_seconds() < until) {
        if (!interrupt_check("waiting for the store", err))
            return false;
        usleep(SLEEP_STEP_US);
    }
    return true;
}

static CURLcode perform(struct exchange *x, const char *url)
{
    const struct curl_api *api = x->client->api;
    struct curl_slist *headers = headers_of(x->client, x->call);
    CURLcode code = CURLE_UNKNOWN_OPTION;

    if (set_transport(x, url, headers)) {
        set_body(x);
        code = api->curl_easy_perform_(x->client->handle);
    }
    api->curl_easy_getinfo_(x->client->handle, CURLINFO_RESPONSE_CODE, &x->answer->status);
    api->curl_slist_free_all_(headers);
    if (!x->answer->whole_size)
        x->answer->whole_size = x->answer->body_bytes;
    /* A multipart upload may fail after the status line has gone out: then the body says so. */
    if (x->answer->body.bytes)
        if (x->answer->status / 100 != 2 ||
            memmem(x->answer->body.bytes, x->answer->body.length, "<Error>", strlen("<Error>")))
            s3_xml_find(x->answer->body.bytes, x->answer->body.length, "Code", x->answer->code,
                        sizeof x->answer->code);
    return code;
}

bool s3_client_call(struct s3_client *client, const struct s3_call *call, struct s3_answer *answer,
                    struct error *err)
{
    struct text url = {0};
    bool ok = false, again = true;

    *answer = (struct s3_answer){0};
    add_url(&url, client->account, call);
    for (unsigned attempt = 1; again; attempt++) {
        struct exchange x = {.client = client, .call = call, .answer = answer};
        s3_answer_clear(answer);
        const CURLcode code = perform(&x, url.bytes);
        const bool last = call->clean_up || attempt >= client->account->attempts;
        if (code == CURLE_UNKNOWN_OPTION) {
            error_set(err, ERR_LIBRARY, "libcurl is too old for S3: 7.85 or newer is needed");
            again = false;
        } else if (code != CURLE_OK) {
            again = transport_passes(code) && !last;
            if (!again)
                explain_transport(&x, code, attempt, err);
        } else if (answer->status / 100 == 2 && !answer->code[0]) {
            ok = true;
            again = false;
        } else {
            again = s3_refusal_passes(answer) && !last;
            if (!again)
                s3_refusal_explain(client->account, call, answer, attempt, err);
        }
        again = again && wait_before(client, attempt, err);
    }
    text_clear(&url);
    return ok;
}
