#include "table/parquet_thrift.h"

#include "base/error.h"

static void field(struct parquet_thrift *thrift, unsigned id, enum parquet_thrift_type type)
{
    const unsigned step = id - thrift->last[thrift->depth];

    BUG_ON(step < 1 || step > 15);
    thrift->last[thrift->depth] = id;
    parquet_bytes_add_byte(thrift->out, (unsigned char)(step << 4 | type));
}

static void open_struct(struct parquet_thrift *thrift)
{
    BUG_ON(thrift->depth + 1 == THRIFT_DEPTH_MAX);
    thrift->last[++thrift->depth] = 0;
}

void parquet_thrift_integer(struct parquet_thrift *thrift, unsigned id,
                            enum parquet_thrift_type type, int64_t value)
{
    field(thrift, id, type);
    parquet_bytes_add_zigzag(thrift->out, value);
}

void parquet_thrift_byte(struct parquet_thrift *thrift, unsigned id, int8_t value)
{
    field(thrift, id, THRIFT_BYTE);
    parquet_bytes_add_byte(thrift->out, (unsigned char)value);
}

void parquet_thrift_bool(struct parquet_thrift *thrift, unsigned id, bool value)
{
    field(thrift, id, value ? THRIFT_TRUE : THRIFT_FALSE);
}

void parquet_thrift_binary(struct parquet_thrift *thrift, unsigned id, const void *bytes,
                           size_t size)
{
    field(thrift, id, THRIFT_BINARY);
    parquet_thrift_element_binary(thrift, bytes, size);
}

void parquet_thrift_struct(struct parquet_thrift *thrift, unsigned id)
{
    field(thrift, id, THRIFT_STRUCT);
    open_struct(thrift);
}

void parquet_thrift_list(struct parquet_thrift *thrift, unsigned id, enum parquet_thrift_type type,
                         size_t count)
{
    field(thrift, id, THRIFT_LIST);
    if (count < 15) {
        parquet_bytes_add_byte(thrift->out, (unsigned char)(count << 4 | type));
    } else {
        parquet_bytes_add_byte(thrift->out, (unsigned char)(0xf0 | type));
        parquet_bytes_add_varint(thrift->out, count);
    }
}

void parquet_thrift_element_integer(struct parquet_thrift *thrift, int64_t value)
{
    parquet_bytes_add_zigzag(thrift->out, value);
}

void parquet_thrift_element_binary(struct parquet_thrift *thrift, const void *bytes, size_t size)
{
    parquet_bytes_add_varint(thrift->out, size);
    parquet_bytes_add(thrift->out, bytes, size);
}

void parquet_thrift_element_struct(struct parquet_thrift *thrift)
{
    open_struct(thrift);
}

void parquet_thrift_end(struct parquet_thrift *thrift)
{
    parquet_bytes_add_byte(thrift->out, 0);
    if (thrift->depth)
        thrift->depth--;
}
