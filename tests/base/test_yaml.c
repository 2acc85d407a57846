#include "base/yaml.h"

#include "support/test.h"

#include <unistd.h>

static bool parse(struct yaml *tree, const char *text, struct error *err)
{
    return yaml_parse(tree, "p.yaml", text, strlen(text), err);
}

/* The tree as one line: maps {k: v}, lists [a], plain scalars bare, others quoted. */
static void print_node(FILE *to, const struct yaml_node *node)
{
    if (node->key)
        fprintf(to, "%s@%zu: ", node->key, node->line);
    if (node->kind == YAML_SCALAR) {
        fprintf(to, node->quoted ? "'%s'" : "%s", node->text);
        return;
    }
    fputc(node->kind == YAML_MAP ? '{' : '[', to);
    for (const struct yaml_node *n = node->first; n; n = n->next) {
        print_node(to, n);
        if (n->next)
            fputs(", ", to);
    }
    fputc(node->kind == YAML_MAP ? '}' : ']', to);
}

static const char *printed(const struct yaml *tree)
{
    static char text[2048];
    FILE *to = fmemopen(text, sizeof text, "w");

    print_node(to, tree->root);
    fclose(to);
    return text;
}

TEST(yaml_makes_a_tree_with_lines)
{
    static const struct {
        const char *text, *tree;
    } rows[] = {
        {"a: 1\nb: {c: x, d: [1, 'two', 3.5]}\n", "{a@1: 1, b@2: {c@2: x, d@2: [1, 'two', 3.5]}}"},
        {"a:\n  - x\n  - y: 1\n    z: \"q\"\n", "{a@1: [x, {y@3: 1, z@4: 'q'}]}"},
        {"a:\nb: ~\nc: |\n  two\n  lines\n", "{a@1: , b@2: ~, c@3: 'two\nlines\n'}"},
        {"--- # one document\na: \"Int'l Plan\"\n...\n", "{a@2: 'Int'l Plan'}"},
        {"\xef\xbb\xbf"
         "a: \xc3\xa9t\xc3\xa9\n",
         "{a@1: \xc3\xa9t\xc3\xa9}"},
        {"%YAML 1.2\n---\na: 1\n", "{a@3: 1}"},
        {"just text", "just text"},
        {"[]", "[]"},
    };
    EACH_ROW(rows, r) {
        struct yaml tree = {0};
        struct error err = {0};
        EXPECT_OK(parse(&tree, r->text, &err), &err);
        EXPECT_STR(printed(&tree), r->tree);
        yaml_clear(&tree);
    }
}

TEST(yaml_refuses_with_file_and_line)
{
    static const struct {
        const char *text, *sentence;
    } rows[] = {
        {"", "p.yaml:1: the file is empty"},
        {"# nothing\n", "p.yaml:1: the file is empty"},
        {"a: 1\nb: 2\na: 3\n", "p.yaml:3: key 'a' is given twice"},
        {"s:\n  b: {c: 1,\n    c:\n      2}\n", "p.yaml:3: key 's.b.c' is given twice"},
        {"a: 1\n---\nb: 2\n", "p.yaml:2: a second document starts here; one is allowed"},
        {"a: &x 1\nb: *x\n", "p.yaml:1: anchors (&name) are not supported: write the value out"},
        {"a: 1\nb: *x\n", "p.yaml:2: aliases (*name) are not supported"},
        {"a: !!str 5\n", "p.yaml:1: tags (!name) are not supported: leave it out"},
        {"a: !x {b: 1}\n", "p.yaml:1: tags (!name) are not supported: leave it out"},
        {"a: 1\n? [b]\n: 2\n", "p.yaml:2: a key must be text, not a list or a map"},
        {"a: 1\n\"\": 2\n", "p.yaml:2: a key is empty"},
        {"a: \"x\\0y\"\n", "p.yaml:1: text must not contain the character NUL"},
        {"a: [1, 2\nb: 3\n", "p.yaml:2: not valid YAML: did not find expected ',' or ']'"},
        {"a:\n\tb: 1\n", "p.yaml:2: not valid YAML: found character that cannot start any token"},
        {"a: b: c\n", "p.yaml:1: not valid YAML: mapping values are not allowed"},
        {"a: 1\nb: \"open\n", "p.yaml:3: not valid YAML: found unexpected end of stream"},
        {"a: 1\nb: \xff\xfe\n", "p.yaml:2: not valid YAML: invalid leading UTF-8 octet"},
        {"a: 1\n\nb: \x01\n", "p.yaml:3: not valid YAML: control characters are not allowed"},
    };
    EACH_ROW(rows, r) {
        struct yaml tree = {0};
        struct error err = {0};
        EXPECT_ERROR(parse(&tree, r->text, &err), &err, ERR_CONFIG, r->sentence);
        EXPECT(!tree.root);
    }
}

