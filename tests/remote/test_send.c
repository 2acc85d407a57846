/* Sending that is cut off: by kill -9, by a store that goes away, by a failed part. */
#include "base/clock.h"
#include "base/file.h"
#include "remote/place.h"
#include "remote/s3_upload.h"
#include "remote/store.h"
#include "remote/support.h"
#include "support/test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MIB = 1 << 20, FILES = 40 };

/* A folder of `files` files and a manifest, as a bundle has. */
static void make_folder(struct place *place, const char *remote, size_t files, const char *text)
{
    struct error err = {0};
    char name[40];

    EXPECT_OK(place_prepare(place, remote, &err), &err);
    for (size_t i = 0; i <= files; i++) {
        snprintf(name, sizeof name, i < files ? "part-%zu" : "manifest.json", i);
        char *path = file_join(place->local, name);
        write_bytes(path, text, strlen(text));
        free(path);
    }
}

struct watch {
    const char *prefix;
    size_t least;
};

static bool some_are_there(const void *context)
{
    const struct watch *watch = context;

    return count_objects("quern", watch->prefix) >= watch->least;
}

/* In a child: send and end with the outcome. */
static pid_t send_in_child(const struct place *place)
{
    const pid_t child = fork();

    if (child == 0) {
        struct error err = {0};
        const bool ok = place_send(place, &err);
        if (!ok)
            fprintf(stderr, "%s\n", err.text);
        _exit(ok ? 0 : 1);
    }
    return child;
}

/* Who fetches the folder gets all files, of the manifest's version, or no manifest. */
static void expect_sound(const char *remote, bool whole)
{
    struct place got;
    struct error err = {0};
    char *texts[FILES + 1], name[40];
    size_t size;

    EXPECT_OK(place_fetch(&got, remote, &err), &err);
    char *manifest = file_join(got.local, "manifest.json");
    whole = whole || file_exists(manifest);
    free(manifest);
    for (size_t i = 0; whole && i <= FILES; i++) {
        snprintf(name, sizeof name, i < FILES ? "part-%zu" : "manifest.json", i);
        char *path = file_join(got.local, name);
        EXPECT_OK(file_read(path, 100, &texts[i], &size, &err), &err);
        free(path);
    }
    for (size_t i = 0; whole && i < FILES; i++)
        EXPECT_STR(texts[i], texts[FILES]);
    for (size_t i = 0; whole && i <= FILES; i++)
        free(texts[i]);
    place_clear(&got);
}

/* Sent over nothing, and over a folder that was whole. */
TEST(killed_sending_leaves_no_manifest)
{
    static const size_t rows[] = {1, 10, 25, FILES};
    struct place place;
    struct error err = {0};
    char remote[60];
    const char *key = remote + strlen("s3://quern/");

    if (!store_shared())
        return;
    EACH_ROW(rows, r)
        for (int over = 0; over < 2; over++) {
            const struct watch watch = {key, *r};
            snprintf(remote, sizeof remote, "s3://quern/killed-%d-%zu", over, *r);
            if (over) {
                make_folder(&place, remote, FILES, "the first version");
                EXPECT_OK(place_send(&place, &err), &err);
                place_clear(&place);
                expect_sound(remote, true);
            }
            make_folder(&place, remote, FILES, "another");
            const pid_t child = send_in_child(&place);
            if (over)
                usleep((useconds_t)*r * 1000);
            else
                test_wait_until(some_are_there, &watch, child);
            kill(child, SIGKILL);
            EXPECT_EQ(waitpid(child, NULL, 0), child);
            /* The store may still be at the last request of the killed process. */
            expect_sound(remote, false);
            EXPECT_OK(place_send(&place, &err), &err);
            expect_sound(remote, true);
            place_clear(&place);
        }
}

/* The same content a second time moves no byte: a store that allows no writing would not notice. */
TEST(what_is_there_already_stays)
{
    struct place place;
    struct error err = {0};
    uint64_t before, after;
    char times_before[4000], times_after[4000];

    if (!store_shared())
        return;
    for (int i = 0; i < 2; i++) {
        make_folder(&place, "s3://quern/same", 5, "text");
        if (i == 1) {
            store_ask("GET", "quern", "", "list-type=2&prefix=same", times_before,
                      sizeof times_before);
            sleep(1);
        }
        EXPECT_OK(place_send(&place, &err), &err);
        place_clear(&place);
    }
    store_ask("GET", "quern", "", "list-type=2&prefix=same", times_after, sizeof times_after);
    EXPECT_STR(times_after, times_before);
    EXPECT_OK(place_version("s3://quern/same", &before, &err), &err);
    make_folder(&place, "s3://quern/same", 5, "other");
    EXPECT_OK(place_send(&place, &err), &err);
    place_clear(&place);
    EXPECT_OK(place_version("s3://quern/same", &after, &err), &err);
    EXPECT(before != after);
}

