#include "attribution/credit_time.h"

#include "base/json.h"

#include <string.h>

void credit_set_seconds(struct credit_table *credits, const char *method, double seconds)
{
    for (size_t i = 0; i < credits->count; i++)
        if (strcmp(credits->column[i].name, method) == 0)
            credits->column[i].seconds = seconds;
}

json_t *credit_times_json(const struct credit_table *credits)
{
    json_t *list = json_array();

    for (size_t i = 0; i < credits->count; i++)
        if (!credits->column[i].bound)
            json_array_append_new(list,
                                  json_pack("{s:s, s:o}", "method", credits->column[i].name,
                                            "seconds", json_number(credits->column[i].seconds)));
    return list;
}
