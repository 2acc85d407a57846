/*
 * decision — from the model's scores to an answer: the last part of a bundle.
 *
 *   DECISION_VALUE    one score, answered as it is:         score
 *   DECISION_BINARY   one score; calibrated, then           label, score
 *                     label[1] at or above the threshold, else label[0]
 *   DECISION_CLASSES  one score per class; the label of     label, score, score_LABEL ...
 *                     the largest (the first of equals), that score, and all of them
 *
 * A missing score (NaN) gives a missing label. In JSON (decision.json):
 *
 *   {"kind": "binary", "labels": ["False", "True"], "threshold": 0.5,
 *    "calibrator": {"kind": "none"}}
 */
#ifndef QUERN_PIPELINE_DECISION_H
#define QUERN_PIPELINE_DECISION_H

#include "model/calibrator.h"
#include "transform/frame.h"

enum decision_kind { DECISION_VALUE, DECISION_BINARY, DECISION_CLASSES };

enum { DECISION_LABELS_MAX = 5000, DECISION_LABEL_BYTES_MAX = 512 };

struct decision {
    enum decision_kind kind;
    struct calibrator calibrator; /* of DECISION_BINARY */
    double threshold;             /* " */
    size_t labels;                /* 0, 2, or the classes */
    const struct table_string *label;
};

/* Scores of a row that it takes. */
size_t decision_inputs(const struct decision *decision);

/* The columns of its answers; the arrays live in `memory`. */
void decision_output(const struct decision *decision, struct schema *output, struct arena *memory);

/* The arrays of an answer being written, one per output column; `text` or `number` by its type. */
struct decision_column {
    double *number;
    struct table_string *text;
};

/*
 * Answers of rows first .. first + rows - 1. scores [rows, inputs]; column [outputs]. Labels are
 * views into the decision.
 */
void decision_apply(const struct decision *decision, const double *scores, size_t first,
                    size_t rows, const struct decision_column *column);

json_t *decision_json(const struct decision *decision);
/* ERR_DATA: not a decision. Lives in `memory`. */
MUST_CHECK bool decision_parse(struct decision *decision, const json_t *document,
                               struct arena *memory, struct error *err);

#endif
