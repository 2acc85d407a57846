#include "table/parquet_column.h"

#include "base/error.h"
#include "table/parquet_encode.h"

enum { PAGE_DATA = 0, PAGE_DICTIONARY = 2, PAGE_BYTES_MAX = INT32_MAX - 64 };

/* The values there are, side by side. */
struct values {
    const struct table_column *column;
    size_t rows, count;
    uint64_t *present; /* [rows] bits */
    union {
        int64_t *integer;
        uint8_t *boolean;
        uint32_t *index; /* into the names used */
        struct table_string *text;
    };
    struct table_string *used; /* [names] the dictionary page */
    size_t names;
    size_t plain_bytes; /* of all values of TABLE_TEXT and TABLE_CODE */
    struct arena *scratch;
};

enum parquet_physical parquet_column_physical(enum table_type type)
{
    switch (type) {
    case TABLE_BOOL:
        return PARQUET_BOOLEAN;
    case TABLE_INT64:
        return PARQUET_INT64;
    case TABLE_TEXT:
    case TABLE_CODE:
        return PARQUET_BYTE_ARRAY;
    default:
        BUG("this type has no Parquet column");
    }
}

/* ---- what there is ---- */

static void find_present(struct values *v)
{
    const struct table_column *column = v->column;
    const size_t words = (v->rows + 63) / 64;

    v->present = ARENA_NEW(v->scratch, uint64_t, words + 1);
    for (size_t w = 0; w < words; w++) {
        const size_t here = v->rows - w * 64 < 64 ? v->rows - w * 64 : 64;
        uint64_t bits = here < 64 ? ((uint64_t)1 << here) - 1 : UINT64_MAX;
        if (column->valid)
            bits &= column->valid[w];
        if (column->type == TABLE_CODE) {
            const int32_t *code = column->code + w * 64;
            uint64_t known = 0;
            for (size_t i = 0; i < here; i++)
                known |= (uint64_t)(code[i] >= 0) << i;
            bits &= known;
        }
        v->present[w] = bits;
        v->count += (size_t)__builtin_popcountll(bits);
    }
}

/* Calls for each row that has a value, in order. */
#define EACH_PRESENT(v, row)                                                                       \
    for (size_t word_ = 0; word_ < ((v)->rows + 63) / 64; word_++)                                 \
        for (uint64_t bits_ = (v)->present[word_], row;                                            \
             bits_ && (row = word_ * 64 + (size_t)__builtin_ctzll(bits_), 1); bits_ &= bits_ - 1)

/* Number the codes in use in ascending order: the dictionary has the order of the codes. */
static void number_codes(struct values *v)
{
    const struct table_column *column = v->column;
    int32_t most = -1;
    size_t n = 0;

    EACH_PRESENT(v, row)
    most = column->code[row] > most ? column->code[row] : most;
    uint32_t *number = ARENA_ZERO(v->scratch, uint32_t, (size_t)(most + 1) + 1);
    v->index = ARENA_NEW(v->scratch, uint32_t, v->count + 1);
    EACH_PRESENT(v, row)
    number[v->index[n++] = (uint32_t)column->code[row]] = 1;
    for (int32_t code = 0; code <= most; code++)
        v->names += number[code];
    v->used = ARENA_NEW(v->scratch, struct table_string, v->names + 1);
    uint32_t next = 0;
    for (int32_t code = 0; code <= most; code++) {
        if (!number[code])
            continue;
        v->used[next] = column->dictionary[code];
        number[code] = next++;
    }
    for (size_t i = 0; i < v->count; i++) {
        v->index[i] = number[v->index[i]];
        v->plain_bytes += 4 + v->used[v->index[i]].length;
    }
}

static void collect(struct values *v)
{
    const struct table_column *column = v->column;
    size_t n = 0;

    switch (column->type) {
    case TABLE_BOOL:
        v->boolean = ARENA_NEW(v->scratch, uint8_t, v->count + 1);
        EACH_PRESENT(v, row)
        v->boolean[n++] = column->boolean[row];
        break;
    case TABLE_INT64:
        v->integer = ARENA_NEW(v->scratch, int64_t, v->count + 1);
        EACH_PRESENT(v, row)
        v->integer[n++] = column->integer[row];
        break;
    case TABLE_TEXT:
        v->text = ARENA_NEW(v->scratch, struct table_string, v->count + 1);
        EACH_PRESENT(v, row)
        {
            v->text[n] = column->text[row];
            v->plain_bytes += 4 + v->text[n++].length;
        }
        break;
    default:
        number_codes(v);
    }
}

/* ---- statistics ---- */

static int compare_text(const struct table_string *a, const struct table_string *b)
{
    const size_t least = a->length < b->length ? a->length : b->length;
    const int order = least ? memcmp(a->bytes, b->bytes, least) : 0;

    return order ? order : (a->length > b->length) - (a->length < b->length);
}

