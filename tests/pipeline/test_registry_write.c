#include "support/test.h"

#include "base/clock.h"
#include "base/file.h"
#include "pipeline/bundle.h"
#include "pipeline/registry.h"
#include "pipeline/sample_rows.h"
#include "pipeline/small_bundle.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEPS_MAX = 5000 };

/* The folder of a test's own registry, and two bundles that differ. */
static char registry[256], first[256], second[256];

static void begin(const char *name)
{
    snprintf(registry, sizeof registry, "%s/%s", test_folder(), name);
    snprintf(first, sizeof first, "%s/first-bundle", test_folder());
    snprintf(second, sizeof second, "%s/second-bundle", test_folder());
    if (!file_exists(first)) {
        small_bundle_write(first, 0.5);
        small_bundle_write(second, 0.25);
    }
}

static bool try_push(const char *bundle, const char *alias, size_t *version, struct error *err)
{
    const struct registry_push push = {.registry = registry,
                                       .name = "churn",
                                       .bundle = bundle,
                                       .alias = alias,
                                       .now = clock_now()};

    return registry_push(version, &push, err);
}

static size_t push(const char *bundle, const char *alias)
{
    struct error err = {0};
    size_t version;

    EXPECT_OK(try_push(bundle, alias, &version, &err), &err);
    return version;
}

/* What an address means; 0 when it means nothing. The bundle it names must open. */
static size_t meaning(const char *address)
{
    struct registry_version found;
    struct bundle *bundle;
    struct error err = {0};

    if (!registry_resolve(&found, registry, address, &err))
        return 0;
    const size_t version = found.version;
    EXPECT_OK(bundle_open(&bundle, found.bundle, &err), &err);
    bundle_close(bundle);
    registry_version_clear(&found);
    return version;
}

TEST(registry_push_promote_rollback)
{
    struct error err = {0};
    json_t *shown;
    size_t version;

    begin("reg-history");
    EXPECT_EQ(push(first, "champion"), 1);
    EXPECT_EQ(push(second, NULL), 2);
    EXPECT_EQ(push(first, "challenger"), 3);
    EXPECT_EQ(meaning("churn"), 1);
    EXPECT_OK(registry_promote(&version, registry, "churn/2", "champion", clock_now(), &err), &err);
    EXPECT_EQ(meaning("churn@champion"), 2);
    EXPECT_OK(
        registry_promote(&version, registry, "churn@challenger", "champion", clock_now(), &err),
        &err);
    EXPECT_EQ(version, 3);
    EXPECT_EQ(meaning("churn@champion"), 3);
    EXPECT_OK(registry_rollback(&version, registry, "churn", "champion", clock_now(), &err), &err);
    EXPECT_EQ(meaning("churn@champion"), 2);
    EXPECT_OK(registry_rollback(&version, registry, "churn", "champion", clock_now(), &err), &err);
    EXPECT_EQ(meaning("churn@champion"), 1);
    EXPECT_ERROR(registry_rollback(&version, registry, "churn", "champion", clock_now(), &err),
                 &err, ERR_DATA, "cannot go back");
    EXPECT_ERROR(registry_rollback(&version, registry, "churn", "nobody", clock_now(), &err), &err,
                 ERR_DATA, "has meant nothing");
    EXPECT_ERROR(registry_promote(&version, registry, "churn/9", "champion", clock_now(), &err),
                 &err, ERR_DATA, "versions: 1, 2, 3");
    EXPECT_OK(registry_show(&shown, registry, "churn", &err), &err);
    EXPECT_EQ(json_array_size(json_object_get(shown, "history")), 6);
    json_decref(shown);
}

TEST(registry_entry_says_where_a_version_comes_from)
{
    struct error err = {0};
    json_t *shown, *list;

    begin("reg-entry");
    push(first, "champion");
    EXPECT_OK(registry_show(&shown, registry, "churn@champion", &err), &err);
    EXPECT_NEAR(json_number_value(json_object_get(json_object_get(shown, "metrics"), "auc")), 0.9,
                0);
    EXPECT_NEAR(json_number_value(json_object_get(json_object_get(shown, "metrics"), "f1")), 0.8,
                0);
    EXPECT_EQ(json_integer_value(json_object_get(json_object_get(shown, "lineage"), "seed")), 7);
    EXPECT_EQ(strlen(json_string_value(json_object_get(shown, "bundle_hash"))), 16);
    EXPECT_EQ(json_integer_value(json_object_get(shown, "version")), 1);
    EXPECT_STR(json_string_value(json_array_get(json_object_get(shown, "aliases"), 0)), "champion");
    json_decref(shown);
    EXPECT_OK(registry_list(&list, registry, &err), &err);
    EXPECT_EQ(json_array_size(json_object_get(json_object_get(list, "churn"), "versions")), 1);
    json_decref(list);
}

