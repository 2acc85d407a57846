#include "remote/s3_refusal.h"

#include "remote/s3_xml.h"

#include <string.h>

bool s3_refusal_passes(const struct s3_answer *answer)
{
    const long status = answer->status;

    if (status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
        status == 504)
        return true;
    return strcmp(answer->code, "RequestTimeout") == 0 || strcmp(answer->code, "SlowDown") == 0 ||
           strcmp(answer->code, "InternalError") == 0;
}

static bool is(const struct s3_answer *answer, const char *code)
{
    return strcmp(answer->code, code) == 0;
}

static bool explain_missing(const struct s3_call *call, const struct s3_answer *answer,
                            struct error *err)
{
    if (is(answer, "NoSuchBucket"))
        return error_set(err, ERR_DATA, "s3://%s/%s: there is no bucket '%s'", call->bucket,
                         call->key, call->bucket);
    if (is(answer, "NoSuchUpload"))
        return error_set(err, ERR_DATA, "s3://%s/%s: the upload was ended by someone else",
                         call->bucket, call->key);
    return error_set(err, ERR_DATA, "s3://%s/%s: there is no such object", call->bucket, call->key);
}

/* Wrong clocks, keys and places; false with no sentence when it is none of these. */
static bool explain_known(const struct s3_account *account, const struct s3_call *call,
                          const struct s3_answer *answer, struct error *err)
{
    const char *bucket = call->bucket, *key = call->key;
    char region[32] = "";

    if (is(answer, "RequestTimeTooSkewed"))
        return error_set(err, ERR_IO,
                         "s3://%s/%s: refused because the clock of this machine is wrong", bucket,
                         key);
    if (is(answer, "InvalidAccessKeyId") || is(answer, "XAdminUserNotFound")) /* versitygw's */
        return error_set(err, ERR_IO,
                         "s3://%s/%s: the store does not know the access key '%s' "
                         "(AWS_ACCESS_KEY_ID)",
                         bucket, key, account->access_key);
    if (is(answer, "SignatureDoesNotMatch"))
        return error_set(err, ERR_IO,
                         "s3://%s/%s: the signature is refused: AWS_SECRET_ACCESS_KEY does not "
                         "belong to the access key '%s'",
                         bucket, key, account->access_key);
    if (is(answer, "ExpiredToken") || is(answer, "InvalidToken") ||
        is(answer, "TokenRefreshRequired"))
        return error_set(err, ERR_IO,
                         "s3://%s/%s: the session token is no longer valid (AWS_SESSION_TOKEN)",
                         bucket, key);
    snprintf(region, sizeof region, "%s", answer->region);
    if (!region[0] && answer->body.bytes)
        s3_xml_find(answer->body.bytes, answer->body.length, "Region", region, sizeof region);
    if (region[0] && strcmp(region, account->region) != 0)
        return error_set(err, ERR_IO,
                         "s3://%s/%s: the bucket is in region '%s', not '%s': set AWS_REGION",
                         bucket, key, region, account->region);
    if (is(answer, "AccessDenied"))
        return error_set(err, ERR_IO, "s3://%s/%s: access is denied to the access key '%s'", bucket,
                         key, account->access_key);
    return false;
}

bool s3_refusal_explain(const struct s3_account *account, const struct s3_call *call,
                        const struct s3_answer *answer, unsigned attempts, struct error *err)
{
    char message[256] = "", times[48] = "";

    if (answer->status == 412)
        return error_set(err, ERR_DATA, "s3://%s/%s: the object changed while it was read",
                         call->bucket, call->key);
    err->code = ERR_NONE;
    explain_known(account, call, answer, err);
    if (err->code != ERR_NONE)
        return false;
    if (answer->status == 404 && strncmp(answer->code, "NoSuch", answer->code[0] ? 6 : 0) == 0)
        return explain_missing(call, answer, err);
    if (answer->body.bytes)
        s3_xml_find(answer->body.bytes, answer->body.length, "Message", message, sizeof message);
    if (attempts > 1)
        snprintf(times, sizeof times, ", %u times", attempts);
    return error_set(err, ERR_IO, "s3://%s/%s: %s of the store%s: %ld %s%s%s", call->bucket,
                     call->key, answer->status >= 500 ? "failure" : "refusal", times,
                     answer->status, answer->code, message[0] ? ": " : "", message);
}
