/*
 * epochs_section — "Training", from the key "training" of a report document:
 *
 *   [{"epoch", "train_loss", "test_loss", "train_auc", "test_auc", "best": true}]
 *
 * or {"epochs": such a list}. With "val_loss" and "val_auc" in place of "test_...", the second
 * split is called validation.
 *
 * Nothing when there are no epochs. At most 200 are shown: of more every n-th, and the last.
 */
#ifndef QUERN_REPORT_EPOCHS_SECTION_H
#define QUERN_REPORT_EPOCHS_SECTION_H

#include "base/arena.h"
#include "base/text.h"

#include <jansson.h>

void epochs_section(struct text *out, const json_t *document, struct arena *memory);

#endif
