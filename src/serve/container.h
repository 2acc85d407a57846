/*
 * container — the serving contract of containers: what the environment says about a server.
 *
 *   SAGEMAKER_BASE_DIR                    the folder that holds model/ and models/; /opt/ml
 *   SAGEMAKER_BIND_TO_PORT                port, on all interfaces; 8080
 *   SAGEMAKER_MAX_PAYLOAD_IN_MB           largest body, 1 to 100; 0: as large as a server takes
 *   SAGEMAKER_BATCH, _BATCH_STRATEGY, _MAX_CONCURRENT_TRANSFORMS    for /execution-parameters
 *   SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT  media type of answers where a request asks for none
 *   SAGEMAKER_MULTI_MODEL                 true: models come and go, below models/
 *   SAGEMAKER_MODEL_SERVER_WORKERS        threads
 *   SAGEMAKER_MODEL_SERVER_TIMEOUT        seconds a request may take; also ..._TIMEOUT_SECONDS
 *
 * Others, SAGEMAKER_SAFE_PORT_RANGE among them, mean nothing here. docs/container.md is the manual.
 */
#ifndef QUERN_SERVE_CONTAINER_H
#define QUERN_SERVE_CONTAINER_H

#include "base/arena.h"
#include "base/error.h"
#include "serve/serve.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    CONTAINER_PORT = 8080,
    CONTAINER_PAYLOAD_MB = 6,
    CONTAINER_PAYLOAD_MB_MAX = 100, /* of a batch job; more is refused by the platform too */
    CONTAINER_CONCURRENT_MAX = 1000,
    CONTAINER_TIMEOUT_MAX = 3600,
    CONTAINER_MODELS_MAX = 1000,
};

struct container_serving {
    size_t port, payload_mb, concurrent, workers, timeout; /* 0: not said, but for payload_mb */
    bool batch, single_record, multi_model;
    const char *accept; /* NULL: not said */
    /* What to serve at first: bundles, and the names to serve them under (NULL: their own). */
    size_t models;
    const char **model, **name;
};

/*
 * Read the environment and look for the model. Texts live in `memory`.
 *
 * ERR_CONFIG  a variable has a value that cannot be; names it and what can
 * ERR_DATA    there is no bundle in BASE/model
 */
MUST_CHECK bool container_serving_read(struct container_serving *serving, struct arena *memory,
                                       struct error *err);

/*
 * The same as the options of a server: all interfaces, the contract's port and limits. What the
 * environment does not say stays as it is in `options`. In a container only the platform reaches
 * the port, so models may be changed without a token where there are several.
 */
MUST_CHECK bool container_serve_options(struct serve_options *options, struct arena *memory,
                                        struct error *err);

#endif
