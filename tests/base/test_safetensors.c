#include "base/safetensors.h"

#include "base/file.h"
#include "support/test.h"

static struct safetensor tensor_of(const char *name, enum safetensors_type type, size_t rows,
                                   size_t columns, const void *data)
{
    return (struct safetensor){
        .name = name, .type = type, .dims = 2, .shape = {rows, columns}, .data = data};
}

TEST(safetensors_round_trip_is_exact)
{
    static const float weights[6] = {1, -2.5f, 3e-39f, 0, -0.0f, 1e38f};
    static const double moments[2] = {0.1, -1e-300};
    static const int64_t ids[1] = {INT64_MIN};
    static const uint8_t flags[3] = {1, 0, 1};
    const struct safetensor tensors[] = {
        tensor_of("moments", SAFETENSORS_F64, 1, 2, moments),
        tensor_of("ids", SAFETENSORS_I64, 1, 1, ids),
        tensor_of("weights \"quoted\"", SAFETENSORS_F32, 2, 3, weights),
        tensor_of("none", SAFETENSORS_F32, 0, 3, NULL),
        tensor_of("flags", SAFETENSORS_BOOL, 3, 1, flags),
    };
    static const struct safetensors_text texts[] = {{"config", "{\"a\": 1}"}, {"b", "\xc3\xa9"}};
    struct error err = {0};
    struct safetensors file;
    float got[6];
    uint64_t first, second;
    char *path = strdup(test_path("round.safetensors"));

    EXPECT_OK(safetensors_write(path, tensors, 5, texts, 2, &err), &err);
    EXPECT_OK(file_hash(path, &first, &err), &err);
    EXPECT_OK(safetensors_write(path, tensors, 5, texts, 2, &err), &err);
    EXPECT_OK(file_hash(path, &second, &err), &err);
    EXPECT(first == second);
    EXPECT_OK(safetensors_open(&file, path, &err), &err);
    EXPECT_EQ(file.count, 5);
    EXPECT_STR(safetensors_metadata(&file, "config"), "{\"a\": 1}");
    EXPECT_STR(safetensors_metadata(&file, "b"), "\xc3\xa9");
    EXPECT(!safetensors_metadata(&file, "c"));
    EXPECT_OK(safetensors_copy(&file, "weights \"quoted\"", SAFETENSORS_F32, 2,
                               (const size_t[]){2, 3}, got, &err),
              &err);
    EXPECT(memcmp(got, weights, sizeof got) == 0);
    EXPECT(memcmp(safetensors_find(&file, "moments")->data, moments, sizeof moments) == 0);
    EXPECT(memcmp(safetensors_find(&file, "flags")->data, flags, sizeof flags) == 0);
    EXPECT_EQ(safetensors_find(&file, "none")->count, 0);
    EXPECT_ERROR(
        safetensors_copy(&file, "ids", SAFETENSORS_F32, 2, (const size_t[]){1, 1}, got, &err), &err,
        ERR_DATA, "'ids' is I64, not F32");
    EXPECT_ERROR(safetensors_copy(&file, "weights \"quoted\"", SAFETENSORS_F32, 1,
                                  (const size_t[]){6}, got, &err),
                 &err, ERR_DATA, "another shape");
    EXPECT_ERROR(safetensors_copy(&file, "gone", SAFETENSORS_F32, 0, NULL, got, &err), &err,
                 ERR_DATA, "'gone' is missing");
    safetensors_close(&file);
    free(path);
}

TEST(safetensors_refuses_what_is_not_utf8)
{
    const struct safetensors_text text = {"key", "\xff"};
    struct error err = {0};

    EXPECT_ERROR(safetensors_write(test_path("bad.safetensors"), NULL, 0, &text, 1, &err), &err,
                 ERR_ARG, "UTF-8");
    EXPECT(!file_exists(test_path("bad.safetensors")));
}

/* A file with this header and `data` zero bytes behind it. */
static bool parse_text(struct safetensors *file, const char *header, size_t data, struct error *err)
{
    const uint64_t length = strlen(header);
    char *bytes = calloc(1, 8 + length + data + 1);

    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    const bool ok = safetensors_parse(file, "x.safetensors", bytes, 8 + length + data, err);
    if (ok)
        safetensors_close(file);
    free(bytes);
    return ok;
}

