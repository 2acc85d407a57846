#include "incremental/additive_hazard.h"

#include "attribution/elementary.h"
#include "base/interrupt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_MAX = 200, RATES = 3 /* as it is, faster, slower */ };

static const double DAY = 86400e6;
static const double GAP_MIN = 1e-3;                /* days */
static const double SLOW = 0.01, FAST = 50;        /* halvings a day */
static const double STEP_MIN = 1.03, STEP_MAX = 4; /* factors of a rate */
static const double MOVED_ENOUGH = 1e-4;           /* of all credits, in a round */
static const double TINY = 1e-300;

/* [campaigns] each. */
struct hazard {
    const struct exposure_log *log;
    double *strength; /* b */
    double *rate;     /* w / log 2: halvings a day */
    double *step;     /* a factor above 1 that the rate is tried with */
    double *credit, *before;
    /* By rate tried: sum of shares times log of H / b, and of what was exposed, H / b from the
     * impression on. */
    double *fitting[RATES], *exposed[RATES];
    double *memory;
};

static void hazard_init(struct hazard *h, const struct exposure_log *log)
{
    const size_t k = log->campaigns;

    *h = (struct hazard){.log = log,
                         .memory = memory_take_zeroed(5 + 2 * RATES, k * sizeof(double))};
    h->strength = h->memory;
    h->rate = h->memory + k;
    h->step = h->memory + 2 * k;
    h->credit = h->memory + 3 * k;
    h->before = h->memory + 4 * k;
    for (size_t r = 0; r < RATES; r++) {
        h->fitting[r] = h->memory + (5 + r) * k;
        h->exposed[r] = h->memory + (5 + RATES + r) * k;
    }
    for (size_t c = 0; c < k; c++) {
        h->strength[c] = 1;
        h->rate[c] = 0.5;
        h->step[c] = STEP_MAX;
    }
}

static double bounded(double rate)
{
    return rate < SLOW ? SLOW : rate > FAST ? FAST : rate;
}

static double rate_tried(const struct hazard *h, size_t c, size_t r)
{
    return r == 0 ? h->rate[c]
                  : bounded(r == 1 ? h->rate[c] * h->step[c] : h->rate[c] / h->step[c]);
}

static double days_between(const struct exposure_log *log, size_t from, int64_t to)
{
    return (double)(to - log->time[from]) / DAY;
}

/* Impressions from .. last, and what came next. */
struct stretch {
    size_t from, last;
    double gap; /* days from the last one */
};

/* H of an impression by its strength. */
static double acts(double rate, double age, double gap)
{
    return exp2_decay(rate * age) * (1 - exp2_decay(rate * gap));
}

static double share_of(const struct hazard *h, const struct stretch *s, size_t i)
{
    const size_t c = h->log->campaign[i];
    const double age = days_between(h->log, i, h->log->time[s->last]);
    const double part = h->strength[c] * acts(h->rate[c], age, s->gap);

    return part > TINY ? part : TINY;
}

/* Divide the conversion at the end of a stretch; `fit` also adds up what the rates are chosen by.
 */
static void divide(struct hazard *h, const struct stretch *s, bool fit)
{
    double sum = 0;

    for (size_t i = s->from; i <= s->last; i++)
        sum += share_of(h, s, i);
    for (size_t i = s->from; i <= s->last; i++) {
        const size_t c = h->log->campaign[i];
        const double share = share_of(h, s, i) / sum;
        const double age = days_between(h->log, i, h->log->time[s->last]);
        h->credit[c] += share;
        for (size_t r = 0; fit && r < RATES; r++) {
            const double part = acts(rate_tried(h, c, r), age, s->gap);
            h->fitting[r][c] += share * log_near(part > TINY ? part : TINY);
        }
    }
}

