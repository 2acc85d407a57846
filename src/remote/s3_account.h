/*
 * s3_account — who we are to the store and where it is, from the usual environment.
 *
 *   AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
 *   else the section $AWS_PROFILE (default "default") of ~/.aws/credentials and ~/.aws/config
 *        (or $AWS_SHARED_CREDENTIALS_FILE, $AWS_CONFIG_FILE)
 *   else what AWS_CONTAINER_CREDENTIALS_FULL_URI or ..._RELATIVE_URI answers
 *   AWS_REGION, AWS_DEFAULT_REGION         else the profile's region, else us-east-1
 *   AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL  another store than Amazon's, as http(s)://host[:port]
 *   AWS_CA_BUNDLE                          certificates to trust
 *   AWS_MAX_ATTEMPTS                       tries of a request, 1 to 20 (5)
 */
#ifndef QUERN_REMOTE_S3_ACCOUNT_H
#define QUERN_REMOTE_S3_ACCOUNT_H

#include "base/arena.h"
#include "base/error.h"

enum { S3_ATTEMPTS = 5, S3_ATTEMPTS_MAX = 20 };

struct s3_account {
    const char *access_key, *secret_key;
    const char *session_token; /* NULL: none */
    const char *region;
    const char *endpoint;  /* NULL: Amazon's, one host name per bucket */
    const char *ca_bundle; /* NULL: the system's */
    unsigned attempts;
    struct arena memory;
};

/* ERR_CONFIG  no credentials, or a variable that makes no sense; the sentence names it */
MUST_CHECK bool s3_account_load(struct s3_account *account, struct error *err);
void s3_account_clear(struct s3_account *account);

#endif
