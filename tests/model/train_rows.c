/*
 * train_rows — trains a small model on made-up orders, for tests that need real processes:
 *
 *   train_rows OUT [key=value ...]      threads, epochs, steps (between checkpoints), checkpoint,
 *                                       rank, hosts (how many, all on this machine), port, slow
 *                                       (milliseconds to wait after each step), experts, two,
 *                                       mixed
 *
 * Writes the model to OUT and "step loss" lines to OUT.losses; under mpirun each process trains its
 * part and rank 0 writes.
 */
#include "base/interrupt.h"
#include "base/safetensors.h"
#include "model/history_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct wish {
    size_t threads, epochs, steps, rank, hosts, port, slow, experts, two, mixed;
    const char *checkpoint;
    FILE *losses;
};

static bool read_wish(struct wish *wish, const char *text)
{
    const struct {
        const char *name;
        size_t *to;
    } numbers[] = {{"threads=", &wish->threads}, {"epochs=", &wish->epochs},
                   {"steps=", &wish->steps},     {"rank=", &wish->rank},
                   {"hosts=", &wish->hosts},     {"port=", &wish->port},
                   {"slow=", &wish->slow},       {"experts=", &wish->experts},
                   {"two=", &wish->two},         {"mixed=", &wish->mixed}};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strncmp(text, numbers[i].name, strlen(numbers[i].name)) == 0) {
            *numbers[i].to = strtoul(text + strlen(numbers[i].name), NULL, 10);
            return true;
        }
    if (strncmp(text, "checkpoint=", 11) != 0)
        return false;
    wish->checkpoint = text + 11;
    return true;
}

static void on_step(void *context, size_t step, double loss)
{
    const struct wish *wish = context;
    const struct timespec wait = {.tv_sec = (time_t)(wish->slow / 1000),
                                  .tv_nsec = (long)(wish->slow % 1000) * 1000000L};

    fprintf(wish->losses, "%zu %.17g\n", step, loss);
    fflush(wish->losses);
    nanosleep(&wait, NULL);
}

static bool open_ranks(struct ranks **ranks, const struct wish *wish, struct error *err)
{
    const char *host[RANKS_MAX];

    if (!wish->hosts)
        return ranks_open_mpi(ranks, err);
    for (size_t i = 0; i < wish->hosts; i++)
        host[i] = "127.0.0.1";
    return ranks_open_hosts(ranks,
                            &(struct ranks_hosts){.host = host,
                                                  .size = wish->hosts,
                                                  .rank = wish->rank,
                                                  .port = wish->port,
                                                  .seconds = 20},
                            err);
}

static bool train_model(struct wish *wish, struct ranks *ranks, const char *out, struct error *err)
{
    struct temporal_attention_config config = history_rows_model(wish->two != 0);
    struct train_config train = {0};
    struct history_rows_made made;
    struct temporal_attention *model = NULL;

    config_defaults(&train, train_history_fields);
    train.epochs = wish->epochs;
    train.batch = 32;
    train.slice = 4;
    train.schedule = TRAIN_SCHEDULE_ONE_CYCLE;
    train.learning_rate = 0.003;
    train.class_weights = "balanced";
    train.precision = wish->mixed ? TRAIN_PRECISION_MIXED : TRAIN_PRECISION_FLOAT32;
    train.checkpoint.seconds = 0;
    train.checkpoint.steps = wish->steps;
    config.use_moe = wish->experts > 0;
    config.num_experts = wish->experts ? wish->experts : config.num_experts;
    history_rows_make(&made, 400, 3);
    struct pool *pool = pool_new(wish->threads);
    const struct temporal_attention_fit fit = {.set = &made.set,
                                               .train = made.train,
                                               .val = made.val,
                                               .pool = pool,
                                               .ranks = ranks,
                                               .checkpoint = wish->checkpoint,
                                               .on_step = on_step,
                                               .context = wish};
    bool ok = temporal_attention_fit(&model, &config, &train, &fit, NULL, err);
    if (ok && ranks_rank(ranks) == 0)
        ok = temporal_attention_save(model, out, err);
    temporal_attention_free(model);
    history_rows_free(&made);
    pool_free(pool);
    return ok;
}

int main(int argc, char **argv)
{
    struct wish wish = {.threads = 1, .epochs = 3};
    struct error err = {0};
    struct ranks *ranks = NULL;
    char path[4096];
    bool ok = argc > 1;

    for (int i = 2; i < argc && ok; i++)
        ok = read_wish(&wish, argv[i]);
    if (!ok)
        return 2;
    interrupt_install();
    if (open_ranks(&ranks, &wish, &err)) {
        snprintf(path, sizeof path, "%s.losses", argv[1]);
        if (ranks_rank(ranks))
            snprintf(path, sizeof path, "/dev/null");
        wish.losses = fopen(path, "w");
        ok = wish.losses && train_model(&wish, ranks, argv[1], &err);
        if (wish.losses)
            fclose(wish.losses);
        ranks_close(ranks, &err);
    } else
        ok = false;
    if (!ok)
        fprintf(stderr, "train_rows: process %zu: %s\n", wish.rank, err.text);
    return ok ? 0 : 1;
}
