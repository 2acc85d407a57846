/* Doubts as JSON, for the report. */
#include "incremental/doubt.h"
#include "base/json.h"

static json_t *campaign_json(const struct doubt_campaign *c)
{
    const struct {
        const char *name;
        double value;
    } numbers[] = {
        {"credit", c->credit},
        {"low", c->low},
        {"high", c->high},
        {"without_controls", c->without_controls},
        {"placebo", c->placebo},
        {"placebo_low", c->placebo_low},
        {"placebo_high", c->placebo_high},
        {"users_without", c->users_without},
    };
    json_t *one = json_object();

    json_object_set_new(one, "campaign", json_string(c->name));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_object_set_new(one, numbers[i].name, json_number(numbers[i].value));
    json_object_set_new(one, "placebo_failed", json_boolean(c->placebo_failed));
    return one;
}

static json_t *calibration_json(const struct incremental_doubt *doubt)
{
    json_t *calibration = json_object(), *groups = json_array();

    for (size_t g = 0; g < DOUBT_GROUPS; g++) {
        json_t *one = json_object();
        json_object_set_new(one, "impressions", json_number(doubt->group[g].impressions));
        json_object_set_new(one, "expected", json_number(doubt->group[g].expected));
        json_object_set_new(one, "conversions", json_number(doubt->group[g].conversions));
        json_array_append_new(groups, one);
    }
    json_object_set_new(calibration, "groups", groups);
    json_object_set_new(calibration, "misplaced", json_number(doubt->misplaced));
    json_object_set_new(calibration, "misplaced_by_chance",
                        json_number(doubt->misplaced_by_chance));
    return calibration;
}

json_t *incremental_doubt_json(const struct incremental_doubt *doubt)
{
    json_t *document = json_object(), *campaigns = json_array(), *sentences = json_array();

    for (size_t k = 0; k <= doubt->campaigns; k++)
        json_array_append_new(campaigns, campaign_json(&doubt->campaign[k]));
    for (size_t i = 0; i < doubt->sentences; i++) {
        const struct doubt_sentence *s = &doubt->sentence[i];
        json_t *one = json_object();
        json_object_set_new(
            one, "campaign",
            s->campaign == SIZE_MAX ? json_null() : json_string(doubt->campaign[s->campaign].name));
        json_object_set_new(one, "text", json_string(s->text));
        json_array_append_new(sentences, one);
    }
    json_object_set_new(document, "campaigns", campaigns);
    json_object_set_new(document, "calibration", calibration_json(doubt));
    json_object_set_new(document, "sentences", sentences);
    return document;
}
