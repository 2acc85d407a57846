/* PostgreSQL's binary format: big-endian numbers, arrays of (length, value). */
#include "sales/postgres_session.h"

#include <endian.h>
#include <string.h>

static void put32(struct text *out, uint32_t value)
{
    const uint32_t big = htobe32(value);

    text_add(out, (const char *)&big, sizeof big);
}

static void put64(struct text *out, uint64_t value)
{
    const uint64_t big = htobe64(value);

    text_add(out, (const char *)&big, sizeof big);
}

static struct text *next(struct postgres_values *values)
{
    BUG_ON(values->count == POSTGRES_VALUES_MAX);
    return &values->value[values->count++];
}

void postgres_add_int64(struct postgres_values *values, int64_t value)
{
    put64(next(values), (uint64_t)value);
}

/* Dimensions, whether there are nulls, the type, the number of values and the first index. */
struct text *postgres_add_array(struct postgres_values *values, enum postgres_type type,
                                size_t count)
{
    struct text *array = next(values);

    put32(array, count > 0);
    put32(array, 0);
    put32(array, (uint32_t)type);
    if (count > 0) {
        put32(array, (uint32_t)count);
        put32(array, 1);
    }
    return array;
}

void postgres_put_bool(struct text *array, bool value)
{
    put32(array, 1);
    text_add(array, value ? "\1" : "\0", 1);
}

void postgres_put_int32(struct text *array, int32_t value)
{
    put32(array, sizeof value);
    put32(array, (uint32_t)value);
}

void postgres_put_int64(struct text *array, int64_t value)
{
    put32(array, sizeof value);
    put64(array, (uint64_t)value);
}

void postgres_put_double(struct text *array, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    postgres_put_int64(array, (int64_t)bits);
}

void postgres_put_text(struct text *array, const char *value)
{
    const size_t length = strlen(value);

    put32(array, (uint32_t)length);
    text_add(array, value, length);
}

void postgres_values_clear(struct postgres_values *values)
{
    for (size_t i = 0; i < values->count; i++)
        text_clear(&values->value[i]);
    values->count = 0;
}

/* Somebody may have changed a column's type under us: then it is 0, not bytes behind the value. */
static bool get(const struct postgres_session *session, const PGresult *result, int row, int column,
                void *value, int size)
{
    memset(value, 0, (size_t)size);
    if (session->api->getlength(result, row, column) != size)
        return false;
    memcpy(value, session->api->getvalue(result, row, column), (size_t)size);
    return true;
}

bool postgres_bool(const struct postgres_session *session, const PGresult *result, int row,
                   int column)
{
    char value;

    get(session, result, row, column, &value, sizeof value);
    return value != 0;
}

int32_t postgres_int32(const struct postgres_session *session, const PGresult *result, int row,
                       int column)
{
    uint32_t value;

    get(session, result, row, column, &value, sizeof value);
    return (int32_t)be32toh(value);
}

int64_t postgres_int64(const struct postgres_session *session, const PGresult *result, int row,
                       int column)
{
    uint64_t value;

    get(session, result, row, column, &value, sizeof value);
    return (int64_t)be64toh(value);
}

double postgres_double(const struct postgres_session *session, const PGresult *result, int row,
                       int column)
{
    const int64_t bits = postgres_int64(session, result, row, column);
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

const char *postgres_text(const struct postgres_session *session, const PGresult *result, int row,
                          int column)
{
    return session->api->getvalue(result, row, column);
}
