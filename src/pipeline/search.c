#include "pipeline/search.h"

#include "base/clock.h"
#include "base/interrupt.h"
#include "pipeline/search_store.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* One search while it runs. The lock guards everything that changes. */
struct engine {
    const struct search_plan *plan;
    const struct search_objective *objective;
    const char *path;
    const struct search_value **parameter; /* [trials] */
    struct search_result *result;          /* [count], by rung, then id */
    size_t count, room, total;
    struct arena *memory;
    pthread_mutex_t lock;
    /* The rung that runs. */
    size_t rung, epochs;
    const size_t *pending; /* [pending_count] ids without a result */
    size_t pending_count, next;
    bool stopped;
    struct error err; /* why, when stopped */
};

size_t search_rungs(const struct search_plan *plan, size_t trials[SEARCH_RUNGS_MAX],
                    size_t epochs[SEARCH_RUNGS_MAX])
{
    size_t rungs = 0, left = plan->trials, budget = plan->min_epochs;

    if (plan->method == SEARCH_RANDOM) {
        trials[0] = plan->trials;
        epochs[0] = 0;
        return 1;
    }
    while (rungs < SEARCH_RUNGS_MAX) {
        trials[rungs] = left;
        epochs[rungs++] = budget < plan->max_epochs ? budget : plan->max_epochs;
        if (budget >= plan->max_epochs)
            break;
        left = left / plan->factor ? left / plan->factor : 1;
        budget *= plan->factor;
    }
    return rungs;
}

static int compare_order(const void *a, const void *b)
{
    const struct search_result *left = a, *right = b;

    if (left->rung != right->rung)
        return left->rung < right->rung ? -1 : 1;
    return (left->id > right->id) - (left->id < right->id);
}

/* Better first. Only trials of one rung had the same epochs, so the latest rung goes first. */
static bool is_better(const struct search_plan *plan, const struct search_result *a,
                      const struct search_result *b)
{
    if (a->failed != b->failed)
        return b->failed;
    if (a->rung != b->rung)
        return a->rung > b->rung;
    if (!a->failed && a->value != b->value)
        return plan->maximize ? a->value > b->value : a->value < b->value;
    return a->id < b->id;
}

/* Insertion sort: there is no context argument in qsort, and the lists are short. */
static void rank_results(const struct search_plan *plan, struct search_result *list, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct search_result moved = list[i];
        size_t at = i;
        for (; at > 0 && is_better(plan, &moved, &list[at - 1]); at--)
            list[at] = list[at - 1];
        list[at] = moved;
    }
}

static const struct search_result *find_result(const struct engine *e, size_t rung, size_t id)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->result[i].rung == rung && e->result[i].id == id)
            return &e->result[i];
    return NULL;
}

static void add_result(struct engine *e, struct search_result result)
{
    if (e->count == e->room) {
        e->room = e->room ? e->room * 2 : 16;
        e->result = memory_resize(e->result, e->room, sizeof *e->result);
    }
    result.parameter = e->parameter[result.id];
    e->result[e->count++] = result;
    qsort(e->result, e->count, sizeof *e->result, compare_order);
}

static const struct search_result *best_result(const struct engine *e)
{
    const struct search_result *best = NULL;

    for (const struct search_result *r = e->result; r < e->result + e->count; r++)
        if (!r->failed && (!best || is_better(e->plan, r, best)))
            best = r;
    return best;
}

/* Failures that are not the trial's own: the next trial would meet them too. */
static bool ends_search(enum error_code code)
{
    return code == ERR_ARG || code == ERR_CONFIG || code == ERR_IO || code == ERR_LIBRARY ||
           code == ERR_INTERRUPT;
}

/* Fifteen digits, as trials.json has them, so that a resumed search compares the same numbers. */
static double stored(double value)
{
    char digits[40];

    snprintf(digits, sizeof digits, "%.15g", value);
    return strtod(digits, NULL);
}

static struct search_result run_trial(struct engine *e, size_t id, size_t slot, struct error *err)
{
    const struct search_trial trial = {.id = id,
                                       .rung = e->rung,
                                       .epochs = e->epochs,
                                       .slot = slot,
                                       .value = e->parameter[id],
                                       .values = e->plan->ranges};
    struct search_result result = {
        .id = id, .rung = e->rung, .epochs = e->epochs, .parameter = e->parameter[id]};
    const double start = clock_seconds();
    double value = NAN;

    if (!e->objective->run(e->objective->context, &trial, &value, err))
        result.failed = true;
    else if (!isfinite(value))
        result.failed = !error_set(err, ERR_CHECK, "%s is not a number", e->plan->metric);
    result.value = result.failed ? 0 : stored(value);
    result.seconds = clock_seconds() - start;
    return result;
}

/* Called with the lock held. */
static void record(struct engine *e, struct search_result result, const struct error *why)
{
    if (result.failed && ends_search(why->code)) {
        if (!e->stopped)
            e->err = *why;
        e->stopped = true;
        return;
    }
    if (result.failed)
        result.error = arena_string(e->memory, why->text, strlen(why->text));
    add_result(e, result);
    struct error err = {0};
    if (!search_store_write(e->path, e->plan, e->result, e->count, best_result(e), &err)) {
        if (!e->stopped)
            e->err = err;
        e->stopped = true;
        return;
    }
    if (e->objective->report)
        e->objective->report(e->objective->context, &result, e->count, e->total);
}

struct worker {
    struct engine *engine;
    size_t slot;
    pthread_t thread;
};