/* Half of a gap counts in which a conversion came. */
static void expose(struct hazard *h, const struct stretch *s)
{
    const double counts = h->log->conversion[s->last] ? 0.5 : 1;

    for (size_t i = s->from; i <= s->last; i++) {
        const size_t c = h->log->campaign[i];
        const double age = days_between(h->log, i, h->log->time[s->last]);
        for (size_t r = 0; r < RATES; r++) {
            const double rate = rate_tried(h, c, r);
            h->exposed[r][c] += 1 - exp2_decay(rate * age) + counts * acts(rate, age, s->gap);
        }
    }
}

static void add_user(struct hazard *h, size_t u, bool fit)
{
    const struct exposure_log *log = h->log;
    struct stretch s = {.from = (size_t)log->offset[u]};
    const size_t end = (size_t)log->offset[u + 1];

    for (s.last = s.from; s.last < end; s.last++) {
        if (!log->conversion[s.last] && s.last + 1 < end)
            continue;
        const int64_t next = s.last + 1 < end ? log->time[s.last + 1] : log->end;
        s.gap = days_between(log, s.last, next);
        s.gap = s.gap > GAP_MIN ? s.gap : GAP_MIN;
        if (log->conversion[s.last])
            divide(h, &s, fit);
        if (fit)
            expose(h, &s);
        s.from = s.last + 1;
    }
}

/* The best of the rates tried for campaign c, with the strength that goes with each. */
static void choose(struct hazard *h, size_t c)
{
    double best = -INFINITY;
    size_t chosen = 0;

    if (!(h->credit[c] > 0)) {
        h->strength[c] = 0;
        h->step[c] = STEP_MIN;
        return;
    }
    for (size_t r = 0; r < RATES; r++) {
        const double exposed = h->exposed[r][c] > TINY ? h->exposed[r][c] : TINY;
        const double value = h->fitting[r][c] - h->credit[c] * log_near(exposed);
        if (value > best) {
            best = value;
            chosen = r;
        }
    }
    const double exposed = h->exposed[chosen][c];
    const double next = h->credit[c] / (exposed > TINY ? exposed : TINY);
    const double times = next / h->strength[c];
    h->strength[c] = chosen == 0 ? next * sqrt(times) : next;
    h->rate[c] = rate_tried(h, c, chosen);
    h->step[c] = chosen == 0 ? fmax(sqrt(h->step[c]), STEP_MIN) : fmin(1.5 * h->step[c], STEP_MAX);
}

/* One round of EM over the sampled users; *settled where it moved next to nothing. */
static void fit_once(struct hazard *h, bool *settled)
{
    const size_t campaigns = h->log->campaigns;
    double moved = 0, sum = 0;

    memcpy(h->before, h->credit, campaigns * sizeof(double));
    memset(h->credit, 0, campaigns * sizeof(double));
    memset(h->fitting[0], 0, 2 * RATES * campaigns * sizeof(double));
    for (size_t u = 0; u < h->log->users; u++) {
        exposure_log_pass(h->log, u);
        if (exposure_log_sampled(h->log, u))
            add_user(h, u, true);
    }
    *settled = true;
    for (size_t c = 0; c < campaigns; c++) {
        choose(h, c);
        *settled &= h->step[c] <= STEP_MIN;
        moved += fabs(h->credit[c] - h->before[c]);
        sum += h->credit[c];
    }
    *settled &= moved <= MOVED_ENOUGH * sum;
}

bool additive_hazard_credit(const struct exposure_log *log, double *credit, struct error *err)
{
    struct hazard h;
    bool settled = false, ok = true;

    hazard_init(&h, log);
    for (size_t round = 0; ok && !settled && round < ROUNDS_MAX; round++) {
        fit_once(&h, &settled);
        ok = interrupt_check("fitting the additive hazard", err);
    }
    memset(h.credit, 0, log->campaigns * sizeof(double));
    for (size_t u = 0; ok && u < log->users; u++) {
        exposure_log_pass(log, u);
        add_user(&h, u, false);
    }
    memcpy(credit, h.credit, log->campaigns * sizeof(double));
    free(h.memory);
    return ok;
}