static char *repeated(const char *head, const char *item, size_t count, const char *tail)
{
    const size_t step = strlen(item);
    char *text = malloc(strlen(head) + count * step + strlen(tail) + 1), *at = text;

    at = stpcpy(at, head);
    for (size_t i = 0; i < count; i++, at += step)
        memcpy(at, item, step);
    strcpy(at, tail);
    return text;
}

TEST(yaml_is_bounded)
{
    static const struct {
        const char *head, *item;
        size_t count;
        const char *tail, *sentence;
    } rows[] = {
        {"a: ", "[", 31, "1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", NULL},
        {"a: ", "[", 32, "", "p.yaml:1: nested more than 32 deep"},
        {"", "[", 500000, "", "p.yaml:1: nested more than 32 deep"},
        {"", "{a: ", 100000, "", "p.yaml:1: nested more than 32 deep"},
        {"", "- ", 200000, "", "p.yaml:1: nested more than 32 deep"},
        {"a: [", "x,", 99990, "x]", NULL},
        {"a: [", "x,", 100000, "x]", "p.yaml:1: more than 100000 values"},
        {"a: ", "x", (1 << 20) - 3, "", NULL},
        {"a: ", "x", 1 << 20, "", "'p.yaml' is larger than 1048576 bytes"},
    };
    EACH_ROW(rows, r) {
        struct yaml tree = {0};
        struct error err = {0};
        char *text = repeated(r->head, r->item, r->count, r->tail);
        if (r->sentence)
            EXPECT_ERROR(parse(&tree, text, &err), &err, ERR_CONFIG, r->sentence);
        else
            EXPECT_OK(parse(&tree, text, &err), &err);
        yaml_clear(&tree);
        free(text);
    }
}

TEST(yaml_many_keys_are_checked_without_quadratic_time)
{
    char *text = malloc(1 << 20), *at = text;
    struct yaml tree = {0};
    struct error err = {0};

    for (int i = 0; i < 90000; i++)
        at += snprintf(at, 16, "k%05d: 1\n", i);
    EXPECT_OK(parse(&tree, text, &err), &err);
    EXPECT_EQ(tree.root->count, 90000);
    yaml_clear(&tree);
    strcpy(at, "k45000: 2\n");
    EXPECT_ERROR(parse(&tree, text, &err), &err, ERR_CONFIG,
                 "p.yaml:90001: key 'k45000' is given twice");
    free(text);
}

