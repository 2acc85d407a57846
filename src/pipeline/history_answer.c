#include "pipeline/history_answer.h"

#include "base/text.h"

#include <string.h>

void history_answer_schema(struct schema *schema, const char *const *key, size_t keys,
                           struct arena *memory)
{
    static const char *const names[HISTORY_ANSWERS] = {"score-percentile", "legacy-score",
                                                       "ProbabilityScore"};
    struct schema_column *column = ARENA_NEW(memory, struct schema_column, HISTORY_ANSWERS + keys);

    for (size_t c = 0; c < HISTORY_ANSWERS; c++)
        column[c] = (struct schema_column){names[c], SCHEMA_TEXT, SCHEMA_REQUIRED};
    for (size_t k = 0; k < keys; k++)
        column[HISTORY_ANSWERS + k] = (struct schema_column){
            arena_format(memory, "attention.%s", key[k]), SCHEMA_LIST, SCHEMA_REQUIRED};
    *schema = (struct schema){HISTORY_ANSWERS + keys, column};
}

static struct table_string decimal(double value, struct arena *scratch)
{
    char text[TEXT_DECIMAL_SIZE];

    text_from_decimal(text, value);
    const size_t length = strlen(text);
    return (struct table_string){arena_string(scratch, text, length), length};
}

void history_answer_row(const struct history_answer *answer, double score,
                        struct table_string *text, struct arena *scratch)
{
    text[0] = decimal(percentile_map_apply(&answer->percentile, score), scratch);
    text[1] = decimal(score, scratch);
    text[2] = decimal(calibrator_apply(&answer->calibrator, score), scratch);
}

struct table_string history_answer_attention(const float *weight, size_t orders,
                                             struct arena *scratch)
{
    char number[TEXT_DECIMAL_SIZE];
    struct text list = {0};

    for (size_t i = 0; i < orders; i++) {
        text_from_decimal(number, (double)weight[i]);
        text_add_format(&list, "%s%s", i ? SCHEMA_LIST_JOIN : "", number);
    }
    const struct table_string copy = {
        arena_string(scratch, list.bytes ? list.bytes : "", list.length), list.length};
    text_clear(&list);
    return copy;
}

json_t *history_answer_json(const struct history_answer *answer)
{
    return json_pack("{s:o, s:o}", "percentile", percentile_map_json(&answer->percentile),
                     "calibrator", calibrator_json(&answer->calibrator));
}

bool history_answer_parse(struct history_answer *answer, const json_t *document,
                          struct arena *memory, struct error *err)
{
    return (percentile_map_parse(&answer->percentile, json_object_get(document, "percentile"),
                                 memory, err) ||
            error_wrap(err, "'percentile'")) &&
           (calibrator_parse(&answer->calibrator, json_object_get(document, "calibrator"), memory,
                             err) ||
            error_wrap(err, "'calibrator'"));
}
