/*
 * evaluation_section — "How good the model is", from the keys "evaluation" (evaluation.json) and
 * "evaluation_note" of a report document; the same on every page but for its words.
 */
#ifndef QUERN_REPORT_EVALUATION_SECTION_H
#define QUERN_REPORT_EVALUATION_SECTION_H

#include "base/arena.h"
#include "base/text.h"

#include <jansson.h>

/* What the rows and their two outcomes are called; our own words, as markup. */
struct evaluation_words {
    const char *one, *many, *title;   /* "journey", "journeys", "Journeys" */
    const char *yes, *no;             /* "Converted", "Not converted" */
    const char *calls_yes, *calls_no; /* "converts", "not" */
    const char *share;                /* "share that converted" */
    const char *lead;                 /* one sentence on how to read the section */
};

/* Nothing when there are no numbers. */
void evaluation_section(struct text *out, const json_t *document,
                        const struct evaluation_words *words, struct arena *memory);

/* "provenance": where the page came from. Nothing when it is missing. */
void provenance_section(struct text *out, const json_t *document);

#endif
