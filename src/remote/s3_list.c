#include "remote/s3_list.h"

#include <fnmatch.h>

static bool list_page(struct s3_page *page, struct s3_client *client, const struct s3_call *where,
                      const char *query, struct arena *memory, struct error *err)
{
    struct s3_call call = *where;
    struct s3_answer answer;

    call.query = query;
    call.key = "";
    bool ok = s3_client_call(client, &call, &answer, err);
    if (ok && !s3_page_parse(page, answer.body.bytes ? answer.body.bytes : "", answer.body.length,
                             memory, err))
        ok = error_wrap(err, "s3://%s", call.bucket);
    s3_answer_clear(&answer);
    return ok;
}

bool s3_list(struct s3_page *page, struct s3_client *client, const char *bucket, const char *prefix,
             bool flat, struct arena *memory, struct error *err)
{
    struct s3_call call = S3_CALL;
    bool ok = true, more = true;

    call.bucket = bucket;
    page->next = NULL;
    while (ok && more) {
        /* In the order of their names, as the signature wants them. */
        struct text query = {0};
        if (page->next) {
            text_add_format(&query, "continuation-token=");
            s3_encode(&query, page->next, false);
            text_add_format(&query, "&");
        }
        text_add_format(&query,
                        "%sencoding-type=url&list-type=2&prefix=", flat ? "delimiter=%2F&" : "");
        s3_encode(&query, prefix, false);
        ok = list_page(page, client, &call, query.bytes, memory, err);
        text_clear(&query);
        more = page->next;
        if (ok && page->count > S3_LIST_MAX)
            ok = error_set(err, ERR_LIMIT, "s3://%s/%s: there are more than %d objects", bucket,
                           prefix, S3_LIST_MAX);
    }
    return ok;
}

size_t s3_parent_length(const char *key)
{
    const char *slash = strrchr(key, '/');

    return slash ? (size_t)(slash - key) + 1 : 0;
}

/* True when the very key is there; `found` stays false when it is not. */
static bool find_object(struct s3_page *page, bool *found, struct s3_client *client,
                        const struct s3_address *address, int sink, uint64_t first_bytes,
                        struct arena *memory, struct error *err)
{
    struct s3_call call = S3_CALL;
    struct s3_answer answer;
    struct error why = {0};

    call.bucket = address->bucket;
    call.key = address->key;
    call.ranged = true;
    call.range_size = first_bytes;
    call.sink = sink;
    bool ok = s3_client_call(client, &call, &answer, &why);
    if (!ok && answer.status == 416) { /* no first byte: the object is empty */
        call.ranged = false;
        s3_answer_clear(&answer);
        ok = s3_client_call(client, &call, &answer, &why);
    }
    *found = ok;
    if (ok) {
        page->object = memory_resize(page->object, 1, sizeof *page->object);
        page->count = page->room = 1;
        page->object[0] = (struct s3_object){
            .key = arena_string(memory, address->key, strlen(address->key)),
            .etag = arena_string(memory, answer.etag, strlen(answer.etag)),
            .size = answer.whole_size,
            .modified = s3_client_date(answer.modified) * 1000000,
        };
    } else if (answer.status == 404 && (!answer.code[0] || strcmp(answer.code, "NoSuchKey") == 0)) {
        ok = true;
    } else {
        *err = why;
    }
    s3_answer_clear(&answer);
    return ok;
}

static void keep(struct s3_page *page, const char *pattern)
{
    size_t kept = 0;

    for (size_t i = 0; i < page->count; i++) {
        const char *key = page->object[i].key;
        const bool marker = key[strlen(key) - 1] == '/';
        const bool wanted = !pattern || fnmatch(pattern, key + s3_parent_length(key),
                                                FNM_PERIOD | FNM_PATHNAME) == 0;
        if (!marker && wanted)
            page->object[kept++] = page->object[i];
    }
    page->count = kept;
}

static bool find_matches(struct s3_page *page, struct s3_client *client,
                         const struct s3_address *address, struct arena *memory, struct error *err)
{
    const char *key = address->key, *pattern = key + s3_parent_length(key);
    const char *prefix = arena_string(memory, key, strcspn(key, "*?[\\"));

    if (strlen(prefix) < (size_t)(pattern - key))
        return error_set(err, ERR_ARG,
                         "s3://%s/%s: '*', '?' and '[' can stand only after the last '/'",
                         address->bucket, key);
    if (!s3_list(page, client, address->bucket, prefix, true, memory, err))
        return false;
    keep(page, pattern);
    return page->count ||
           error_set(err, ERR_DATA, "s3://%s/%s: no object matches", address->bucket, key);
}

bool s3_find(struct s3_page *page, enum s3_place_kind *kind, struct s3_client *client,
             const struct s3_address *address, int sink, uint64_t first_bytes, struct arena *memory,
             struct error *err)
{
    const size_t length = strlen(address->key);
    const bool folder = !length || address->key[length - 1] == '/';
    bool found = false;

    *kind = S3_PLACE_OBJECT;
    if (!folder && !find_object(page, &found, client, address, sink, first_bytes, memory, err))
        return false;
    if (found)
        return true;
    *kind = S3_PLACE_GLOB;
    if (!folder && strpbrk(address->key, "*?["))
        return find_matches(page, client, address, memory, err);
    *kind = S3_PLACE_FOLDER;
    const char *prefix = arena_format(memory, "%s%s", address->key, folder ? "" : "/");
    if (!s3_list(page, client, address->bucket, prefix, false, memory, err))
        return false;
    keep(page, NULL);
    return page->count ||
           error_set(err, ERR_DATA, "s3://%s/%s: there is no such object%s", address->bucket,
                     address->key, folder ? " below it" : ", and none below it");
}
