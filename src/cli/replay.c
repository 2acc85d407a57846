#include "cli/command.h"
#include "monitor/replay.h"

#include <stdio.h>

static bool run(const struct replay_options *options, bool json, struct error *err)
{
    struct replay_result result;

    if (!replay_run(&result, options, err))
        return false;
    if (json) {
        json_t *document = replay_json(&result);
        json_dumpf(document, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(document);
    } else {
        replay_print(&result, stdout);
    }
    const size_t differ = result.sent - result.agree, sent = result.sent;
    replay_clear(&result);
    return command_flush(err) &&
           (differ == 0 || error_set(err, ERR_CHECK, "%zu of %zu answers differ", differ, sent));
}

int cmd_replay(int argc, char **argv)
{
    struct replay_options replay = {.timeout = 60};
    bool json = false;
    struct error err = {0};
    int status;
    const struct option table[] = {
        {OPTION_POSITIONAL, "LOG", &replay.log, .required = true,
         .help = "request log with payloads, or captured data; .jsonl"},
        {OPTION_TEXT, "to", &replay.to, .required = true,
         .help = "bundle, registry:NAME@ALIAS, or http://HOST:PORT"},
        {OPTION_NUMBER, "tolerance", &replay.tolerance,
         .help = "how far numbers may be apart, times max(1, number) (0)", .min = 0, .max = 1},
        {OPTION_TEXT, "token", &replay.bearer, .help = "sent as a bearer token"},
        {OPTION_NUMBER, "timeout", &replay.timeout, .help = "seconds to wait for an answer (60)",
         .min = 0.001, .max = 1e5},
        {OPTION_SWITCH, "json", &json, .help = "print JSON"},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    return run(&replay, json, &err) ? 0 : command_fail("replay", &err);
}
