/*
 * attribution_page — what an attribution run found, as a page. The document (report.json):
 *
 *   "report"    "attribution"
 *   "title"     heading; "subtitle" a line under it (source, period)
 *   "headline"  {"impressions", "users", "journeys", "conversions", "campaigns"}: numbers
 *   "credits"   {"primary": name of the method that leads (default: the first),
 *                "campaigns": [name],
 *                "methods": [{"name", "label", "credits": [conversions, one per campaign]}]}
 *   "incremental" what campaigns caused; lists are by campaign, those of "credit", "low", "high"
 * and "value" with the baseline last:
 *                {"campaigns": [name], "credit": [conversions caused], "low", "high": [ends],
 *                 "value": [worth of those], "cost": [of the campaign], "replicates": number,
 *                 "link": {"name"},
 *                 "totals": {"conversions", "caused", "caused_low", "caused_high", "anyway",
 *                            "anyway_low", "anyway_high"},
 *                 "periods": {"from": [date], "weeks": in each, "caused": [..], "anyway": [..]},
 *                 "decay": {"days": [..], "share": [[of each campaign]], "half_gone_days": [..],
 *                 "unit": what the share is of},
 *                 "pairs": [{"campaigns": [two], "credit", "low", "high"}],
 *                 "curves": {"scale": [..], "change": [[of each campaign]], "low", "high"},
 *                 "before": [credit without experiments], "experiments": [{"campaign", "from",
 *                 "to", "conversions_caused", "standard_error", "before", "after"}], "doubt": see
 *                 incremental/doubt.h}
 *   "truth"     {"label", "credits": [one per campaign of "credits"],
 *                "distances": [{"name", "label", "total_variation"}]}; without distances they are
 *                computed: half the sum of |share of method - share of truth| over campaigns
 *   "removal_effects"  {"campaigns": [name], "effects": [0..1], "label": which chain}
 *   "transition_matrix" {"states": [name], "probabilities": [[row of the state]]}; states called
 *                "(start)", "(conversion)" and "(null)" are the ends
 *   "journey_lengths" {"journeys": [count of journeys of 1, 2, ... impressions],
 *                "converted": [of these, converted], "keeps_whole": length that keeps 80 % whole,
 *                "whole_share": that share (0.8), "max_length": what the model sees}
 *   "attention_by_position" {"converted": [mean attention of the last, last but one, ...],
 *                "not_converted": [the same]}
 *   "training"  [{"epoch", "train_loss", "test_loss", "train_auc", "test_auc", "best": true}]
 *   "evaluation" the object of evaluation.json (metric/evaluation.h), with curves
 *   "evaluation_note" which rows it is about ("5 folds", "the test split")
 *   "provenance" {"pipeline": the text of the pipeline file}; every other key is a line of text or
 *                a number (version, data_hash, seeds)
 *
 * Everything is optional: a section without data is left out. A number that is missing, null or
 * "NaN" is shown as "–". Shown at most: 30 campaigns (by the leading method; the rest is summed as
 * "other"), 20 removal effects, 16 methods, 20 states, 60 journey lengths, 30 positions, 200
 * epochs, 50 folds, 80 lines of provenance, 24 KB of pipeline text.
 */
#ifndef QUERN_REPORT_ATTRIBUTION_PAGE_H
#define QUERN_REPORT_ATTRIBUTION_PAGE_H

#include "base/text.h"

#include <jansson.h>

void attribution_page_html(struct text *out, const json_t *document);

#endif