#define ONE(type, shape, offsets)                                                                  \
    "{\"a\":{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":" offsets "}}"
#define TWO(first, second)                                                                         \
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":" first "},"                          \
    "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":" second "}}"

TEST(safetensors_checks_the_structure)
{
    static const struct {
        const char *header;
        size_t data;
        const char *part; /* of the message; NULL: accepted */
    } rows[] = {
        {"{}", 0, NULL},
        {"{}   ", 0, NULL},
        {"{\"__metadata__\":{}}", 0, NULL},
        {ONE("F32", "[2]", "[0,8]"), 8, NULL},
        {ONE("F32", "[]", "[0,4]"), 4, NULL},
        {ONE("F32", "[0,7]", "[0,0]"), 0, NULL},
        {TWO("[2,4]", "[0,2]"), 4, NULL},
        {"", 0, "header"},
        {"[]", 0, "not an object"},
        {"{} x", 0, "header"},
        {"{\"a\":1}", 0, "dtype"},
        {ONE("F33", "[2]", "[0,8]"), 8, "'F33' is not known"},
        {ONE("F32", "[2]", "[0,7]"), 8, "needs 8 bytes, data_offsets give 7"},
        {ONE("F32", "[2]", "[0,8]"), 7, "outside the file"},
        {ONE("F32", "[2]", "[8,0]"), 8, "outside the file"},
        {ONE("F32", "[2]", "[-8,0]"), 8, "outside the file"},
        {ONE("F32", "[2]", "[0,8,9]"), 8, "outside the file"},
        {ONE("F32", "[2]", "[0,8.0]"), 8, "outside the file"},
        {ONE("F32", "[2]", "[0,8]"), 9, "1 bytes at the end"},
        {ONE("F32", "2", "[0,8]"), 8, "shape"},
        {ONE("F32", "[-1]", "[0,8]"), 8, "shape"},
        {ONE("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "shape"},
        {ONE("F32", "[4294967296,4294967296]", "[0,0]"), 0, "shape"},
        {ONE("F64", "[2305843009213693952]", "[0,0]"), 0, "shape"},
        {ONE("F32", "[99999999999999999999]", "[0,0]"), 0, "header"},
        {TWO("[0,2]", "[1,3]"), 3, "'b' overlaps"},
        {TWO("[0,2]", "[3,5]"), 5, "'b' follows a hole"},
        {TWO("[0,2]", "[0,2]"), 2, "overlaps"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
         "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
         1, "duplicate"},
        {"{\"__metadata__\":{\"a\":1}}", 0, "'a' is not a text"},
        {"{\"__metadata__\":[]}", 0, "__metadata__"},
    };
    EACH_ROW(rows, r) {
        struct safetensors file;
        struct error err = {0};
        if (r->part)
            EXPECT_ERROR(parse_text(&file, r->header, r->data, &err), &err, ERR_DATA, r->part);
        else
            EXPECT_OK(parse_text(&file, r->header, r->data, &err), &err);
    }
}

TEST(safetensors_refuses_wrong_lengths)
{
    static const struct {
        uint64_t length;
        size_t size;
        enum error_code code;
        const char *part;
    } rows[] = {
        {0, 0, ERR_DATA, "too short"},        {0, 7, ERR_DATA, "too short"},
        {0, 8, ERR_DATA, "header"},           {3, 10, ERR_DATA, "cut short"},
        {UINT64_MAX, 16, ERR_LIMIT, "above"}, {SAFETENSORS_HEADER_MAX + 1, 16, ERR_LIMIT, "above"},
    };
    EACH_ROW(rows, r) {
        struct safetensors file;
        struct error err = {0};
        char bytes[16] = "\0\0\0\0\0\0\0\0{}";
        memcpy(bytes, &r->length, 8);
        EXPECT_ERROR(safetensors_parse(&file, "x.safetensors", bytes, r->size, &err), &err, r->code,
                     r->part);
    }
}
