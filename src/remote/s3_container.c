#include "remote/s3_container.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "remote/curl_api.h"

enum { ANSWER_BYTES_MAX = 64 << 10, TOKEN_BYTES_MAX = 16 << 10, TIMEOUT_SECONDS = 10 };

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct text *body = context;

    if (body->length + size * count > ANSWER_BYTES_MAX)
        return 0;
    text_add(body, bytes, size * count);
    return size * count;
}

/* The token goes to whoever is named: only to this machine's own services, or encrypted. */
static bool address_is_safe(const char *url)
{
    static const char *const starts[] = {"https://",
                                         "http://127.0.0.1",
                                         "http://localhost",
                                         "http://169.254.170.2",
                                         "http://169.254.170.23",
                                         "http://[::1]",
                                         "http://[fd00:ec2::23]"};

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        const size_t length = strlen(starts[i]);
        if (strncmp(url, starts[i], length) == 0 && (i == 0 || strchr(":/", url[length])))
            return true;
    }
    return false;
}

static bool read_token(const char **token, struct arena *memory, struct error *err)
{
    const char *path = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    char *bytes;
    size_t size;

    *token = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (path && path[0]) {
        if (!file_read(path, TOKEN_BYTES_MAX, &bytes, &size, err))
            return false;
        *token = arena_string(memory, bytes, strcspn(bytes, "\r\n"));
        free(bytes);
    }
    if (*token && strpbrk(*token, "\r\n"))
        return error_set(err, ERR_CONFIG,
                         "AWS_CONTAINER_AUTHORIZATION_TOKEN must not have line breaks");
    return true;
}

static bool ask(const char *url, const char *token, struct text *body, struct error *err)
{
    const struct curl_api *api = curl_api(err);
    struct curl_slist *headers = NULL;
    struct text line = {0};
    long status = 0;

    if (!api)
        return false;
    CURL *handle = api->curl_easy_init_();
    if (!handle)
        return error_set(err, ERR_LIBRARY, "libcurl cannot be initialised");
    if (token && token[0]) {
        text_add_format(&line, "Authorization: %s", token);
        headers = api->curl_slist_append_(NULL, line.bytes);
    }
    api->curl_easy_setopt_(handle, CURLOPT_URL, url);
    api->curl_easy_setopt_(handle, CURLOPT_NOSIGNAL, 1L);
    api->curl_easy_setopt_(handle, CURLOPT_TIMEOUT, (long)TIMEOUT_SECONDS);
    api->curl_easy_setopt_(handle, CURLOPT_HTTPHEADER, headers);
    api->curl_easy_setopt_(handle, CURLOPT_WRITEFUNCTION, take_body);
    api->curl_easy_setopt_(handle, CURLOPT_WRITEDATA, body);
    const CURLcode code = api->curl_easy_perform_(handle);
    api->curl_easy_getinfo_(handle, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK)
        error_set(err, ERR_IO, "cannot get credentials from %s: %s", url,
                  api->curl_easy_strerror_(code));
    else if (status != 200)
        error_set(err, ERR_IO, "cannot get credentials from %s: it answers %ld", url, status);
    api->curl_slist_free_all_(headers);
    api->curl_easy_cleanup_(handle);
    text_clear(&line);
    return code == CURLE_OK && status == 200;
}

static bool take_keys(struct s3_profile *profile, const char *url, const struct text *body,
                      struct arena *memory, struct error *err)
{
    json_t *document = json_loadb(body->bytes ? body->bytes : "", body->length, 0, NULL);
    const char *const key = json_string_value(json_object_get(document, "AccessKeyId"));
    const char *const secret = json_string_value(json_object_get(document, "SecretAccessKey"));
    const char *const token = json_string_value(json_object_get(document, "Token"));
    const bool ok = key && secret;

    if (ok) {
        profile->access_key = arena_string(memory, key, strlen(key));
        profile->secret_key = arena_string(memory, secret, strlen(secret));
        profile->session_token = token ? arena_string(memory, token, strlen(token)) : NULL;
    }
    json_decref(document);
    return ok || error_set(err, ERR_IO,
                           "cannot get credentials from %s: its answer has no AccessKeyId and "
                           "SecretAccessKey",
                           url);
}

bool s3_container_credentials(struct s3_profile *profile, struct arena *memory, struct error *err)
{
    const char *relative = getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *url = getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI"), *token;
    struct text body = {0};

    if (relative && relative[0])
        url = arena_format(memory, "http://169.254.170.2%s%s", relative[0] == '/' ? "" : "/",
                           relative);
    if (!url || !url[0])
        return true;
    if (!address_is_safe(url))
        return error_set(err, ERR_CONFIG,
                         "AWS_CONTAINER_CREDENTIALS_FULL_URI is '%s'; it must be https:// or an "
                         "address of this machine",
                         url);
    const bool ok = read_token(&token, memory, err) && ask(url, token, &body, err) &&
                    take_keys(profile, url, &body, memory, err);
    text_clear(&body);
    return ok;
}
