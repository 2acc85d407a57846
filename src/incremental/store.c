#include "incremental/store.h"

#include "attribution/credit.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "base/yaml.h"
#include "table/writer.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_ROWS = 16384, COLUMNS = 4, PARAMETERS_MAX = 65536, HASH_SIZE = 17 };

static const char FORMAT[] = "quern incremental model 1";
static const char MODEL[] = "incremental/model.safetensors";
static const char EXPOSURES[] = "incremental/exposures.parquet";

static const struct table_field fields[COLUMNS] = {
    {"uid", TABLE_INT64},
    {"timestamp", TABLE_TIME},
    {"campaign", TABLE_CODE},
    {"conversion", TABLE_BOOL},
};

static void hash_log(const struct exposure_log *log, char text[HASH_SIZE])
{
    snprintf(text, HASH_SIZE, "%016" PRIx64, exposure_log_hash(log));
}

struct exposure_stream {
    const struct exposure_log *log;
    size_t at, user;
    int64_t uid[CHUNK_ROWS];
    int32_t campaign[CHUNK_ROWS];
    struct table_string *name;
    struct table_column column[COLUMNS];
};

static bool next_exposures(void *context, struct table_chunk *chunk, struct error *err)
{
    struct exposure_stream *s = context;
    const size_t left = s->log->impressions - s->at;
    const size_t rows = left < CHUNK_ROWS ? left : CHUNK_ROWS;

    if (!interrupt_check("keeping the impressions", err))
        return false;
    for (size_t i = 0; i < rows; i++) {
        while (s->log->offset[s->user + 1] <= s->at + i)
            exposure_log_pass(s->log, 0, s->user++);
        s->uid[i] = (int64_t)s->user;
        s->campaign[i] = s->log->campaign[s->at + i];
    }
    s->column[1].integer = s->log->time + s->at;
    s->column[3].boolean = s->log->conversion + s->at;
    s->at += rows;
    *chunk = (struct table_chunk){.rows = rows, .count = COLUMNS, .column = s->column};
    return true;
}

static bool write_exposures(const struct exposure_log *log, const char *path, struct error *err)
{
    struct exposure_stream *s = memory_take_zeroed(1, sizeof *s);

    s->log = log;
    s->name = memory_take(log->campaigns + 1, sizeof *s->name);
    for (size_t k = 0; k < log->campaigns; k++)
        s->name[k] = (struct table_string){log->name[k], strlen(log->name[k])};
    for (size_t i = 0; i < COLUMNS; i++)
        s->column[i] = (struct table_column){.name = fields[i].name, .type = fields[i].type};
    s->column[0].integer = s->uid;
    s->column[2].code = s->campaign;
    s->column[2].dictionary = s->name;
    const bool ok = table_stream_write(path, fields, COLUMNS, next_exposures, s, err);
    free(s->name);
    free(s);
    return ok;
}

static bool write_model(const struct incremental_fit *fit, const struct incremental_config *config,
                        const struct incremental_draws *draws, const char *path, struct error *err)
{
    const size_t all = draws ? draws->count : 0;
    const size_t kept = all < INCREMENTAL_STORE_DRAWS_MAX ? all : INCREMENTAL_STORE_DRAWS_MAX;
    const size_t count = fit->design.count, width = fit->design.campaigns + 1;
    struct incremental_config own = *config;
    struct text settings = {0}, pairs = {0};
    char hash[HASH_SIZE];
    const struct safetensor tensor[] = {
        {.name = "parameter",
         .type = SAFETENSORS_F64,
         .dims = 1,
         .shape = {count},
         .data = fit->parameter},
        {.name = "draw",
         .type = SAFETENSORS_F64,
         .dims = 2,
         .shape = {kept, count},
         .data = kept ? draws->parameter : NULL},
        {.name = "credit",
         .type = SAFETENSORS_F64,
         .dims = 2,
         .shape = {kept, width},
         .data = kept ? draws->credit : NULL},
    };

    own.link = fit->design.link;
    incremental_pairs_write(&pairs, fit->design.pair, fit->design.pairs, fit->log);
    own.synergy = fit->design.pairs ? pairs.bytes : NULL;
    config_write(&settings, incremental_fields, &own, 0);
    hash_log(fit->log, hash);
    const struct safetensors_text text[] = {
        {"format", FORMAT}, {"exposures", hash}, {"settings", settings.bytes}};
    const bool ok = safetensors_write(path, tensor, kept ? 3 : 1, text, 3, err);
    text_clear(&settings);
    text_clear(&pairs);
    return ok;
}

