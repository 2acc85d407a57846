#include "remote/s3_account.h"

#include "base/text.h"
#include "remote/s3_container.h"
#include "remote/s3_profile.h"

#include <stdlib.h>
#include <string.h>

/* NULL where a variable is unset or empty. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value && value[0] ? value : NULL;
}

static const char *first(const char *a, const char *b)
{
    return a ? a : b;
}

/* Keys end up in a request's header: a line break in one would start another header. */
static bool is_plain(const char *text)
{
    for (; text && *text; text++)
        if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f)
            return false;
    return true;
}

static bool load_credentials(struct s3_account *account, struct error *err)
{
    const char *name = variable("AWS_PROFILE");
    struct s3_profile profile = {
        .access_key = variable("AWS_ACCESS_KEY_ID"),
        .secret_key = variable("AWS_SECRET_ACCESS_KEY"),
        .session_token = variable("AWS_SESSION_TOKEN"),
        .region = first(variable("AWS_REGION"), variable("AWS_DEFAULT_REGION")),
        .endpoint = first(variable("AWS_ENDPOINT_URL_S3"), variable("AWS_ENDPOINT_URL")),
    };
    const bool given = profile.access_key || profile.secret_key;

    if (given && !(profile.access_key && profile.secret_key))
        return error_set(err, ERR_CONFIG, "%s is set but %s is not",
                         profile.access_key ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                         profile.access_key ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    if (!given)
        profile.session_token = NULL;
    struct s3_profile environment = profile;
    if (!s3_profile_load(&profile, name ? name : "default", &account->memory, err))
        return false;
    if (given) /* a token of the file belongs to the file's keys */
        profile.session_token = environment.session_token;
    if (!profile.access_key || !profile.secret_key) {
        profile.access_key = profile.secret_key = NULL;
        if (!s3_container_credentials(&profile, &account->memory, err))
            return false;
    }
    if (!profile.access_key)
        return error_set(err, ERR_CONFIG,
                         "no credentials for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
                         "or AWS_PROFILE and ~/.aws/credentials");
    account->access_key = profile.access_key;
    account->secret_key = profile.secret_key;
    account->session_token = profile.session_token;
    account->region = first(profile.region, "us-east-1");
    account->endpoint = profile.endpoint;
    return true;
}

static bool check_endpoint(struct s3_account *account, struct error *err)
{
    const char *url = account->endpoint;

    if (!url)
        return true;
    if ((strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) ||
        strpbrk(url, "?#@ ") || !is_plain(url))
        return error_set(err, ERR_CONFIG,
                         "AWS_ENDPOINT_URL is '%s'; it must be http://HOST[:PORT] or https://...",
                         url);
    size_t length = strlen(url);
    while (length && url[length - 1] == '/')
        length--;
    account->endpoint = arena_string(&account->memory, url, length);
    return true;
}

static bool load_attempts(struct s3_account *account, struct error *err)
{
    const char *text = variable("AWS_MAX_ATTEMPTS");
    int64_t number = S3_ATTEMPTS;

    if (text &&
        (!text_to_int64(text, strlen(text), &number) || number < 1 || number > S3_ATTEMPTS_MAX))
        return error_set(err, ERR_CONFIG,
                         "AWS_MAX_ATTEMPTS is '%s'; it must be a whole number from 1 to %d", text,
                         S3_ATTEMPTS_MAX);
    account->attempts = (unsigned)number;
    return true;
}

bool s3_account_load(struct s3_account *account, struct error *err)
{
    *account = (struct s3_account){.ca_bundle = variable("AWS_CA_BUNDLE")};
    bool ok = load_credentials(account, err) && check_endpoint(account, err) &&
              load_attempts(account, err);
    if (ok && (!is_plain(account->access_key) || !is_plain(account->secret_key) ||
               !is_plain(account->session_token) || !is_plain(account->region)))
        ok = error_set(err, ERR_CONFIG,
                       "an access key, secret key, session token or region for S3 has spaces, line "
                       "breaks or characters outside ASCII");
    if (!ok)
        s3_account_clear(account);
    return ok;
}

void s3_account_clear(struct s3_account *account)
{
    arena_clear(&account->memory);
    *account = (struct s3_account){0};
}
