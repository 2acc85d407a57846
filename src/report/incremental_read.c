/* The numbers of "incremental", and the order its campaigns are shown in. */
#include "report/incremental_section.h"

#include "report/rank.h"
#include "report/read.h"

#include <math.h>

static bool has_numbers(const json_t *part, const char *key)
{
    return json_array_size(json_object_get(part, key)) > 0;
}

static void sort_campaigns(struct incremental_credits *credits, struct arena *memory)
{
    double *credit = ARENA_NEW(memory, double, credits->campaigns);

    for (size_t c = 0; c < credits->campaigns; c++)
        credit[c] = credits->amount[c].credit;
    credits->order = rank_descending(memory, credit, credits->campaigns);
}

bool incremental_credits_read(struct incremental_credits *credits, const json_t *document,
                              struct arena *memory)
{
    const json_t *part = json_object_get(document, "incremental");
    const json_t *names = json_object_get(part, "campaigns");
    const size_t count = json_array_size(names);

    *credits = (struct incremental_credits){.part = part, .campaigns = count};
    if (count == 0 || !has_numbers(part, "credit"))
        return false;
    credits->has_ends = has_numbers(part, "low") && has_numbers(part, "high");
    credits->has_before = has_numbers(part, "before");
    credits->has_value = has_numbers(part, "value");
    credits->has_cost = has_numbers(part, "cost");
    credits->campaign = ARENA_NEW(memory, const char *, count + 1);
    credits->amount = ARENA_NEW(memory, struct incremental_amount, count + 1);
    for (size_t c = 0; c <= count; c++) {
        credits->campaign[c] = c < count ? read_text_item(names, c) : "(baseline)";
        credits->amount[c] =
            (struct incremental_amount){.credit = read_item(json_object_get(part, "credit"), c),
                                        .low = read_item(json_object_get(part, "low"), c),
                                        .high = read_item(json_object_get(part, "high"), c),
                                        .before = read_item(json_object_get(part, "before"), c),
                                        .value = read_item(json_object_get(part, "value"), c),
                                        .cost = read_item(json_object_get(part, "cost"), c)};
    }
    sort_campaigns(credits, memory);
    return true;
}

double incremental_cost_each(const struct incremental_amount *amount)
{
    return amount->credit > 0 ? amount->cost / amount->credit : NAN;
}

double incremental_return(const struct incremental_amount *amount)
{
    return amount->cost > 0 ? amount->value / amount->cost : NAN;
}
