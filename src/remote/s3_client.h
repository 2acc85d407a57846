/*
 * s3_client — one signed request to an S3-compatible store, tried again where that can help.
 *
 * A client is one connection with its own waiting times: one thread at a time uses it, several
 * clients share an account. Signing is libcurl's (SigV4); what it leaves to us is here: the payload
 * header, the encoding and order of a query, and what an answer means.
 *
 * Tried again, up to account->attempts times and ever later: 408, 429, 5xx, RequestTimeout, and a
 * connection that fails, breaks or stands still for S3_STALL_SECONDS.
 */
#ifndef QUERN_REMOTE_S3_CLIENT_H
#define QUERN_REMOTE_S3_CLIENT_H

#include "base/error.h"
#include "base/text.h"
#include "remote/s3_account.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    S3_CONNECT_SECONDS = 10,
    S3_STALL_SECONDS = 30,
    S3_REQUEST_SECONDS = 900,
    S3_ANSWER_BYTES_MAX = 32 << 20, /* of an answer kept in memory: listings and errors */
};

struct s3_client;

struct s3_call {
    const char *method; /* GET, PUT, POST or DELETE */
    const char *bucket, *key;
    const char *query;        /* "a=1&b=" encoded and sorted by name, or NULL */
    const char *content_type; /* or NULL */
    const char *content_md5;  /* base64, or NULL */
    const char *if_match;     /* the answer must be of this ETag; NULL or "": of any */
    bool ranged;              /* ask for bytes range_first .. range_first + range_size - 1 */
    uint64_t range_first, range_size;

    /* What is sent: `size` bytes of memory or, where `bytes` is NULL, of a file from `offset`. */
    const char *bytes;
    int file;
    uint64_t offset, size;

    /* Where a good answer's body goes: a file from `sink_offset`, or into the answer when -1. */
    int sink;
    uint64_t sink_offset;

    bool clean_up; /* tried once, but also after a signal */
};

#define S3_CALL                                                                                    \
    {                                                                                              \
        .method = "GET", .key = "", .file = -1, .sink = -1                                         \
    }

struct s3_answer {
    long status;
    char code[64]; /* of an error: "NoSuchKey"; else "" */
    char etag[160];
    char modified[64];   /* Last-Modified as sent */
    char region[32];     /* x-amz-bucket-region */
    uint64_t body_bytes; /* received, wherever they went */
    uint64_t whole_size; /* of Content-Range, else what was received */
    struct text body;
};

MUST_CHECK bool s3_client_open(struct s3_client **client, const struct s3_account *account,
                               struct error *err);
void s3_client_close(struct s3_client *client);

/*
 * Send, and fill the answer; s3_answer_clear() it in every case. False only with a sentence, which
 * begins with s3://bucket/key; `code` and `status` then say what the store said.
 *
 * ERR_DATA       404: no such object, bucket or upload; 412: it changed
 * ERR_IO         refused, or failed after all attempts
 * ERR_INTERRUPT  a signal came
 */
MUST_CHECK bool s3_client_call(struct s3_client *client, const struct s3_call *call,
                               struct s3_answer *answer, struct error *err);
void s3_answer_clear(struct s3_answer *answer);

/* Last-Modified as seconds since 1970; 0 when it is not a date. */
int64_t s3_client_date(const char *date);

#endif