static bool set_bound(struct parquet_bound *bound, const void *bytes, size_t size)
{
    if (size > sizeof bound->bytes)
        return false;
    if (size)
        memcpy(bound->bytes, bytes, size);
    bound->size = size;
    return true;
}

/* Bounds let a reader skip row groups. Ids of users are spread evenly: theirs would skip none. */
static void find_bounds(struct parquet_chunk *chunk, const struct values *v)
{
    if (v->count == 0)
        return;
    if (v->column->type == TABLE_INT64) {
        int64_t least = v->integer[0], greatest = least;
        for (size_t i = 1; i < v->count; i++) {
            least = v->integer[i] < least ? v->integer[i] : least;
            greatest = v->integer[i] > greatest ? v->integer[i] : greatest;
        }
        chunk->bounded = set_bound(&chunk->least, &least, sizeof least) &&
                         set_bound(&chunk->greatest, &greatest, sizeof greatest);
    } else if (v->column->type == TABLE_CODE) {
        const struct table_string *least = &v->used[0], *greatest = least;
        for (size_t i = 1; i < v->names; i++) {
            least = compare_text(&v->used[i], least) < 0 ? &v->used[i] : least;
            greatest = compare_text(&v->used[i], greatest) > 0 ? &v->used[i] : greatest;
        }
        chunk->bounded = set_bound(&chunk->least, least->bytes, least->length) &&
                         set_bound(&chunk->greatest, greatest->bytes, greatest->length);
    }
}

/* ---- pages ---- */

static void add_page(struct parquet_bytes *out, struct parquet_chunk *chunk, int type, size_t count,
                     enum parquet_encoding encoding, const struct parquet_bytes *body)
{
    struct parquet_thrift header = {.out = out};

    BUG_ON(body->size > PAGE_BYTES_MAX);
    parquet_thrift_integer(&header, 1, THRIFT_I32, type);
    parquet_thrift_integer(&header, 2, THRIFT_I32, (int64_t)body->size);
    parquet_thrift_integer(&header, 3, THRIFT_I32, (int64_t)body->size);
    parquet_thrift_struct(&header, type == PAGE_DICTIONARY ? 7 : 5);
    parquet_thrift_integer(&header, 1, THRIFT_I32, (int64_t)count);
    parquet_thrift_integer(&header, 2, THRIFT_I32, encoding);
    if (type == PAGE_DATA) {
        parquet_thrift_integer(&header, 3, THRIFT_I32, PARQUET_RLE);
        parquet_thrift_integer(&header, 4, THRIFT_I32, PARQUET_RLE);
    }
    parquet_thrift_end(&header);
    parquet_thrift_end(&header);
    parquet_bytes_add(out, body->at, body->size);
    chunk->encodings |= 1u << encoding | 1u << PARQUET_RLE;
}

/* The bits of rows first .. end - 1 from a word's start on. */
static void add_levels(struct parquet_bytes *body, const struct values *v, size_t first, size_t end)
{
    const size_t rows = end - first, words = (rows + 63) / 64;
    const unsigned shift = first % 64;
    uint64_t *bits = memory_take(words + 1, sizeof *bits);

    for (size_t w = 0; w < words; w++) {
        const size_t from = first / 64 + w;
        bits[w] = v->present[from] >> shift;
        if (shift && (from + 1) * 64 < v->rows)
            bits[w] |= v->present[from + 1] << (64 - shift);
    }
    if (rows % 64)
        bits[words - 1] &= ((uint64_t)1 << rows % 64) - 1;
    const size_t start = body->size;
    parquet_bytes_add_u32(body, 0);
    parquet_encode_hybrid_bits(body, bits, rows);
    const uint32_t size = (uint32_t)(body->size - start - 4);
    memcpy(body->at + start, &size, sizeof size);
    free(bits);
}

static void add_plain_text(struct parquet_bytes *body, const struct table_string *text)
{
    unsigned char *to = parquet_bytes_reserve(body, 4 + text->length);
    const uint32_t length = (uint32_t)text->length;

    memcpy(to, &length, sizeof length);
    if (length)
        memcpy(to + 4, text->bytes, length);
    body->size += 4 + text->length;
}

/* Keep the second way of writing the same values where it is smaller. */
static enum parquet_encoding keep_smaller(struct parquet_bytes *body, size_t start, size_t plain,
                                          enum parquet_encoding other)
{
    const size_t second = body->size - start - plain;

    if (second >= plain) {
        body->size -= second;
        return PARQUET_PLAIN;
    }
    memmove(body->at + start, body->at + start + plain, second);
    body->size = start + second;
    return other;
}

static enum parquet_encoding add_booleans(struct parquet_bytes *body, const uint8_t *value,
                                          size_t count)
{
    const size_t start = body->size, plain = (count + 7) / 8;
    uint64_t *bits = memory_take_zeroed((count + 63) / 64 + 1, sizeof *bits);

    for (size_t i = 0; i < count; i++)
        bits[i / 64] |= (uint64_t)(value[i] != 0) << (i % 64);
    parquet_bytes_add(body, bits, plain);
    parquet_bytes_add_u32(body, 0);
    parquet_encode_hybrid_bits(body, bits, count);
    const uint32_t size = (uint32_t)(body->size - start - plain - 4);
    memcpy(body->at + start + plain, &size, sizeof size);
    free(bits);
    return keep_smaller(body, start, plain, PARQUET_RLE);
}

