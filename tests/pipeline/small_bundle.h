/* small_bundle — a bundle of one number and a threshold, for tests of what surrounds bundles. */
#ifndef QUERN_TESTS_PIPELINE_SMALL_BUNDLE_H
#define QUERN_TESTS_PIPELINE_SMALL_BUNDLE_H

/*
 * Written to `folder`: input `score`, answer "True" from `threshold` on; with an evaluation (auc
 * 0.9, f1 0.8), a lineage (seed 7) and a reference (deciles 0 to 1).
 */
void small_bundle_write(const char *folder, double threshold);

#endif
