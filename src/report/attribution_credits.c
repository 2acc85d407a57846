/* The numbers of "credits" and "truth", and the order campaigns are shown in. */
#include "report/attribution_section.h"

#include "report/rank.h"
#include "report/read.h"

#include <math.h>

double attribution_share(double part, double total)
{
    return total > 0 ? part / total : NAN;
}

/* Credits of one list, made usable, and their sum. */
static double read_credits(double *credit, const json_t *list, size_t count)
{
    double total = 0;

    for (size_t c = 0; c < count; c++) {
        const double value = read_item(list, c);
        credit[c] = isfinite(value) && value > 0 ? value : 0;
        total += credit[c];
    }
    return total;
}

static double total_variation(const struct attribution_credits *credits, size_t method)
{
    const double *credit = credits->credit + method * credits->campaigns;
    double sum = 0;

    for (size_t c = 0; c < credits->campaigns; c++)
        sum += fabs(attribution_share(credit[c], credits->total[method]) -
                    attribution_share(credits->truth[c], credits->truth_total));
    return sum / 2;
}

static void read_truth(struct attribution_credits *credits, const json_t *document,
                       struct arena *memory)
{
    const json_t *truth = json_object_get(document, "truth");
    const json_t *list = json_object_get(truth, "credits");
    const json_t *distances = json_object_get(truth, "distances");
    const json_t *methods = json_object_get(json_object_get(document, "credits"), "methods");

    if (!truth)
        return;
    credits->truth_label = read_text(truth, "label");
    if (!credits->truth_label[0])
        credits->truth_label = "True credit";
    if (json_array_size(list) > 0) {
        credits->truth = ARENA_NEW(memory, double, credits->campaigns);
        credits->truth_total = read_credits(credits->truth, list, credits->campaigns);
    }
    credits->distance = ARENA_NEW(memory, double, credits->methods);
    for (size_t m = 0; m < credits->methods; m++) {
        const char *name = read_text(json_array_get(methods, m), "name");
        const json_t *entry;
        size_t index;
        credits->distance[m] = credits->truth ? total_variation(credits, m) : NAN;
        json_array_foreach(distances, index, entry) if (strcmp(read_text(entry, "name"), name) == 0)
            credits->distance[m] = read_number(entry, "total_variation");
    }
}

bool attribution_credits_read(struct attribution_credits *credits, const json_t *document,
                              struct arena *memory)
{
    const json_t *object = json_object_get(document, "credits");
    const json_t *names = json_object_get(object, "campaigns");
    const json_t *methods = json_object_get(object, "methods");
    const char *primary = read_text(object, "primary");
    const size_t campaigns = json_array_size(names);
    const size_t count =
        json_array_size(methods) < SHOWN_METHODS ? json_array_size(methods) : (size_t)SHOWN_METHODS;

    *credits = (struct attribution_credits){0};
    if (campaigns == 0 || count == 0)
        return false;
    credits->campaigns = campaigns;
    credits->methods = count;
    credits->campaign = ARENA_NEW(memory, const char *, campaigns);
    credits->label = ARENA_NEW(memory, const char *, count);
    credits->total = ARENA_NEW(memory, double, count);
    credits->credit = ARENA_NEW(memory, double, count *campaigns);
    for (size_t c = 0; c < campaigns; c++)
        credits->campaign[c] = read_text_item(names, c);
    for (size_t m = 0; m < count; m++) {
        const json_t *method = json_array_get(methods, m);
        credits->label[m] = read_label(method, "label", "name");
        credits->total[m] = read_credits(credits->credit + m * campaigns,
                                         json_object_get(method, "credits"), campaigns);
        if (strcmp(read_text(method, "name"), primary) == 0)
            credits->primary = m;
    }
    read_truth(credits, document, memory);
    credits->order = rank_descending(
        memory, credits->credit + credits->primary * credits->campaigns, credits->campaigns);
    return true;
}