static enum parquet_encoding add_integers(struct parquet_bytes *body, const int64_t *value,
                                          size_t count)
{
    const size_t start = body->size;

    parquet_bytes_add(body, value, count * sizeof *value);
    parquet_encode_delta(body, value, count);
    return keep_smaller(body, start, count * sizeof *value, PARQUET_DELTA_BINARY_PACKED);
}

static enum parquet_encoding add_texts(struct parquet_bytes *body, const struct table_string *text,
                                       size_t count)
{
    const size_t start = body->size;

    for (size_t i = 0; i < count; i++)
        add_plain_text(body, &text[i]);
    const size_t plain = body->size - start;
    parquet_encode_delta_text(body, text, count);
    return keep_smaller(body, start, plain, PARQUET_DELTA_BYTE_ARRAY);
}

static enum parquet_encoding add_values(struct parquet_bytes *body, const struct values *v,
                                        bool dictionary, size_t first, size_t count)
{
    if (count == 0)
        return PARQUET_PLAIN;
    if (dictionary) {
        const unsigned width = parquet_encode_width(v->names - 1);
        parquet_bytes_add_byte(body, (unsigned char)width);
        parquet_encode_hybrid(body, v->index + first, count, width);
        return PARQUET_RLE_DICTIONARY;
    }
    switch (v->column->type) {
    case TABLE_BOOL:
        return add_booleans(body, v->boolean + first, count);
    case TABLE_INT64:
        return add_integers(body, v->integer + first, count);
    case TABLE_TEXT:
        return add_texts(body, v->text + first, count);
    default:
        for (size_t i = first; i < first + count; i++)
            add_plain_text(body, &v->used[v->index[i]]);
        return PARQUET_PLAIN;
    }
}

static size_t plain_size(const struct values *v, bool dictionary, size_t i)
{
    switch (v->column->type) {
    case TABLE_BOOL:
        return 1;
    case TABLE_INT64:
        return 8;
    case TABLE_TEXT:
        return 4 + v->text[i].length;
    default:
        return dictionary ? 4 : 4 + v->used[v->index[i]].length;
    }
}

static void add_data_pages(struct parquet_bytes *out, struct parquet_chunk *chunk,
                           const struct values *v, bool dictionary)
{
    struct parquet_bytes body = {0};
    size_t value = 0;

    for (size_t first = 0, end = 0; first < v->rows; first = end) {
        const size_t first_value = value;
        size_t bytes = 0;
        for (; end < v->rows; end++) {
            if (!(v->present[end / 64] >> (end % 64) & 1))
                continue;
            const size_t more = plain_size(v, dictionary, value);
            if (bytes && bytes + more > PARQUET_PAGE_BYTES)
                break;
            bytes += more;
            value++;
        }
        body.size = 0;
        add_levels(&body, v, first, end);
        const enum parquet_encoding encoding =
            add_values(&body, v, dictionary, first_value, value - first_value);
        add_page(out, chunk, PAGE_DATA, end - first, encoding, &body);
    }
    parquet_bytes_clear(&body);
}

/* Does a dictionary pay for itself? */
static bool wants_dictionary(const struct values *v)
{
    size_t bytes = 0;

    for (size_t i = 0; i < v->names; i++)
        bytes += 4 + v->used[i].length;
    return v->names > 0 && bytes <= PAGE_BYTES_MAX &&
           bytes + v->count * parquet_encode_width(v->names - 1) / 8 < v->plain_bytes;
}

static void add_dictionary(struct parquet_bytes *out, struct parquet_chunk *chunk,
                           const struct values *v)
{
    struct parquet_bytes body = {0};

    for (size_t i = 0; i < v->names; i++)
        add_plain_text(&body, &v->used[i]);
    add_page(out, chunk, PAGE_DICTIONARY, v->names, PARQUET_PLAIN, &body);
    parquet_bytes_clear(&body);
}

void parquet_column_encode(struct parquet_bytes *out, struct parquet_chunk *chunk,
                           const struct table_column *column, size_t rows, struct arena *scratch)
{
    struct values v = {.column = column, .rows = rows, .scratch = scratch};

    arena_reset(scratch);
    *chunk = (struct parquet_chunk){.start = out->size, .data = out->size};
    find_present(&v);
    collect(&v);
    chunk->nulls = rows - v.count;
    find_bounds(chunk, &v);
    const bool dictionary = column->type == TABLE_CODE && wants_dictionary(&v);
    if (dictionary) {
        add_dictionary(out, chunk, &v);
        chunk->data = out->size;
    }
    add_data_pages(out, chunk, &v, dictionary);
    chunk->end = out->size;
}
