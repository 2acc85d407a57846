/*
 * visits — what share of a chain's flow has passed a channel, for all channels.
 *
 * For a channel c and a state s let
 *
 *   seen_c(s) = the share of the visits to s that come after (or are) a visit to c.
 *
 * A walk that is led to (null) at its first visit to c is a walk that passes c, so of the
 * conversions that end in s the share seen_c(s) is lost when c is removed:
 *
 *   removal effect of c = sum over s of seen_c(s) conversions(s)  /  all conversions
 *
 * and the same seen_c weighs values: one chain, one solution, both effects. seen_c is 1 where the
 * state holds c; elsewhere it is the average of seen_c over where the flow comes from,
 *
 *   seen_c(s) = sum over t of count(t to s) / count(s) * seen_c(t),     (start) counting 0,
 *
 * the chance that the chain run backwards from s meets c before (start).
 *
 * Order 1 has it in closed form. With M = diag(count) - counts and K = M^-1 (up to scale the
 * fundamental matrix (I - Q)^-1), removing one state changes K by a matrix of rank one, and
 *
 *   seen_c(s) = K[c, s] / K[c, c]:
 *
 * one factorisation serves all channels. M is factorised by the elimination of Grassmann, Taksar
 * and Heyman (Operations Research 33, 1985), which keeps the diagonal as a sum instead of
 * subtracting: every number is accurate to rounding however seldom walks end.
 *
 * Higher orders have one sparse system per channel. They are solved together, eight channels to a
 * cache line, by Gauss-Seidel sweeps that start from the solution of order 1 and, between sweeps,
 * spread what the states' residual sums to over each last channel with the K of order 1 (a
 * two-level method). It ends when the conversions and values that the remaining residual could
 * move are below 1e-14 of the total, a bound and not an estimate.
 */
#ifndef QUERN_ATTRIBUTION_VISITS_H
#define QUERN_ATTRIBUTION_VISITS_H

#include "attribution/chain.h"
#include "base/pool.h"

/* Above this number of channels order 1 is solved by sweeps too. */
enum { VISITS_DENSE_MAX = 1536 };

/* K of a chain of order 1, [channels][channels]; rows and columns of unused channels are 0. */
struct visits_kernel {
    size_t channels;
    double *k;
    struct arena memory;
};

void visits_kernel_solve(struct visits_kernel *kernel, const struct chain *first_order);
void visits_kernel_clear(struct visits_kernel *kernel);

/*
 * Conversions and values that pass each channel: out arrays [channels], `value` may be NULL.
 * `kernel` may be NULL: then sweeps are all there is. The result does not depend on the pool.
 *
 * ERR_CHECK      the sweeps do not settle
 * ERR_INTERRUPT  Ctrl-C
 */
MUST_CHECK bool visits_passing(const struct chain *chain, const struct visits_kernel *kernel,
                               struct pool *pool, double *conversions, double *value,
                               struct error *err);

#endif
