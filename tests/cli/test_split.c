/*
 * A pipeline cut in parts, each served on its own port and chained body to body, as an inference
 * pipeline of containers does: the answers are those of the single process, byte for byte.
 */
#include "base/file.h"
#include "serving.h"
#include "support/test.h"

#include <unistd.h>

enum { PARTS = 4 };

static const char *const part_names[PARTS] = {"1-preprocessing", "2-pca", "3-trees",
                                              "4-post-processing"};

static const char *split_bundle(void)
{
    static char folder[128];
    const char *bundle = serving_bundle();

    if (!bundle || folder[0])
        return bundle ? folder : NULL;
    snprintf(folder, sizeof folder, "%s/parts", test_folder());
    struct test_output got = test_quern("split %s -o %s", bundle, folder);
    if (got.status != 0)
        fail_msg("split failed: %s", got.err);
    for (size_t i = 0; i < PARTS; i++)
        EXPECT_HAS(got.out, part_names[i]);
    test_output_clear(&got);
    return folder;
}

static char *slurp(const char *path, size_t *size)
{
    struct error err = {0};
    char *text;

    EXPECT_OK(file_read(path, 64 << 20, &text, size, &err), &err);
    return text;
}

static void expect_same(const char *a, const char *b)
{
    size_t left_size, right_size;
    char *left = slurp(a, &left_size), *right = slurp(b, &right_size);

    EXPECT(left_size > 0);
    EXPECT_EQ(left_size, right_size);
    EXPECT(memcmp(left, right, left_size) == 0);
    free(left);
    free(right);
}

/* POST a file; the answer goes to `out`, its media type replaces `type`. */
static void post(int port, const char *body, const char *accept, const char *out, char type[128])
{
    struct test_output got =
        test_shell("curl -sS --max-time 60 -o %s -w '%%{http_code} %%{content_type}' "
                   "-H 'Content-Type: %s' %s --data-binary @%s http://127.0.0.1:%d/invocations",
                   out, type, accept, body, port);

    EXPECT_EQ(got.status, 0);
    if (strncmp(got.out, "200 ", 4) != 0) {
        struct test_output said = test_shell("head -c 600 %s", out);
        fail_msg("port %d: %s: %s", port, got.out, said.out);
    }
    snprintf(type, 128, "%s", got.out + 4);
    test_output_clear(&got);
}

/* Send a body through all parts and through the whole; `accept` goes to the last. */
static void check_chain(const struct serving part[PARTS], const struct serving *whole,
                        const char *body, const char *media, const char *accept)
{
    char type[128], from[256], to[256], single[256];

    snprintf(type, sizeof type, "%s", media);
    snprintf(from, sizeof from, "%s", body);
    for (size_t i = 0; i < PARTS; i++) {
        snprintf(to, sizeof to, "%s/link-%zu", test_folder(), i);
        post(part[i].port, from, i == PARTS - 1 ? accept : "", to, type);
        snprintf(from, sizeof from, "%s", to);
    }
    char chained[128];
    snprintf(chained, sizeof chained, "%s", type);
    snprintf(type, sizeof type, "%s", media);
    snprintf(single, sizeof single, "%s/single", test_folder());
    post(whole->port, body, accept, single, type);
    EXPECT_STR(chained, type);
    expect_same(to, single);
}

static const char *json_rows(void)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/rows.json", test_folder());
    struct test_output made =
        test_shell("{ printf '{\"instances\": ['; head -n 40 %s | sed -e 's/[^,]*/\"&\"/g' "
                   "-e 's/\"\\([0-9.]*\\)\"/\\1/g' -e 's/^/[/' -e 's/$/]/' | paste -s -d, ; printf "
                   "']}'; } >%s",
                   serving_rows(), path);
    EXPECT_EQ(made.status, 0);
    test_output_clear(&made);
    return path;
}

TEST(split_parts_chained_over_http_answer_as_the_whole)
{
    const char *folder = split_bundle();
    struct serving part[PARTS], whole;
    char arguments[512], one[128];

    if (!folder)
        return;
    for (size_t i = 0; i < PARTS; i++) {
        snprintf(arguments, sizeof arguments, "%s/%s --port 0 --threads 1", folder, part_names[i]);
        part[i] = serving_start("", arguments);
    }
    snprintf(arguments, sizeof arguments, "%s --port 0 --threads 1", serving_bundle());
    whole = serving_start("", arguments);

    check_chain(part, &whole, serving_rows(), "text/csv", "");
    check_chain(part, &whole, serving_rows(), "text/csv; charset=utf-8", "");
    check_chain(part, &whole, serving_rows(), "text/csv", "-H 'Accept: application/json'");
    check_chain(part, &whole, json_rows(), "application/json", "");
    check_chain(part, &whole, json_rows(), "application/json", "-H 'Accept: text/csv'");
    snprintf(one, sizeof one, "%s/one.csv", test_folder());
    for (size_t row = 1; row <= 5; row++) {
        struct test_output cut = test_shell("sed -n %zup %s >%s", row, serving_rows(), one);
        test_output_clear(&cut);
        check_chain(part, &whole, one, "text/csv", "");
    }
    for (size_t i = 0; i < PARTS; i++)
        EXPECT_EQ(serving_stop(&part[i]), 0);
    EXPECT_EQ(serving_stop(&whole), 0);
}

TEST(split_parts_chained_in_batch_answer_as_the_whole)
{
    const char *folder = split_bundle();
    char from[256], to[256], single[256];

    if (!folder)
        return;
    snprintf(from, sizeof from, "%s", serving_rows());
    for (size_t i = 0; i < PARTS; i++) {
        snprintf(to, sizeof to, "%s/batch-%zu.csv", test_folder(), i);
        struct test_output got =
            test_quern("predict %s/%s %s -o %s", folder, part_names[i], from, to);
        if (got.status != 0)
            fail_msg("%s: %s", part_names[i], got.err);
        test_output_clear(&got);
        snprintf(from, sizeof from, "%s", to);
    }
    snprintf(single, sizeof single, "%s/batch.csv", test_folder());
    struct test_output got =
        test_quern("predict %s %s -o %s", serving_bundle(), serving_rows(), single);
    if (got.status != 0)
        fail_msg("predict: %s", got.err);
    test_output_clear(&got);
    expect_same(to, single);
}

TEST(split_says_what_is_wrong)
{
    const char *folder = split_bundle();

    if (!folder)
        return;
    const struct {
        const char *arguments, *part;
        int status;
    } rows[] = {
        {"", "BUNDLE", 2},
        {"/nowhere -o x", "/nowhere", 1},
        {"%s -o %s", "exists", 2},
    };
    EACH_ROW(rows, r) {
        char arguments[512];
        snprintf(arguments, sizeof arguments, r->arguments, serving_bundle(), folder);
        struct test_output got = test_quern("split %s", arguments);
        EXPECT_EQ(got.status, r->status);
        EXPECT_HAS(got.err, r->part);
        test_output_clear(&got);
    }
}