TEST(registry_refuses_what_is_no_bundle)
{
    struct error err = {0};
    size_t version;
    char broken[300];

    begin("reg-broken");
    push(first, "champion");
    struct test_output made = test_shell("cp -r %s %s/broken && echo >>%s/broken/decision.json",
                                         second, test_folder(), test_folder());
    test_output_clear(&made);
    snprintf(broken, sizeof broken, "%s/broken", test_folder());
    EXPECT_ERROR(try_push(broken, "champion", &version, &err), &err, ERR_DATA, "decision.json");
    EXPECT_ERROR(try_push(test_folder(), "champion", &version, &err), &err, ERR_DATA,
                 "not a bundle");
    EXPECT_ERROR(try_push("/nowhere", "champion", &version, &err), &err, ERR_IO, "/nowhere");
    EXPECT_ERROR(try_push(second, "../x", &version, &err), &err, ERR_ARG, "not a registry alias");
    EXPECT_EQ(meaning("churn@champion"), 1);
    EXPECT_EQ(meaning("churn/2"), 0);
}

TEST(registry_gives_concurrent_pushes_distinct_versions)
{
    enum { PROCESSES = 4, EACH = 5 };
    pid_t child[PROCESSES];

    begin("reg-many");
    for (size_t i = 0; i < PROCESSES; i++) {
        child[i] = fork();
        EXPECT(child[i] >= 0);
        if (child[i] == 0) {
            struct error err = {0};
            size_t version;
            bool ok = true;
            for (size_t k = 0; ok && k < EACH; k++)
                ok = try_push(i % 2 ? first : second, "champion", &version, &err);
            _exit(ok ? 0 : 1);
        }
    }
    for (size_t i = 0; i < PROCESSES; i++) {
        int status;
        EXPECT(waitpid(child[i], &status, 0) == child[i] && status == 0);
    }
    EXPECT_EQ(push(first, NULL), PROCESSES * EACH + 1);
    EXPECT(meaning("churn@champion") > 0);
}

/* What is killed: a push, or a promotion of version 1 or 2, whichever champion does not mean. */
static void write_once(bool promotes, size_t champion)
{
    struct error err = {0};
    size_t version;
    const bool ok =
        promotes ? registry_promote(&version, registry, champion == 1 ? "churn/2" : "churn/1",
                                    "champion", clock_now(), &err)
                 : try_push(second, "champion", &version, &err);

    _exit(ok ? 0 : 1);
}

/*
 * Run it in a process of its own up to its `steps`th entry into or return from the kernel, and kill
 * it there. 1: killed; 0: it had ended before; -1: processes cannot be traced here.
 */
static int killed_at(size_t steps, bool promotes, size_t champion, size_t *made)
{
    int status;
    const pid_t child = fork();

    EXPECT(child >= 0);
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
            _exit(77);
        raise(SIGSTOP);
        write_once(promotes, champion);
    }
    for (size_t i = 0;; i++) {
        EXPECT(waitpid(child, &status, 0) == child);
        *made = i;
        if (WIFEXITED(status)) {
            EXPECT(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77);
            return WEXITSTATUS(status) == 77 ? -1 : 0;
        }
        EXPECT(!WIFSIGNALED(status));
        if (i == steps)
            break;
        if (ptrace(PTRACE_SYSCALL, child, NULL, NULL) != 0)
            return -1;
    }
    EXPECT(kill(child, SIGKILL) == 0);
    EXPECT(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    return 1;
}

