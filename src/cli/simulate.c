#include "attribution/simulation.h"
#include "base/log.h"
#include "cli/command.h"

#include <inttypes.h>
#include <string.h>

struct simulate_options {
    const char *name, *output, *truth;
    size_t users, seed;
    bool quiet;
};

static bool simulate_attribution(const struct simulate_options *o, struct error *err)
{
    const struct simulation_request request = {.users = o->users,
                                               .seed = o->seed,
                                               .output = o->output,
                                               .truth = o->truth,
                                               .quiet = o->quiet};
    struct simulation_truth truth;

    if (!simulation_write(&request, &truth, err))
        return false;
    if (!o->quiet)
        log_line("%" PRIu64 " impressions of %" PRIu64 " users, %" PRIu64
                 " conversions, of which %.1f were caused by campaigns",
                 truth.impressions, truth.users, truth.conversions,
                 (double)truth.conversions - truth.uncaused);
    return true;
}

static const struct {
    const char *name;
    bool (*run)(const struct simulate_options *o, struct error *err);
} simulations[] = {
    {"attribution", simulate_attribution},
};

enum { SIMULATIONS = sizeof simulations / sizeof *simulations };

static bool simulate(const struct simulate_options *o, struct error *err)
{
    char known[256] = "";

    for (size_t i = 0; i < SIMULATIONS; i++) {
        if (strcmp(simulations[i].name, o->name) == 0)
            return simulations[i].run(o, err);
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "",
                 simulations[i].name);
    }
    return error_set(err, ERR_ARG, "there is no simulation '%s'; there is: %s", o->name, known);
}

int cmd_simulate(int argc, char **argv)
{
    struct simulate_options o = {.users = 20000, .seed = 1};
    struct error err = {0};
    int status;
    const struct option table[] = {
        {OPTION_POSITIONAL, "NAME", &o.name, true, "what to simulate: attribution", 0, 0},
        {OPTION_SIZE, "users", &o.users, false,
         "users, whether or not they are shown anything "
         "(default 20000)",
         1, SIMULATION_USERS_MAX},
        {OPTION_SIZE, "seed", &o.seed, false, "seed of the random numbers (default 1)", 0, 0},
        {OPTION_TEXT, "output", &o.output, true,
         "or -o: impressions, as .parquet, .csv, .csv.gz or .jsonl", 0, 0},
        {OPTION_TEXT, "truth", &o.truth, false,
         "the true credit of each campaign, as .parquet, .csv or .jsonl", 0, 0},
        {OPTION_SWITCH, "quiet", &o.quiet, false, "print nothing but errors", 0, 0},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    return simulate(&o, &err) ? 0 : command_fail(argv[0], &err);
}
