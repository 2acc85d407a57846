/* What a store that refuses, fails or goes away leads to: one sentence, in bounded time. */
#include "base/clock.h"
#include "base/file.h"
#include "remote/place.h"
#include "remote/store.h"
#include "remote/support.h"
#include "support/test.h"

#include <stdlib.h>
#include <unistd.h>

TEST(refusals_name_bucket_and_key)
{
    struct place place;
    struct error err = {0};
    const struct store *store = store_shared();

    if (!store)
        return;
    send_text("s3://quern/there.csv", "a\n1\n");
    EXPECT_ERROR(place_fetch(&place, "s3://quern/not there.csv", &err), &err, ERR_DATA,
                 "s3://quern/not there.csv: there is no such object");
    EXPECT_ERROR(place_fetch(&place, "s3://quern/not/there/", &err), &err, ERR_DATA,
                 "s3://quern/not/there/: there is no such object");
    EXPECT_ERROR(place_fetch(&place, "s3://no-such-bucket/x.csv", &err), &err, ERR_DATA,
                 "s3://no-such-bucket/x.csv: there is no bucket 'no-such-bucket'");
    EXPECT_ERROR(place_prepare(&place, "s3://no-such-bucket/out", &err), &err, ERR_DATA,
                 "there is no bucket 'no-such-bucket'");
    if (!store->strict)
        return;
    setenv("AWS_SECRET_ACCESS_KEY", "wrong", 1);
    EXPECT_ERROR(place_fetch(&place, "s3://quern/there.csv", &err), &err, ERR_IO,
                 "AWS_SECRET_ACCESS_KEY does not belong to the access key '" STORE_KEY "'");
    EXPECT_ERROR(place_prepare(&place, "s3://quern/out", &err), &err, ERR_IO,
                 "AWS_SECRET_ACCESS_KEY");
    store_environment(store);
    setenv("AWS_ACCESS_KEY_ID", "nobody", 1);
    EXPECT_ERROR(place_fetch(&place, "s3://quern/there.csv", &err), &err, ERR_IO,
                 "does not know the access key 'nobody'");
    store_environment(store);
    setenv("AWS_REGION", "eu-north-1", 1);
    EXPECT_ERROR(place_fetch(&place, "s3://quern/there.csv", &err), &err, ERR_IO, "AWS_REGION");
    store_environment(store);
}

TEST(refused_addresses_never_reach_the_network)
{
    static const struct {
        const char *address;
        enum error_code code;
        const char *sentence;
    } rows[] = {
        {"s3://", ERR_ARG, "name of a bucket"},
        {"s3:///key", ERR_ARG, "name of a bucket"},
        {"s3://ab/key", ERR_ARG, "name of a bucket"},
        {"s3://b cket/key", ERR_ARG, "name of a bucket"},
        {"s3://bu..cket/key", ERR_ARG, "name of a bucket"},
        {"s3://bucket/a\nb", ERR_ARG, "control characters"},
    };
    struct place place;
    struct error err = {0};
    char *longest = malloc(2000);

    setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1", 1);
    EACH_ROW(rows, r)
        EXPECT_ERROR(place_fetch(&place, r->address, &err), &err, r->code, r->sentence);
    memset(longest, 'k', 2000);
    memcpy(longest, "s3://bucket/", 12);
    longest[1999] = '\0';
    EXPECT_ERROR(place_fetch(&place, longest, &err), &err, ERR_LIMIT, "the limit is 1024");
    free(longest);
}

