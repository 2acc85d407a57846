/*
 * additive_hazard — conversions divided by an additive hazard without a baseline, the method of
 * Zhang, Wei and Ren (Multi-touch attribution in online advertising with survival theory, ICDM
 * 2014), for comparison with the incremental model.
 *
 * In a journey, impressions since the last conversion, the rate of a conversion at time t is
 *
 *     sum over its impressions i of  b_k w_k exp(-w_k (t - t_i)),   k the campaign of i,
 *
 * and nothing else: every conversion is some impression's. The paper knows when a conversion came;
 * a log knows the impressions before and after it. So impression i has H_i = b_k (exp(-w_k a) -
 * exp(-w_k e)) of the chance of the conversion, a and e being its age at the journey's last
 * impression and at the next one (or the log's end), and gets H_i / sum of H of the conversion.
 *
 * b and w maximise  sum over conversions of log(sum of H)  -  sum over impressions of b_k (1 -
 * exp(-w_k e)), where a gap with a conversion in it counts half in the second sum: log(1 - exp(-H))
 * is log(H) - H / 2 but for H^2 / 24. They are found by EM: shares as above, then b_k in closed
 * form, half as far again once w_k stays, and w_k by a search whose steps shrink and grow. Large
 * logs are fitted to the users of exposure_log_sampled() and credited whole.
 */
#ifndef QUERN_INCREMENTAL_ADDITIVE_HAZARD_H
#define QUERN_INCREMENTAL_ADDITIVE_HAZARD_H

#include "incremental/exposure_log.h"

/*
 * credit [log->campaigns], which sums to the conversions.
 *
 * ERR_INTERRUPT  a signal came
 */
MUST_CHECK bool additive_hazard_credit(const struct exposure_log *log, double *credit,
                                       struct error *err);

#endif