/* The same, killed after some time, where processes cannot be traced. */
static int killed_after(unsigned microseconds, bool promotes, size_t champion)
{
    int status;
    const pid_t child = fork();

    EXPECT(child >= 0);
    if (child == 0)
        write_once(promotes, champion);
    usleep(microseconds);
    kill(child, SIGKILL);
    EXPECT(waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? 1 : 0;
}

static size_t newest(void)
{
    struct error err = {0};
    json_t *list;

    EXPECT_OK(registry_list(&list, registry, &err), &err);
    const json_t *versions = json_object_get(json_object_get(list, "churn"), "versions");
    const size_t count = json_array_size(versions);
    const size_t last = (size_t)json_integer_value(json_array_get(versions, count - 1));
    json_decref(list);
    EXPECT_EQ(last, count); /* given in order, without a gap */
    return last;
}

/* Wherever a writer is killed, everything is as it was, or as it was to be. */
static void survives_kills(bool promotes)
{
    size_t champion = meaning("churn@champion"), kills = 0, moved = 0, total = 0, made;
    int killed = killed_at(SIZE_MAX, promotes, champion, &total);
    size_t version = newest();

    champion = meaning("churn@champion");
    killed = 1;
    /* Reading is most of it; from where the copy is complete on, every call into the kernel. */
    for (size_t step = 1; killed == 1 && step < STEPS_MAX; step += step + 150 < total ? 9 : 2) {
        test_row = (int)step;
        killed = killed_at(step, promotes, champion, &made);
        if (killed < 0) {
            killed = killed_after((unsigned)(step * 20), promotes, champion);
            killed = killed || step < 300;
        }
        const size_t last = newest(), now = meaning("churn@champion");
        EXPECT(last == version || (!promotes && last == version + 1));
        if (promotes)
            EXPECT(now == 1 || now == 2);
        else
            EXPECT(now == champion || now == last);
        EXPECT_EQ(meaning("churn/1"), 1);
        kills += killed == 1;
        moved += now != champion;
        version = last;
        champion = now;
    }
    EXPECT_EQ(killed, 0); /* the last was let go to its end */
    EXPECT(kills > 20 && moved > 0);
    printf("killed at %zu points\n", kills);
}

static void expect_no_leftovers(void)
{
    push(first, NULL);
    struct test_output found = test_shell("find %s -name '.push-*' -o -name '*partial*'", registry);
    EXPECT_STR(found.out, "");
    test_output_clear(&found);
}

TEST(registry_push_survives_kill)
{
    begin("reg-kill-push");
    push(first, "champion");
    push(second, NULL);
    survives_kills(false);
    expect_no_leftovers();
}

TEST(registry_promote_survives_kill)
{
    begin("reg-kill-promote");
    push(first, "champion");
    push(second, NULL);
    survives_kills(true);
    expect_no_leftovers();
}

TEST(registry_command_speaks)
{
    struct test_output ran;

    begin("reg-command");
    ran = test_quern("registry push %s churn --alias champion --registry %s", first, registry);
    EXPECT_EQ(ran.status, 0);
    EXPECT_STR(ran.out, "churn/1\nchurn@champion is version 1\n");
    test_output_clear(&ran);
    ran = test_shell("export QUERN_REGISTRY=%s; $QUERN registry push %s churn --json && $QUERN "
                     "registry promote churn/2 champion && $QUERN registry list && $QUERN registry "
                     "rollback churn && $QUERN registry show churn && $QUERN registry show "
                     "churn@champion",
                     registry, second);
    EXPECT_EQ(ran.status, 0);
    EXPECT_HAS(ran.out, "\"version\": 2");
    EXPECT_HAS(ran.out, "churn@champion is version 2\n");
    EXPECT_HAS(ran.out, "churn                            2       2  champion 2\n");
    EXPECT_HAS(ran.out, "churn@champion is version 1\n");
    EXPECT_HAS(ran.out, "  0.9000  0.8000           -         -  champion\n");
    EXPECT_HAS(ran.out, "rollback  champion to 1\n");
    EXPECT_HAS(ran.out, "  bundle_name            small\n");
    test_output_clear(&ran);
    ran = test_quern("registry frobnicate");
    EXPECT_EQ(ran.status, 2);
    EXPECT_HAS(ran.err, "'frobnicate' is not an action");
    test_output_clear(&ran);
    ran = test_quern("registry push %s --registry %s", first, registry);
    EXPECT_EQ(ran.status, 2);
    EXPECT_HAS(ran.err, "NAME is missing");
    test_output_clear(&ran);
}

TEST(pack_makes_an_archive_that_is_the_bundle)
{
    struct bundle *folder, *archive;
    struct error err = {0};
    char path[300];

    begin("reg-pack");
    snprintf(path, sizeof path, "%s/packed/model.tar.gz", test_folder());
    struct test_output ran = test_quern("pack %s -o %s", first, path);
    EXPECT_STR(ran.err, "");
    EXPECT_EQ(ran.status, 0);
    test_output_clear(&ran);
    EXPECT_OK(bundle_open(&folder, first, &err), &err);
    EXPECT_OK(bundle_open(&archive, path, &err), &err);
    EXPECT_STR(bundle_hash(archive), bundle_hash(folder));
    bundle_close(folder);
    bundle_close(archive);
    EXPECT_EQ(push(path, NULL), 1);
    ran = test_quern("pack %s -o %s", test_folder(), path);
    EXPECT_EQ(ran.status, 1);
    EXPECT_HAS(ran.err, "not a bundle");
    test_output_clear(&ran);
}

TEST(sample_rows_come_from_the_reference)
{
    struct text csv = {0}, again = {0};
    struct error err = {0};
    size_t lines = 0;

    begin("reg-sample");
    EXPECT_OK(sample_rows(&csv, first, 50, &err), &err);
    EXPECT_OK(sample_rows(&again, first, 50, &err), &err);
    EXPECT_STR(csv.bytes, again.bytes);
    for (char *at = csv.bytes; *at; at = strchr(at, '\n') + 1, lines++)
        EXPECT(strtod(at, NULL) >= 0 && strtod(at, NULL) <= 1);
    EXPECT_EQ(lines, 50);
    text_clear(&csv);
    text_clear(&again);
}