bool incremental_store_write(const char *folder, const struct incremental_fit *fit,
                             const struct incremental_config *config,
                             const struct incremental_draws *draws, struct error *err)
{
    char *model = file_join(folder, MODEL), *exposures = file_join(folder, EXPOSURES);
    const bool ok = file_make_parents(model, err) && write_exposures(fit->log, exposures, err) &&
                    write_model(fit, config, draws, model, err);

    free(model);
    free(exposures);
    return ok || error_wrap(err, "keeping the incremental model");
}

static bool read_settings(struct incremental_saved *saved, const struct safetensors *file,
                          struct error *err)
{
    const char *text = safetensors_metadata(file, "settings");
    const struct config_part part[] = {{incremental_fields, &saved->config}, {0}};
    struct yaml tree = {0};

    config_defaults(&saved->config, incremental_fields);
    if (!text)
        return error_set(err, ERR_DATA, "%s: the settings are missing", file->path);
    if (strlen(text) > YAML_BYTES_MAX)
        return error_set(err, ERR_DATA, "%s: the settings are too long", file->path);
    const bool ok = yaml_parse(&tree, file->path, text, strlen(text), err) &&
                    config_read(tree.root, part, NULL, &saved->memory, err);
    yaml_clear(&tree);
    if (!ok)
        err->code = ERR_DATA; /* nobody wrote it as a pipeline file */
    return ok;
}

