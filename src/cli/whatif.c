#include "incremental/whatif_table.h"
#include "base/terminal.h"
#include "cli/command.h"
#include "remote/place.h"

#include <string.h>
#include <unistd.h>

struct whatif_options {
    const char *folder, *output;
    struct option_list stop, scale;
    bool stop_all, curve;
    size_t threads, memory_mib;
};

static enum place_wish wish(const char *name)
{
    return strncmp(name, "incremental/", strlen("incremental/")) == 0 ? PLACE_FETCH : PLACE_LEAVE;
}

static bool fetch(struct place *place, const char *folder, struct error *err)
{
    return place_is_remote(folder) ? place_fetch_some(place, folder, wish, err)
                                   : place_fetch(place, folder, err);
}

static bool ask(const struct whatif_options *o, const char *folder, struct whatif_table *table,
                struct error *err)
{
    const struct whatif_question question = {.folder = folder,
                                             .stop = o->stop.item,
                                             .stops = o->stop.count,
                                             .scale = o->scale.item,
                                             .scales = o->scale.count,
                                             .stop_all = o->stop_all,
                                             .curve = o->curve,
                                             .memory_mib = o->memory_mib,
                                             .show = true};
    struct pool *pool = pool_new(o->threads);
    const bool ok = whatif_ask(table, &question, pool, err);

    pool_free(pool);
    return ok;
}

static bool deliver(const struct whatif_options *o, const struct whatif_table *table,
                    struct error *err)
{
    struct place place = {0};

    if (!o->output)
        return whatif_print(table, stdout, terminal_columns(STDOUT_FILENO), err);
    const bool ok = place_prepare(&place, o->output, err) &&
                    (whatif_write(table, place.local, err) || place_explain(&place, err)) &&
                    place_send(&place, err);
    place_clear(&place);
    return ok;
}

static bool whatif(const struct whatif_options *o, struct error *err)
{
    struct place in = {0};
    struct whatif_table table;
    bool ok = fetch(&in, o->folder, err);

    ok = ok && (ask(o, in.local, &table, err) || place_explain(&in, err));
    place_clear(&in);
    if (!ok)
        return false;
    ok = deliver(o, &table, err);
    whatif_table_clear(&table);
    return ok;
}

int cmd_whatif(int argc, char **argv)
{
    struct whatif_options o = {0};
    struct error err = {0};
    int status;
    const struct option table[] = {
        {OPTION_POSITIONAL, "OUT", &o.folder, true,
         "folder of quern run, or of quern attribute --save", 0, 0},
        {OPTION_LIST, "stop", &o.stop, false, "a campaign that is not shown; may be repeated", 0,
         0},
        {OPTION_LIST, "scale", &o.scale, false,
         "NAME=FACTOR: a campaign that is shown so many times as much; may be repeated", 0, 0},
        {OPTION_SWITCH, "stop-all", &o.stop_all, false, "no campaign is shown", 0, 0},
        {OPTION_SWITCH, "curve", &o.curve, false,
         "each campaign alone at 0, 0.25 .. 2 times what it was", 0, 0},
        {OPTION_TEXT, "output", &o.output, false,
         "or -o: the answers, as .csv, .json, .jsonl or .parquet", 0, 0},
        {OPTION_SIZE, "memory", &o.memory_mib, false,
         "MiB of impressions held in memory, not in temporary files (default 1024)", 1, 1 << 24},
        {OPTION_SIZE, "threads", &o.threads, false, "default: one per processor", 0, POOL_MAX},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    return whatif(&o, &err) ? 0 : command_fail(argv[0], &err);
}
