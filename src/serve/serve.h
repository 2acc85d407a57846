/*
 * serve — `quern serve`: bundles over HTTP until a signal. docs/serving.md describes what clients
 * see.
 *
 * SIGTERM and SIGINT stop it: nothing new is accepted, what was begun is answered (for at most
 * SERVE_DRAIN_SECONDS), then serve_run() returns true. SIGHUP looks at every bundle again; those
 * from a registry are looked at every `poll` seconds anyway.
 */
#ifndef QUERN_SERVE_SERVE_H
#define QUERN_SERVE_SERVE_H

#include "base/error.h"

#include <stddef.h>

enum { SERVE_DRAIN_SECONDS = 25, SERVE_BODY_MAX = 1 << 30, SERVE_ROWS_MAX = 10000000 };

struct serve_options {
    const char *const *bundle; /* [bundles] folder, .tar.gz, s3://..., registry:NAME@ALIAS */
    size_t bundles;            /* none: models come through POST /models */
    const char *const *name;   /* [bundles] to serve them under; NULL, or NULL in it: their own */
    const char *host;
    size_t port;    /* 0: a free one */
    size_t threads; /* event loops; 0: one per processor */
    size_t body_max, rows_max;
    double timeout;  /* seconds for each part of a request: its bytes in, its answer out */
    const char *log; /* file, "-" for stderr, NULL for none */
    bool log_payloads;
    const char *token;             /* for changes; NULL: only a server on this machine takes any */
    bool open_changes;             /* take changes without a token all the same */
    const char *certificate, *key; /* files in PEM; NULL: no TLS */
    const char *registry;          /* folder; NULL: registry_default() */
    double poll;                   /* seconds between looks at the registry */
    const char *port_file;         /* where to write the port once it answers, or NULL */
    const char *accept; /* what to answer in when a request has no Accept; NULL: as it asked */
    size_t concurrent;  /* what /execution-parameters asks for; 0: the number of threads */
    bool single_record; /* " one record a request */
    const char *sales;  /* store of a sales service ("sqlite:FILE"); NULL: none */
    bool quiet;
};

/* What the command line's defaults are. */
void serve_options_default(struct serve_options *options);

/*
 * Serve until SIGTERM or SIGINT. Blocks these and SIGHUP in the calling thread, which should be the
 * first of the process.
 *
 * ERR_ARG, ERR_DATA, ERR_IO, ERR_LIBRARY  it did not start
 */
MUST_CHECK bool serve_run(const struct serve_options *options, struct error *err);

#endif