static void *work(void *argument)
{
    const struct worker *w = argument;
    struct engine *e = w->engine;

    pthread_mutex_lock(&e->lock);
    while (!e->stopped && e->next < e->pending_count) {
        const size_t id = e->pending[e->next++];
        struct error err = {0};
        if (!interrupt_check("searching", &e->err)) {
            e->stopped = true;
            break;
        }
        pthread_mutex_unlock(&e->lock);
        const struct search_result result = run_trial(e, id, w->slot, &err);
        pthread_mutex_lock(&e->lock);
        record(e, result, &err);
    }
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

/* The calling thread is slot 0; where a thread cannot be had, fewer trials run at a time. */
static void run_pending(struct engine *e)
{
    const size_t wanted =
        e->plan->parallel < e->pending_count ? e->plan->parallel : e->pending_count;
    struct worker worker[SEARCH_PARALLEL_MAX];
    size_t started = 1;

    for (size_t slot = 0; slot < wanted && slot < SEARCH_PARALLEL_MAX; slot++)
        worker[slot] = (struct worker){.engine = e, .slot = slot};
    while (started < wanted && started < SEARCH_PARALLEL_MAX &&
           pthread_create(&worker[started].thread, NULL, work, &worker[started]) == 0)
        started++;
    if (wanted)
        work(&worker[0]);
    for (size_t slot = 1; slot < started; slot++)
        pthread_join(worker[slot].thread, NULL);
}

/* The members of a rung: all trials first, then the best of the rung before that did not fail. */
static size_t choose_members(const struct engine *e, size_t rung, size_t wanted, size_t *member)
{
    size_t count = 0, chosen = 0;

    if (rung == 0) {
        for (size_t id = 0; id < wanted; id++)
            member[id] = id;
        return wanted;
    }
    struct search_result *list = memory_take(e->count + 1, sizeof *list);
    for (size_t i = 0; i < e->count; i++)
        if (e->result[i].rung == rung - 1 && !e->result[i].failed)
            list[count++] = e->result[i];
    rank_results(e->plan, list, count);
    for (; chosen < wanted && chosen < count; chosen++)
        member[chosen] = list[chosen].id;
    free(list);
    return chosen;
}

static bool run_rungs(struct engine *e, struct error *err)
{
    size_t trials[SEARCH_RUNGS_MAX], epochs[SEARCH_RUNGS_MAX];
    const size_t rungs = search_rungs(e->plan, trials, epochs);
    size_t *member = memory_take(e->plan->trials, sizeof *member);

    for (size_t r = 0; r < rungs; r++)
        e->total += trials[r];
    for (size_t r = 0; r < rungs && !e->stopped; r++) {
        const size_t members = choose_members(e, r, trials[r], member);
        size_t pending = 0;
        for (size_t i = 0; i < members; i++)
            if (!find_result(e, r, member[i]))
                member[pending++] = member[i];
        e->rung = r;
        e->epochs = epochs[r];
        e->pending = member;
        e->pending_count = pending;
        e->next = 0;
        run_pending(e);
    }
    free(member);
    if (e->stopped) {
        *err = e->err;
        return false;
    }
    return true;
}

/* Take over an earlier run's trials; what does not fit the plan is a damaged or foreign file. */
static bool resume(struct engine *e, struct error *err)
{
    size_t trials[SEARCH_RUNGS_MAX], epochs[SEARCH_RUNGS_MAX], count;
    const size_t rungs = search_rungs(e->plan, trials, epochs);
    struct search_result *stored_result;

    if (!search_store_read(e->path, e->plan, &stored_result, &count, e->memory, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct search_result *r = &stored_result[i];
        if (r->id >= e->plan->trials)
            return error_set(err, ERR_DATA,
                             "%s has trial %zu, but only %zu trials are asked for; ask for at "
                             "least as many or remove the file",
                             e->path, r->id, e->plan->trials);
        if (r->rung >= rungs || r->epochs != epochs[r->rung] || find_result(e, r->rung, r->id))
            return error_set(err, ERR_DATA,
                             "%s: entry %zu of 'trials' does not fit the search; remove the file "
                             "to start again",
                             e->path, i);
        add_result(e, *r);
    }
    return true;
}

static bool finish(struct engine *e, struct error *err)
{
    if (best_result(e))
        return true;
    return error_set(err, ERR_CHECK, "every trial failed; the first: %.600s",
                     e->count && e->result[0].error ? e->result[0].error : "no trial ran");
}

bool search_run(const struct search_plan *plan, const struct search_objective *objective,
                const char *path, struct search_outcome *outcome, struct error *err)
{
    struct engine e = {.plan = plan, .objective = objective, .path = path};
    struct search_outcome made = {0};

    e.memory = &made.memory;
    e.parameter = ARENA_NEW(e.memory, const struct search_value *, plan->trials);
    for (size_t id = 0; id < plan->trials; id++)
        e.parameter[id] = search_space_draw(plan->range, plan->ranges, plan->seed, id, e.memory);
    pthread_mutex_init(&e.lock, NULL);
    bool ok = resume(&e, err);
    made.resumed = e.count;
    ok = ok && run_rungs(&e, err) && finish(&e, err);
    pthread_mutex_destroy(&e.lock);
    if (ok) {
        rank_results(plan, e.result, e.count);
        made.count = e.count;
        made.result = e.result;
        *outcome = made;
    } else {
        free(e.result);
        arena_clear(&made.memory);
    }
    return ok;
}

void search_outcome_clear(struct search_outcome *outcome)
{
    free(outcome->result);
    arena_clear(&outcome->memory);
    *outcome = (struct search_outcome){0};
}
