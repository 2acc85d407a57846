#include "attribution/simulation.h"
#include "base/log.h"
#include "churn/simulation.h"
#include "cli/command.h"
#include "fraud/simulation.h"

#include <inttypes.h>
#include <string.h>

struct simulate_options {
    const char *name, *output, *truth;
    size_t users, rows, seed; /* sizes are 0 when not given */
    size_t customers, terminals, days, campaigns;
    double selection, drift; /* negative when not given */
    bool quiet;
};

enum { USERS = 20000, ROWS = 3333, CUSTOMERS = 5000, TERMINALS = 10000, DAYS = 68 };

static bool has_fraud_flags(const struct simulate_options *o, struct error *err)
{
    const char *flag = o->customers ? "customers" : o->terminals ? "terminals" : "days";

    if (o->customers || o->terminals || o->days)
        return !error_set(err, ERR_ARG, "--%s: is for fraud", flag);
    return false;
}

/* Is a random market of attribution wanted? */
static bool has_market_flags(const struct simulate_options *o)
{
    return o->campaigns > 0 || o->selection >= 0 || o->drift >= 0;
}

static bool simulate_attribution(const struct simulate_options *o, struct error *err)
{
    const struct simulation_request request = {.users = o->users ? o->users : USERS,
                                               .seed = o->seed,
                                               .output = o->output,
                                               .truth = o->truth,
                                               .drawn = has_market_flags(o),
                                               .campaigns = o->campaigns,
                                               .selection = o->selection >= 0 ? o->selection : 1,
                                               .drift = o->drift >= 0 ? o->drift : 0,
                                               .quiet = o->quiet};
    struct simulation_truth truth;

    if (o->rows)
        return error_set(err, ERR_ARG, "--rows: attribution has --users");
    if (has_fraud_flags(o, err))
        return false;
    if (!simulation_write(&request, &truth, err))
        return false;
    if (!o->quiet)
        log_line("%" PRIu64 " impressions of %" PRIu64 " users, %" PRIu64
                 " conversions, of which %.1f were caused by campaigns",
                 truth.impressions, truth.users, truth.conversions,
                 (double)truth.conversions - truth.uncaused);
    return true;
}

static bool simulate_churn(const struct simulate_options *o, struct error *err)
{
    const struct churn_simulation simulation = {
        .rows = o->rows ? o->rows : ROWS, .seed = o->seed, .output = o->output, .quiet = o->quiet};
    size_t leavers;

    if (o->users || o->truth)
        return error_set(err, ERR_ARG, "--%s: is for attribution; churn has --rows",
                         o->users ? "users" : "truth");
    if (has_fraud_flags(o, err))
        return false;
    if (!churn_simulation_write(&simulation, &leavers, err))
        return false;
    if (!o->quiet)
        log_line("%zu customers, of whom %zu leave", simulation.rows, leavers);
    return true;
}

static bool simulate_fraud(const struct simulate_options *o, struct error *err)
{
    const struct fraud_simulation simulation = {
        .customers = o->customers ? o->customers : CUSTOMERS,
        .terminals = o->terminals ? o->terminals : TERMINALS,
        .days = o->days ? o->days : DAYS,
        .seed = o->seed,
        .output = o->output,
        .quiet = o->quiet,
    };
    size_t payments, frauds;

    if (o->users || o->rows || o->truth)
        return error_set(err, ERR_ARG, "--%s: fraud has --customers, --terminals and --days",
                         o->users  ? "users"
                         : o->rows ? "rows"
                                   : "truth");
    if (!fraud_simulation_write(&simulation, &payments, &frauds, err))
        return false;
    if (!o->quiet)
        log_line("%zu payments, of which %zu are fraudulent", payments, frauds);
    return true;
}

static const struct {
    const char *name;
    bool (*run)(const struct simulate_options *o, struct error *err);
} simulations[] = {
    {"attribution", simulate_attribution},
    {"churn", simulate_churn},
    {"fraud", simulate_fraud},
};

enum { SIMULATIONS = sizeof simulations / sizeof *simulations };

static bool simulate(const struct simulate_options *o, struct error *err)
{
    char known[256] = "";

    for (size_t i = 0; i < SIMULATIONS; i++) {
        if (strcmp(simulations[i].name, o->name) == 0) {
            if (has_market_flags(o) && simulations[i].run != simulate_attribution)
                return error_set(err, ERR_ARG,
                                 "--selection, --drift and --campaigns are for attribution");
            return simulations[i].run(o, err);
        }
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "",
                 simulations[i].name);
    }
    return error_set(err, ERR_ARG, "there is no simulation '%s'; there is: %s", o->name, known);
}

int cmd_simulate(int argc, char **argv)
{
    struct simulate_options o = {.seed = 1, .selection = -1, .drift = -1};
    struct error err = {0};
    int status;
    const struct option table[] = {
        {OPTION_POSITIONAL, "NAME", &o.name, true, "what to simulate: attribution, churn, fraud", 0,
         0},
        {OPTION_SIZE, "users", &o.users, false,
         "attribution: users, whether or not they are shown anything (default 20000)", 1,
         SIMULATION_USERS_MAX},
        {OPTION_NUMBER, "selection", &o.selection, false,
         "attribution: a random market in which some campaigns follow intent so strongly (default "
         "1)",
         0, 4},
        {OPTION_NUMBER, "drift", &o.drift, false,
         "attribution: a random market in which intent lasts so many days (default 0: always)", 0,
         10000},
        {OPTION_SIZE, "campaigns", &o.campaigns, false,
         "attribution: a random market of so many campaigns (default 6 to 12)", 1,
         SIMULATION_CAMPAIGNS_MAX},
        {OPTION_SIZE, "rows", &o.rows, false, "churn: customers (default 3333)", 1, CHURN_ROWS_MAX},
        {OPTION_SIZE, "customers", &o.customers, false, "fraud: customers (default 5000)", 1,
         FRAUD_CUSTOMERS_MAX},
        {OPTION_SIZE, "terminals", &o.terminals, false, "fraud: terminals (default 10000)", 1,
         FRAUD_TERMINALS_MAX},
        {OPTION_SIZE, "days", &o.days, false, "fraud: days from 2018-06-15 on (default 68)", 1,
         FRAUD_DAYS_MAX},
        {OPTION_SIZE, "seed", &o.seed, false, "seed of the random numbers (default 1)", 0, 0},
        {OPTION_TEXT, "output", &o.output, true,
         "or -o: the table, as .parquet, .csv, .csv.gz or .jsonl", 0, 0},
        {OPTION_TEXT, "truth", &o.truth, false,
         "attribution: the true credit of each campaign, as .parquet, .csv or .jsonl", 0, 0},
        {OPTION_SWITCH, "quiet", &o.quiet, false, "print nothing but errors", 0, 0},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    return simulate(&o, &err) ? 0 : command_fail(argv[0], &err);
}