TEST(environment_that_makes_no_sense_is_named)
{
    static const struct {
        const char *variable, *value, *sentence;
    } rows[] = {
        {"AWS_ACCESS_KEY_ID", "", "AWS_SECRET_ACCESS_KEY is set but AWS_ACCESS_KEY_ID is not"},
        {"AWS_SECRET_ACCESS_KEY", "", "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not"},
        {"AWS_ACCESS_KEY_ID", "a\r\nb: c", "line breaks"},
        {"AWS_ENDPOINT_URL", "ftp://x", "AWS_ENDPOINT_URL is 'ftp://x'"},
        {"AWS_ENDPOINT_URL", "http://x/?a", "AWS_ENDPOINT_URL"},
        {"AWS_MAX_ATTEMPTS", "many", "AWS_MAX_ATTEMPTS is 'many'"},
        {"AWS_MAX_ATTEMPTS", "0", "from 1 to 20"},
    };
    const struct store nowhere = {.endpoint = "http://127.0.0.1:1"};
    struct place place;
    struct error err = {0};

    EACH_ROW(rows, r) {
        store_environment(&nowhere);
        setenv(r->variable, r->value, 1);
        EXPECT_ERROR(place_fetch(&place, "s3://quern/x", &err), &err, ERR_CONFIG, r->sentence);
    }
    store_environment(&nowhere);
    unsetenv("AWS_ACCESS_KEY_ID");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    EXPECT_ERROR(place_fetch(&place, "s3://quern/x", &err), &err, ERR_CONFIG,
                 "no credentials for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    EXPECT_ERROR(place_prepare(&place, "s3://quern/x", &err), &err, ERR_CONFIG, "no credentials");
}

TEST(profiles_give_credentials)
{
    const struct store *store = store_shared();

    if (!store)
        return;
    send_text("s3://quern/profile.txt", "1");
    unsetenv("AWS_ACCESS_KEY_ID");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    unsetenv("AWS_REGION");
    unsetenv("AWS_ENDPOINT_URL");
    char *text = NULL;
    if (asprintf(&text,
                 "# keys\n[default]\naws_access_key_id = nobody\n[ours]\n"
                 "aws_access_key_id=%s\n  \naws_secret_access_key =  %s  \r\n",
                 STORE_KEY, STORE_SECRET) < 0)
        abort();
    setenv("AWS_SHARED_CREDENTIALS_FILE", test_file("credentials", text), 1);
    free(text);
    if (asprintf(&text,
                 "[default]\nregion = nowhere\n[profile ours]\ns3 =\n  region = inner\n"
                 "region = us-east-1\nendpoint_url = %s/\n",
                 store->endpoint) < 0)
        abort();
    setenv("AWS_CONFIG_FILE", test_file("config", text), 1);
    free(text);
    setenv("AWS_PROFILE", "ours", 1);
    expect_text("s3://quern/profile.txt", "1");
    store_environment(store);
}

TEST(a_wrong_clock_is_named)
{
    const struct store *store = store_shared();

    if (!store || !store->strict)
        return;
    send_text("s3://quern/clock.csv", "a\n1\n");
    struct test_output got =
        test_shell("ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 "
                   "LD_PRELOAD=\"$(dirname \"$QUERN\")/tests/remote/libclock_shift.so\" "
                   "\"$QUERN\" describe s3://quern/clock.csv%s",
                   "");
    EXPECT_EQ(got.status, 1);
    EXPECT_HAS(got.err, "s3://quern/clock.csv: refused because the clock of this machine is wrong");
    test_output_clear(&got);
}

TEST(nobody_at_the_endpoint_is_tried_again_and_named)
{
    struct store nowhere = {.port = store_free_port()};
    struct place place;
    struct error err = {0};

    snprintf(nowhere.endpoint, sizeof nowhere.endpoint, "http://127.0.0.1:%d", nowhere.port);
    store_environment(&nowhere);
    const double started = clock_seconds();
    EXPECT_ERROR(place_fetch(&place, "s3://quern/x.csv", &err), &err, ERR_IO,
                 "s3://quern/x.csv: no answer from http://127.0.0.1:");
    EXPECT_HAS(err.text, "tried 3 times");
    const double seconds = clock_seconds() - started;
    EXPECT(seconds > 0.2 && seconds < 5); /* 0.1 to 0.2 s, then 0.2 to 0.4 s */
    setenv("AWS_MAX_ATTEMPTS", "1", 1);
    EXPECT_ERROR(place_fetch(&place, "s3://quern/x.csv", &err), &err, ERR_IO, "no answer");
    EXPECT(!strstr(err.text, "tried"));
}