/* A tensor of finite numbers [rows][columns], or [columns] where rows is 0. */
static bool read_numbers(const struct safetensors *file, const char *name, size_t rows,
                         size_t columns, double **out, struct error *err)
{
    const size_t shape[2] = {rows ? rows : columns, columns};
    const size_t count = (rows ? rows : 1) * columns;

    *out = memory_take(count, sizeof **out);
    if (!safetensors_copy(file, name, SAFETENSORS_F64, rows ? 2 : 1, shape, *out, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!isfinite((*out)[i]))
            return error_set(err, ERR_DATA, "%s: tensor '%s': number %zu is not finite", file->path,
                             name, i + 1);
    return true;
}

static bool read_draws(struct incremental_saved *saved, size_t *campaigns,
                       const struct safetensors *file, struct error *err)
{
    const struct safetensor *draw = safetensors_find(file, "draw");
    const struct safetensor *credit = safetensors_find(file, "credit");

    if (!draw && !credit)
        return true;
    if (!draw || draw->dims != 2 || draw->shape[0] < 1 ||
        draw->shape[0] > INCREMENTAL_STORE_DRAWS_MAX || !credit || credit->dims != 2 ||
        credit->shape[1] < 2 || credit->shape[1] > INCREMENTAL_CAMPAIGNS_MAX + 1)
        return error_set(err, ERR_DATA, "%s: the draws are of no shape that is ever written",
                         file->path);
    saved->draws.count = draw->shape[0];
    *campaigns = credit->shape[1] - 1;
    return read_numbers(file, "draw", draw->shape[0], saved->fit.design.count,
                        &saved->draws.parameter, err) &&
           read_numbers(file, "credit", draw->shape[0], credit->shape[1], &saved->draws.credit,
                        err);
}

bool incremental_store_parse(struct incremental_saved *saved, size_t *campaigns,
                             const struct safetensors *file, struct error *err)
{
    const char *format = safetensors_metadata(file, "format");
    const struct safetensor *parameter = safetensors_find(file, "parameter");

    *saved = (struct incremental_saved){0};
    *campaigns = 0;
    if (!format || strcmp(format, FORMAT) != 0)
        return error_set(err, ERR_DATA, "%s: not an incremental model of this version of Quern",
                         file->path);
    if (!parameter || parameter->dims != 1 || parameter->shape[0] < 1 ||
        parameter->shape[0] > PARAMETERS_MAX)
        return error_set(err, ERR_DATA, "%s: tensor 'parameter' is missing or of another shape",
                         file->path);
    saved->fit.design.count = parameter->shape[0];
    if (read_settings(saved, file, err) &&
        read_numbers(file, "parameter", 0, parameter->shape[0], &saved->fit.parameter, err) &&
        read_draws(saved, campaigns, file, err))
        return true;
    incremental_saved_clear(saved);
    return false;
}

/* The exposures, and whether they are those that the model was fitted to. */
static bool read_exposures(struct incremental_saved *saved, const char *path, const char *hash,
                           const struct incremental_store_wish *wish, struct error *err)
{
    struct journey_config config;
    char own[HASH_SIZE];

    config_defaults(&config, journey_source_fields);
    config.path = path;
    config.memory_mib = wish ? wish->memory_mib : 0;
    const struct exposure_wish exposures = {
        .table = &config, .pool = wish ? wish->pool : NULL, .show = wish && wish->show};
    if (!exposure_log_load(&saved->log, &exposures, err))
        return false;
    hash_log(&saved->log, own);
    return (hash && strcmp(hash, own) == 0) ||
           error_set(err, ERR_DATA,
                     "'%s' does not hold the impressions that the model beside it was fitted to",
                     path);
}

/* From here on the fit is as it was when it was written. */
static bool join(struct incremental_saved *saved, size_t campaigns, const char *path,
                 struct error *err)
{
    const size_t count = saved->fit.design.count;

    if (!incremental_design_make(&saved->fit.design, &saved->log, &saved->config, err))
        return error_wrap(err, "%s", path);
    if (saved->fit.design.count != count ||
        (saved->draws.count > 0 && campaigns != saved->fit.design.campaigns))
        return error_set(err, ERR_DATA, "%s: the model has %zu parameters, not the %zu of its log",
                         path, count, saved->fit.design.count);
    return true;
}

static bool read_model(struct incremental_saved *saved, const char *model, const char *exposures,
                       const struct incremental_store_wish *wish, struct error *err)
{
    struct safetensors file;
    size_t campaigns;

    if (!safetensors_open(&file, model, err))
        return false;
    bool ok = incremental_store_parse(saved, &campaigns, &file, err);
    if (ok &&
        !(read_exposures(saved, exposures, safetensors_metadata(&file, "exposures"), wish, err) &&
          join(saved, campaigns, model, err))) {
        incremental_saved_clear(saved);
        ok = false;
    }
    safetensors_close(&file);
    return ok;
}

bool incremental_store_read(struct incremental_saved *saved, const char *folder,
                            const struct incremental_store_wish *wish, struct error *err)
{
    char *model = file_join(folder, MODEL), *exposures = file_join(folder, EXPOSURES);
    const bool there = file_exists(model);
    const bool ok = there && read_model(saved, model, exposures, wish, err);

    if (!there)
        error_set(err, ERR_IO,
                  "'%s' holds no incremental model ('%s'): quern run and quern attribute --save "
                  "leave one",
                  folder, MODEL);
    free(model);
    free(exposures);
    if (ok)
        saved->fit.log = &saved->log;
    return ok;
}

void incremental_saved_clear(struct incremental_saved *saved)
{
    exposure_log_clear(&saved->log);
    incremental_fit_clear(&saved->fit);
    incremental_draws_clear(&saved->draws);
    arena_clear(&saved->memory);
    *saved = (struct incremental_saved){0};
}
