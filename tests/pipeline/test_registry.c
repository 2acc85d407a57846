#include "support/test.h"

#include "pipeline/registry.h"

#include <unistd.h>

/* A registry made by hand: what any version of this program must read. */
static const char *made_registry(void)
{
    static char path[256];
    struct test_output made = test_shell(
        "cd %s && mkdir -p reg/churn/versions/1/bundle reg/churn/versions/2/bundle "
        "reg/churn/versions/10/bundle reg/churn/versions/.push-7 reg/lone/versions/3/bundle "
        "reg/empty/versions reg/.trash/versions/1/bundle && "
        "echo '{\"aliases\": {\"champion\": 2, \"gone\": 4}, \"history\": []}' "
        ">reg/churn/aliases.json && for v in 1 2 10; do "
        "echo '{\"version\": '$v'}' >reg/churn/versions/$v/entry.json; done",
        test_folder());

    EXPECT_EQ(made.status, 0);
    test_output_clear(&made);
    snprintf(path, sizeof path, "%s/reg", test_folder());
    return path;
}

TEST(registry_resolves_addresses)
{
    static const struct {
        const char *address, *bundle;
    } rows[] = {
        {"registry:churn", "churn/versions/2/bundle"},
        {"churn", "churn/versions/2/bundle"},
        {"registry:churn@champion", "churn/versions/2/bundle"},
        {"registry:churn/10", "churn/versions/10/bundle"},
        {"registry:lone", "lone/versions/3/bundle"}, /* no champion: the newest */
    };
    const char *registry = made_registry();

    EACH_ROW(rows, r) {
        struct registry_version found;
        struct error err = {0};
        EXPECT_OK(registry_resolve(&found, registry, r->address, &err), &err);
        EXPECT_HAS(found.bundle, r->bundle);
        EXPECT(access(found.bundle, F_OK) == 0);
        registry_version_clear(&found);
    }
}

TEST(registry_says_what_there_is)
{
    static const struct {
        const char *address, *said;
        enum error_code code;
    } rows[] = {
        {"registry:nobody", "names: churn, lone", ERR_DATA},
        {"registry:empty", "has no 'empty'", ERR_DATA},
        {"registry:churn@challenger", "aliases: champion, gone", ERR_DATA},
        {"registry:lone@champion", "aliases: none", ERR_DATA},
        {"registry:churn/3", "versions: 1, 2, 10", ERR_DATA},
        {"registry:churn@gone", "no version 4; versions: 1, 2, 10", ERR_DATA},
        {"registry:", "not a registry name", ERR_ARG},
        {"registry:../churn", "not a registry name", ERR_ARG},
        {"registry:churn/../2", "a version is a whole number", ERR_ARG},
        {"registry:churn/0", "a version is a whole number", ERR_ARG},
        {"registry:churn/-1", "a version is a whole number", ERR_ARG},
        {"registry:churn/99999999999999999999", "a version is a whole number", ERR_ARG},
        {"registry:churn@", "not a registry alias", ERR_ARG},
        {"registry:churn@7", "it is a number", ERR_ARG},
        {"registry:churn@a/b", "not a registry alias", ERR_ARG},
    };
    const char *registry = made_registry();

    EACH_ROW(rows, r) {
        struct registry_version found;
        struct error err = {0};
        EXPECT_ERROR(registry_resolve(&found, registry, r->address, &err), &err, r->code, r->said);
    }
}

TEST(registry_refuses_damaged_aliases)
{
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"", "aliases.json"},
        {"[]", "is damaged"},
        {"{\"aliases\": {\"a\": \"1\"}, \"history\": []}", "is damaged"},
        {"{\"aliases\": {\"a\": -1}, \"history\": []}", "is damaged"},
        {"{\"aliases\": {}, \"history\": [{}]}", "is damaged"},
    };
    const char *registry = made_registry();

    EACH_ROW(rows, r) {
        struct registry_version found;
        struct error err = {0};
        test_file("reg/churn/aliases.json", r->text);
        EXPECT_ERROR(registry_resolve(&found, registry, "churn", &err), &err, ERR_DATA, r->said);
    }
}

TEST(registry_knows_its_addresses)
{
    EXPECT(registry_is_address("registry:a"));
    EXPECT(!registry_is_address("a/registry:b"));
    unsetenv("QUERN_REGISTRY");
    EXPECT_STR(registry_default(), "registry");
    setenv("QUERN_REGISTRY", "", 1);
    EXPECT_STR(registry_default(), "registry");
    setenv("QUERN_REGISTRY", "/models", 1);
    EXPECT_STR(registry_default(), "/models");
    unsetenv("QUERN_REGISTRY");
}
