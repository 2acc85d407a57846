/*
 * container — the training contract of containers: what a job is told, and where its files go.
 *
 *   BASE/input/config/hyperparameters.json    {"eta": "0.2", "pipeline": "churn.yaml"}: texts
 *   BASE/input/config/inputdataconfig.json    {"train": {"ContentType": "text/csv", ...}, ...}
 *   BASE/input/config/resourceconfig.json     {"current_host": "algo-1", "hosts": ["algo-1"]}
 *   BASE/input/data/CHANNEL/                  files: train, validation, test, code, config
 *   BASE/model/                               the bundle, its files directly in it
 *   BASE/output/data/                         evaluation.json, report.html, report.json, ...
 *   BASE/output/failure                       one sentence, when the job failed
 *   BASE/checkpoints/                         where it exists: finished stages, for a second start
 *
 * BASE is $SAGEMAKER_BASE_DIR, else /opt/ml. Each of the three files may be missing. Variables that
 * the training toolkit sets win over the files: SM_HPS, SM_HP_<NAME>, SM_CHANNEL_<NAME>,
 * SM_CURRENT_HOST, SM_HOSTS, SM_MODEL_DIR, SM_OUTPUT_DATA_DIR. docs/container.md is the manual.
 */
#ifndef QUERN_PIPELINE_CONTAINER_H
#define QUERN_PIPELINE_CONTAINER_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include <stdio.h>

enum {
    CONTAINER_CONFIG_BYTES_MAX = 4 << 20, /* of each of the three files */
    CONTAINER_CHANNELS_MAX = 64,
    CONTAINER_HOSTS_MAX = 10000,
    CONTAINER_SETTINGS_MAX = 1000,
    CONTAINER_DEPTH_MAX = 8,      /* of a nested hyper-parameter */
    CONTAINER_FAILURE_MAX = 1024, /* bytes that a reader of the failure file looks at */
};

struct container_channel {
    const char *name;
    const char *folder;
    const char *content_type; /* "" when it is not given */
    bool sharded;             /* each host has other files of it */
};

/* A hyper-parameter after nested ones were taken apart: "model.eta" and "0.2". */
struct container_setting {
    const char *key, *value;
};

struct container_job {
    struct arena memory;
    const char *base, *model, *output_data, *failure, *checkpoints;
    const char *pipeline; /* hyper-parameter of that name, else $QUERN_PIPELINE, else NULL */
    const char *header;   /* hyper-parameter of that name: first line of CSV files without one */
    size_t channels, settings, hosts;
    struct container_channel *channel;
    struct container_setting *setting;
    const char *host; /* this one; "" where nobody said */
    size_t rank;      /* its place in the list of hosts, which is not the number in its name */
    const char **host_name; /* [hosts]; NULL where nobody said */
};

/* $SAGEMAKER_BASE_DIR, else /opt/ml. */
const char *container_base(void);

/*
 * Read what the job is told. Fills the paths even when it fails, so that the failure can be
 * written; container_job_clear() in any case.
 *
 * ERR_CONFIG  a file or variable is wrong: names it and the key
 * ERR_ARG     something the contract allows and Quern does not do, such as Pipe mode
 */
MUST_CHECK bool container_job_read(struct container_job *job, struct error *err);
void container_job_clear(struct container_job *job);

/* The parts of it; each takes one parsed document, `name` stands for it in messages. */
MUST_CHECK bool container_read_settings(struct container_job *job, const char *name,
                                        const json_t *document, struct error *err);
MUST_CHECK bool container_read_channels(struct container_job *job, const char *name,
                                        const json_t *document, struct error *err);
MUST_CHECK bool container_read_hosts(struct container_job *job, const char *name,
                                     const json_t *document, struct error *err);

/* NULL when there is none. */
const struct container_channel *container_channel_find(const struct container_job *job,
                                                       const char *name);

/*
 * The `--set` assignments that a job stands for: hyper-parameters under their full keys, and the
 * channels as the source. `pipeline` is the path of the pipeline file; `scratch` a folder of the
 * caller for what the channels need (links with a proper name, a header line).
 *
 * ERR_CONFIG  a hyper-parameter that is no key of the pipeline, or could be several
 * ERR_DATA    a channel without files, or of files that differ in kind
 */
MUST_CHECK bool container_assignments(struct container_job *job, const char *pipeline,
                                      const char *scratch, const char ***set, size_t *sets,
                                      struct error *err);

/*
 * Do what a job asks for; lines of metrics ("round=3; train_auc=0.91;") go to `metrics`, each
 * flushed. A failure is also written to the failure file. Of several hosts the first does it all;
 * the others help it to train temporal attention, and else do nothing.
 */
MUST_CHECK bool container_train(FILE *metrics, struct error *err);

#endif
