#include "report/read.h"

#include <math.h>

static double number_from(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : NAN;
}

double read_number(const json_t *object, const char *key)
{
    return number_from(json_object_get(object, key));
}

double read_item(const json_t *array, size_t index)
{
    return number_from(json_array_get(array, index));
}

static const char *text_from(const json_t *value)
{
    return json_is_string(value) ? json_string_value(value) : "";
}

const char *read_text(const json_t *object, const char *key)
{
    return text_from(json_object_get(object, key));
}

const char *read_text_item(const json_t *array, size_t index)
{
    return text_from(json_array_get(array, index));
}

const char *read_label(const json_t *object, const char *key, const char *otherwise)
{
    const char *text = read_text(object, key);

    return text[0] ? text : read_text(object, otherwise);
}
