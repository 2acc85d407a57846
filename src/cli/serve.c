#include "base/pool.h"
#include "base/text.h"
#include "cli/command.h"
#include "sales/settings.h"
#include "serve/container.h"

#include <stdlib.h>

/* A .yaml file in place of a bundle describes a service, which stands alone. */
static bool take_sales_file(struct serve_options *serve, struct sales_settings *sales,
                            struct error *err)
{
    const char *path = serve->bundles ? serve->bundle[0] : "";

    if (!text_ends_with(path, ".yaml") && !text_ends_with(path, ".yml"))
        return !serve->sales ||
               error_set(err, ERR_ARG, "--store goes with the .yaml file of a sales service");
    if (serve->bundles > 1)
        return error_set(err, ERR_ARG, "'%s' is a service, which is served alone", path);
    if (!sales_settings_read(sales, path, err))
        return false;
    if (!serve->sales)
        serve->sales = sales->store;
    serve->bundles = 0;
    return true;
}

static void take_token(struct serve_options *serve)
{
    const char *token = getenv("QUERN_TOKEN");

    if (!serve->token && token && token[0])
        serve->token = token;
}

int cmd_serve(int argc, char **argv)
{
    struct serve_options serve;
    struct option_list bundles = {0};
    struct arena memory = {0};
    struct error err = {0};
    int status;

    serve_options_default(&serve);
    const struct option table[] = {
        {OPTION_REST, "BUNDLE", &bundles,
         .help =
             "a bundle (folder, .tar.gz, s3://...) or registry:NAME@ALIAS, or the .yaml file of "
             "a service; none: as a container"},
        {OPTION_TEXT, "store", &serve.sales,
         .help = "tables of a sales service: sqlite:FILE, csv:DIR or postgresql://... (as its file "
                 "says)"},
        {OPTION_SIZE, "port", &serve.port, .help = "port (8080); 0 takes a free one", .max = 65535},
        {OPTION_TEXT, "host", &serve.host, .help = "address to listen on (127.0.0.1)"},
        {OPTION_SIZE, "threads", &serve.threads, .help = "event loops (one per processor)",
         .max = POOL_MAX},
        {OPTION_SIZE, "max-body", &serve.body_max, .help = "bytes of a body (6 MiB)", .min = 1,
         .max = SERVE_BODY_MAX},
        {OPTION_SIZE, "max-rows", &serve.rows_max, .help = "rows of a body (1000000)", .min = 1,
         .max = SERVE_ROWS_MAX},
        {OPTION_NUMBER, "timeout", &serve.timeout,
         .help = "seconds for a request to come in, and for its answer to go out (60)", .min = 0.1,
         .max = 86400},
        {OPTION_TEXT, "log", &serve.log, .help = "request log: a file, or - for stderr (none)"},
        {OPTION_SWITCH, "log-payloads", &serve.log_payloads,
         .help = "bodies too in the request log"},
        {OPTION_TEXT, "token", &serve.token,
         .help = "bearer token for changes of models ($QUERN_TOKEN)"},
        {OPTION_TEXT, "tls-cert", &serve.certificate, .help = "certificate chain, PEM"},
        {OPTION_TEXT, "tls-key", &serve.key, .help = "its private key, PEM"},
        {OPTION_TEXT, "registry", &serve.registry,
         .help = "folder of registry:NAME ($QUERN_REGISTRY, or registry)"},
        {OPTION_NUMBER, "poll", &serve.poll, .help = "seconds between looks at the registry (1)",
         .min = 0.05, .max = 86400},
        {OPTION_TEXT, "port-file", &serve.port_file,
         .help = "write the port here once the server answers"},
        {OPTION_SWITCH, "quiet", &serve.quiet, .help = "no lines on stderr"},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    take_token(&serve);
    serve.bundle = bundles.item;
    serve.bundles = bundles.count;
    struct sales_settings sales = {0};
    if (!take_sales_file(&serve, &sales, &err))
        return command_fail("serve", &err);
    bool ok = bundles.count > 0 || container_serve_options(&serve, &memory, &err);
    /* Options win over the environment, so they are read once more. */
    if (ok && bundles.count == 0 && !command_options(table, argc, argv, &status))
        BUG("options were read, and then were not");
    ok = ok && serve_run(&serve, &err);
    arena_clear(&memory);
    sales_settings_clear(&sales);
    return ok ? 0 : command_fail("serve", &err);
}
