/*
 * fuzz_decision — decision.json of a bundle, with its calibrator, from bytes to answers.
 *
 * Whatever is accepted must write out as a document that is accepted again and writes out the same,
 * and must answer any score without reading outside its labels.
 */
#include "pipeline/decision.h"

#include "base/text.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *dump(const struct decision *decision)
{
    json_t *document = decision_json(decision);
    char *text = json_dumps(document, JSON_REAL_PRECISION(17));

    json_decref(document);
    BUG_ON(!text);
    return text;
}

static void check_round_trip(const struct decision *decision, struct arena *memory)
{
    struct decision again;
    struct error err = {0};
    char *first = dump(decision);
    json_t *document = json_loads(first, 0, NULL);

    BUG_ON(!document);
    if (!decision_parse(&again, document, memory, &err))
        BUG(err.text);
    char *second = dump(&again);
    BUG_ON(strcmp(first, second) != 0);
    json_decref(document);
    free(first);
    free(second);
}

static void check_answers(const struct decision *decision, struct arena *memory)
{
    static const double probe[ROWS] = {0, 0.5, 1, -3, 1e300, NAN};
    const size_t inputs = decision_inputs(decision);
    double *scores = ARENA_NEW(memory, double, ROWS *inputs);
    struct schema output;

    for (size_t i = 0; i < ROWS * inputs; i++)
        scores[i] = probe[i % ROWS];
    decision_output(decision, &output, memory);
    struct decision_column *column = ARENA_ZERO(memory, struct decision_column, output.count);
    for (size_t c = 0; c < output.count; c++)
        if (output.column[c].kind == SCHEMA_TEXT)
            column[c].text = ARENA_NEW(memory, struct table_string, ROWS);
        else
            column[c].number = ARENA_NEW(memory, double, ROWS);
    decision_apply(decision, scores, 0, ROWS, column);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *document = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    struct arena memory = {0};
    struct decision decision;
    struct error err = {0};

    if (!document)
        return 0;
    if (decision_parse(&decision, document, &memory, &err)) {
        check_round_trip(&decision, &memory);
        check_answers(&decision, &memory);
    } else {
        BUG_ON(err.code == ERR_NONE || !err.text[0]);
    }
    json_decref(document);
    arena_clear(&memory);
    return 0;
}