TEST(large_objects_leave_no_upload_behind)
{
    char answer[8000];
    unsigned char *bytes;
    struct s3_account account;
    struct error err = {0};

    if (!store_shared())
        return;
    bytes = varied_bytes(40 * MIB);
    send_bytes("s3://quern/parts/big.bin", bytes, 40 * MIB);
    store_ask("GET", "quern", "", "uploads=", answer, sizeof answer);
    EXPECT(!strstr(answer, "<UploadId>"));

    /* The file becomes shorter under our hands: a part fails, and the parts that went go. */
    const char *path = test_path("short.bin");
    const struct s3_file file = {.path = path, .key = "parts/short.bin", .size = 40 * MIB};
    write_bytes(path, bytes, 20 * MIB);
    free(bytes);
    EXPECT_OK(s3_account_load(&account, &err), &err);
    EXPECT_ERROR(s3_upload(&account, "quern", &file, 1, &err), &err, ERR_IO, "became shorter");
    s3_account_clear(&account);
    store_ask("GET", "quern", "", "uploads=", answer, sizeof answer);
    EXPECT(!strstr(answer, "<UploadId>"));
    EXPECT_EQ(count_objects("quern", "parts/"), 1);
}

/* A transfer on its own thread; the thread that starts a store must live as long as it. */
struct transfer {
    struct place place;
    bool send, ok;
    struct error err;
    pthread_t thread;
};

static void *move(void *context)
{
    struct transfer *t = context;

    t->ok = t->send ? place_send(&t->place, &t->err)
                    : place_fetch(&t->place, "s3://quern/moment.bin", &t->err);
    return NULL;
}

static void begin(struct transfer *t, bool send)
{
    t->send = send;
    t->err = (struct error){0};
    EXPECT_EQ(pthread_create(&t->thread, NULL, move, t), 0);
}

TEST(a_store_that_stops_for_a_moment_is_waited_for)
{
    struct store own;
    struct transfer t = {0};
    struct error err = {0};
    unsigned char *bytes;

    if (!store_start(&own))
        return;
    if (!own.strict) { /* moto forgets everything when it stops */
        store_stop(&own);
        return;
    }
    setenv("AWS_MAX_ATTEMPTS", "8", 1);
    bytes = varied_bytes(40 * MIB);
    EXPECT_OK(place_prepare(&t.place, "s3://quern/moment.bin", &err), &err);
    write_bytes(t.place.local, bytes, 40 * MIB);
    for (int send = 1; send >= 0; send--) {
        begin(&t, send);
        usleep(60000);
        store_stop(&own);
        usleep(300000);
        store_restart(&own);
        pthread_join(t.thread, NULL);
        EXPECT_OK(t.ok, &t.err);
        place_clear(&t.place);
    }
    expect_bytes("s3://quern/moment.bin", bytes, 40 * MIB);
    free(bytes);
    store_stop(&own);
}

TEST(a_store_that_stops_for_good_becomes_a_sentence)
{
    struct store own;
    struct transfer t = {0};
    struct error err = {0};
    unsigned char *bytes;

    if (!store_start(&own))
        return;
    bytes = varied_bytes(40 * MIB);
    EXPECT_OK(place_prepare(&t.place, "s3://quern/gone.bin", &err), &err);
    write_bytes(t.place.local, bytes, 40 * MIB);
    free(bytes);
    const double started = clock_seconds();
    begin(&t, true);
    usleep(30000);
    store_stop(&own);
    pthread_join(t.thread, NULL);
    if (t.ok) { /* it was faster than we were */
        begin(&t, true);
        pthread_join(t.thread, NULL);
    }
    EXPECT(!t.ok);
    EXPECT_EQ(t.err.code, ERR_IO);
    EXPECT_HAS(t.err.text, "s3://quern/gone.bin: no answer from http://127.0.0.1:");
    EXPECT_HAS(t.err.text, "tried 3 times");
    EXPECT(clock_seconds() - started < 20);
    place_clear(&t.place);
}
