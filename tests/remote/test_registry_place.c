/* Bundles and a registry of them in the store. */
#include "base/file.h"
#include "pipeline/bundle.h"
#include "pipeline/registry.h"
#include "pipeline/small_bundle.h"
#include "remote/place.h"
#include "remote/store.h"
#include "remote/support.h"
#include "support/test.h"

static void send_bundle(const char *remote, double threshold)
{
    struct place place;
    struct error err = {0};

    EXPECT_OK(place_prepare(&place, remote, &err), &err);
    small_bundle_write(place.local, threshold);
    EXPECT_OK(place_send(&place, &err), &err);
    place_clear(&place);
}

static void expect_resolved(const char *address, size_t version, const char *bundle)
{
    struct registry_version found;
    struct error err = {0};

    EXPECT_OK(registry_resolve(&found, "s3://quern/reg/", address, &err), &err);
    EXPECT_EQ(found.version, version);
    EXPECT_STR(found.bundle, bundle);
    registry_version_clear(&found);
}

TEST(bundles_open_from_the_store)
{
    struct bundle *one, *two;
    struct error err = {0};

    if (!store_shared())
        return;
    send_bundle("s3://quern/bundles/a", 0.5);
    EXPECT_OK(bundle_open(&one, "s3://quern/bundles/a", &err), &err);
    struct test_output got =
        test_quern("pack s3://quern/bundles/a -o s3://quern/bundles/a.tar.gz%s", "");
    EXPECT_EQ(got.status, 0);
    test_output_clear(&got);
    EXPECT_OK(bundle_open(&two, "s3://quern/bundles/a.tar.gz", &err), &err);
    EXPECT_STR(bundle_hash(one), bundle_hash(two));
    bundle_close(one);
    bundle_close(two);
    /* A folder whose sending was cut off has no manifest. */
    store_ask("DELETE", "quern", "bundles/a/manifest.json", NULL, NULL, 0);
    EXPECT_ERROR(bundle_open(&one, "s3://quern/bundles/a", &err), &err, err.code,
                 "s3://quern/bundles/a");
    EXPECT_ERROR(bundle_open(&one, "s3://quern/bundles/none", &err), &err, ERR_DATA,
                 "no such object");
}

TEST(registry_lives_in_the_store)
{
    static const char registry[] = "s3://quern/reg";
    struct registry_push push = {.registry = registry, .name = "churn", .now = 1};
    struct error err = {0};
    struct bundle *bundle;
    json_t *list;
    size_t version;

    if (!store_shared())
        return;
    EXPECT_OK(registry_list(&list, registry, &err), &err);
    EXPECT_EQ(json_object_size(list), 0);
    json_decref(list);
    struct registry_version none;
    EXPECT_ERROR(registry_resolve(&none, registry, "churn", &err), &err, ERR_DATA,
                 "registry 's3://quern/reg' has no 'churn'");

    small_bundle_write(test_path("b1"), 0.25);
    push.bundle = test_path("b1");
    push.alias = "champion";
    EXPECT_OK(registry_push(&version, &push, &err), &err);
    EXPECT_EQ(version, 1);
    send_bundle("s3://quern/bundles/b2", 0.75);
    push.bundle = "s3://quern/bundles/b2";
    push.alias = NULL;
    EXPECT_OK(registry_push(&version, &push, &err), &err);
    EXPECT_EQ(version, 2);
    expect_resolved("registry:churn", 1, "s3://quern/reg/churn/versions/1/bundle");
    expect_resolved("churn/2", 2, "s3://quern/reg/churn/versions/2/bundle");
    EXPECT_OK(bundle_open(&bundle, "s3://quern/reg/churn/versions/2/bundle", &err), &err);
    bundle_close(bundle);

    EXPECT_OK(registry_promote(&version, registry, "churn/2", "champion", 2, &err), &err);
    expect_resolved("churn@champion", 2, "s3://quern/reg/churn/versions/2/bundle");
    EXPECT_OK(registry_rollback(&version, registry, "churn", "champion", 3, &err), &err);
    EXPECT_EQ(version, 1);
    expect_resolved("churn@champion", 1, "s3://quern/reg/churn/versions/1/bundle");
    EXPECT_ERROR(registry_promote(&version, registry, "churn/9", "champion", 2, &err), &err,
                 ERR_DATA, "has no version 9; versions: 1, 2");
    EXPECT_ERROR(registry_promote(&version, registry, "other", "champion", 2, &err), &err, ERR_DATA,
                 "has no 'other'; names: churn");

    /* What a killed push left does not count, and the next push takes its place. */
    send_text("s3://quern/reg/churn/versions/3/entry.json", "{}");
    send_text("s3://quern/reg/churn/versions/3/bundle/bundle.json", "{");
    expect_resolved("churn@champion", 1, "s3://quern/reg/churn/versions/1/bundle");
    EXPECT_ERROR(registry_resolve(&none, registry, "churn/3", &err), &err, ERR_DATA,
                 "has no version 3; versions: 1, 2");
    push.bundle = test_path("b1");
    EXPECT_OK(registry_push(&version, &push, &err), &err);
    EXPECT_EQ(version, 3);
    EXPECT_OK(bundle_open(&bundle, "s3://quern/reg/churn/versions/3/bundle", &err), &err);
    bundle_close(bundle);

    struct test_output got = test_quern("registry list --json --registry %s", registry);
    EXPECT_EQ(got.status, 0);
    EXPECT_HAS(got.out, "\"champion\": 1");
    test_output_clear(&got);
    got = test_quern("registry show churn/2 --json --registry %s", registry);
    EXPECT_EQ(got.status, 0);
    EXPECT_HAS(got.out, "s3://quern/reg/churn/versions/2/bundle");
    test_output_clear(&got);
}