TEST(yaml_set_edits_the_tree)
{
    static const struct {
        const char *text, *set, *tree;
    } rows[] = {
        {"a: 1\nb: 2\n", "b=3", "{a@1: 1, b@0: 3}"},
        {"a: {b: 1}\n", "a.c=x y", "{a@1: {b@1: 1, c@0: x y}}"},
        {"a: 1\n", "s.t.u=2", "{a@1: 1, s@0: {t@0: {u@0: 2}}}"},
        {"s:\n", "s.t=2", "{s@1: {t@0: 2}}"},
        {"a: 1\n", "features=[a, 'b']", "{a@1: 1, features@0: [a, 'b']}"},
        {"a: 1\n", "a={b: {c: 1}}", "{a@0: {b@0: {c@0: 1}}}"},
        {"a: {b: 1}\n", "a=2", "{a@0: 2}"},
        {"a: 1\n", "a=*.parquet", "{a@0: *.parquet}"},
        {"a: 1\n", "a=select x: y from t where z = 'q'", "{a@0: select x: y from t where z = 'q'}"},
        {"a: 1\n", "a=\"5\"", "{a@0: '5'}"},
        {"a: 1\n", "a=", "{a@0: }"},
        {"a: 1\n", "a=b=c", "{a@0: b=c}"},
        {"s: [{p: 1}, {p: 2}]\n", "s.1.p=3", "{s@1: [{p@1: 1}, {p@0: 3}]}"},
    };
    EACH_ROW(rows, r) {
        struct yaml tree = {0};
        struct error err = {0};
        EXPECT_OK(parse(&tree, r->text, &err), &err);
        EXPECT_OK(yaml_set(&tree, r->set, &err), &err);
        EXPECT_STR(printed(&tree), r->tree);
        yaml_clear(&tree);
    }
}

TEST(yaml_set_refuses)
{
    static const struct {
        const char *text, *set, *sentence;
        enum error_code code;
    } rows[] = {
        {"a: 1", "a", "--set a: must be KEY=VALUE", ERR_ARG},
        {"a: 1", "=1", "--set =1: must be KEY=VALUE", ERR_ARG},
        {"a: 1", "a=\xff", "must be UTF-8", ERR_ARG},
        {"a: 1", "a=\xed\xa0\x80", "must be UTF-8", ERR_ARG},
        {"a: 1", "a=\xf0\x9f\x98", "must be UTF-8", ERR_ARG},
        {"a: {}", "a..b=1", "--set a..b=1: a part of the key is empty", ERR_CONFIG},
        {"a: 1", "a.b=1", "--set a.b=1: key 'a' holds a value, not a section", ERR_CONFIG},
        {"a: [1]", "a.b=1", "--set a.b=1: a list has no such entry", ERR_CONFIG},
        {"a: [1]", "a.1=1", "--set a.1=1: a list has no such entry", ERR_CONFIG},
        {"a: 1", "a=[1", "--set a=[1: not valid YAML: did not find", ERR_CONFIG},
        {"a: 1", "a=[*x]", "--set a=[*x]: aliases", ERR_CONFIG},
        {"a: 1", "a={b: 1, b: 2}", "--set a={b: 1, b: 2}: key 'b' is given twice", ERR_CONFIG},
        {"a: 1", "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=1",
         "holds a value", ERR_CONFIG},
        {"b: 1", "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=1",
         "nested more than 32 deep", ERR_CONFIG},
        {"[1]", "a=1", "p.yaml:1: must be a map of keys and values", ERR_CONFIG},
    };
    EACH_ROW(rows, r) {
        struct yaml tree = {0};
        struct error err = {0};
        EXPECT_OK(parse(&tree, r->text, &err), &err);
        EXPECT_ERROR(yaml_set(&tree, r->set, &err), &err, r->code, r->sentence);
        yaml_clear(&tree);
    }
}

TEST(yaml_load_names_a_file_that_cannot_be_read)
{
    struct yaml tree = {0};
    struct error err = {0};

    EXPECT_ERROR(yaml_load(&tree, test_path("missing.yaml"), &err), &err, ERR_IO, "missing.yaml");
    EXPECT_ERROR(yaml_load(&tree, test_folder(), &err), &err, ERR_IO, "it is a folder");
}

TEST(yaml_path_names_nodes_and_is_bounded)
{
    char path[YAML_PATH_MAX], *text = repeated("a:\n  ", "x", 1000, ": {y: 1}\nb: [0, {c: 2}]\n");
    struct yaml tree = {0};
    struct error err = {0};

    EXPECT_OK(parse(&tree, text, &err), &err);
    EXPECT_STR(yaml_path(tree.root, path), "");
    EXPECT_STR(yaml_path(tree.root->last->last->first, path), "b[1].c");
    EXPECT_EQ(strlen(yaml_path(tree.root->first->first->first, path)), YAML_PATH_MAX - 1);
    yaml_clear(&tree);
    free(text);
}
