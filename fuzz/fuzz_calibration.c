/*
 * fuzz_calibration — documents of calibrators and percentile maps, from bytes to answers.
 *
 * Whatever is accepted must write out as a document that is accepted again and writes out the same,
 * and must answer every score: not falling, within 0..1, NaN for NaN alone.
 */
#include "model/calibrator.h"
#include "model/percentile_map.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ascending. */
static const double probe[] = {-INFINITY, -3,   0,        5e-324,      1e-9, 0.1,   0.25,    0.5,
                               0.9,       0.99, 0.999999, 1 - 0x1p-53, 1,    1e300, INFINITY};
enum { PROBES = sizeof probe / sizeof *probe };

static void check_answers(const double *answer)
{
    for (size_t i = 0; i < PROBES; i++) {
        BUG_ON(!(answer[i] >= 0 && answer[i] <= 1));
        BUG_ON(i > 0 && answer[i] < answer[i - 1] - 1e-12);
    }
}

static char *dump(json_t *document)
{
    char *text = json_dumps(document, JSON_REAL_PRECISION(17));

    json_decref(document);
    BUG_ON(!text);
    return text;
}

static void check_calibrator(const json_t *document, struct arena *memory)
{
    struct calibrator first, second;
    struct error err = {0};
    double answer[PROBES];

    if (!calibrator_parse(&first, document, memory, &err)) {
        BUG_ON(err.code == ERR_NONE || !err.text[0]);
        return;
    }
    char *text = dump(calibrator_json(&first));
    json_t *again = json_loads(text, 0, NULL);
    if (!again || !calibrator_parse(&second, again, memory, &err))
        BUG(err.text);
    json_decref(again);
    char *twice = dump(calibrator_json(&second));
    BUG_ON(strcmp(text, twice) != 0);
    free(text);
    free(twice);
    BUG_ON(!isnan(calibrator_apply(&first, NAN)));
    for (size_t i = 0; i < PROBES; i++)
        answer[i] = calibrator_apply(&first, probe[i]);
    if (first.kind != CALIBRATOR_NONE)
        check_answers(answer);
}

static void check_percentiles(const json_t *document, struct arena *memory)
{
    struct percentile_map first, second;
    struct error err = {0};
    double answer[PROBES];

    if (!percentile_map_parse(&first, document, memory, &err)) {
        BUG_ON(err.code == ERR_NONE || !err.text[0]);
        return;
    }
    char *text = dump(percentile_map_json(&first));
    json_t *again = json_loads(text, 0, NULL);
    if (!again || !percentile_map_parse(&second, again, memory, &err))
        BUG(err.text);
    json_decref(again);
    char *twice = dump(percentile_map_json(&second));
    BUG_ON(strcmp(text, twice) != 0);
    free(text);
    free(twice);
    BUG_ON(!isnan(percentile_map_apply(&first, NAN)));
    for (size_t i = 0; i < PROBES; i++)
        answer[i] = percentile_map_apply(&first, probe[i]);
    check_answers(answer);
    for (size_t k = 0; k < first.knots; k++)
        BUG_ON(percentile_map_apply(&first, first.score[k]) != first.percentile[k]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *document = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    struct arena memory = {0};

    if (!document)
        return 0;
    check_calibrator(document, &memory);
    check_percentiles(document, &memory);
    json_decref(document);
    arena_clear(&memory);
    return 0;
}
