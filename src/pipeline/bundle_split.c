/* bundle_split — one bundle as a chain of bundles, a part each. */
#include "pipeline/bundle_internal.h"
#include "pipeline/bundle_write.h"

#include "base/file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct chain {
    const struct bundle *whole;
    const char *folder; /* being written */
    size_t parts;
    struct arena memory;
};

static bool add_part(struct chain *chain, const char *title, struct bundle_plan plan,
                     struct error *err)
{
    const char *name = arena_format(&chain->memory, "%zu-%s", chain->parts + 1, title);
    char *folder = file_join(chain->folder, name);

    plan.name = arena_format(&chain->memory, "%s-%s", chain->whole->name, title);
    const bool ok = bundle_write(&plan, folder, err) || error_wrap(err, "part '%s'", name);
    chain->parts++;
    free(folder);
    return ok;
}

static bool add_transforms(struct chain *chain, struct error *err)
{
    const struct transform *whole = chain->whole->transform;
    struct transform *front = NULL, *back = NULL;
    struct error ignored = {0};
    bool ok;

    if (!transform_cut(whole, &front, &back, &ignored))
        return add_part(chain, "preprocessing",
                        (struct bundle_plan){.input = transform_schema(whole), .transform = whole},
                        err);
    ok =
        add_part(chain, "preprocessing",
                 (struct bundle_plan){.input = transform_schema(front), .transform = front}, err) &&
        add_part(chain, "pca",
                 (struct bundle_plan){.input = transform_schema(back), .transform = back}, err);
    transform_free(front);
    transform_free(back);
    return ok;
}

static bool add_trees(struct chain *chain, const char *source, struct error *err)
{
    const struct bundle *whole = chain->whole;
    const struct scorer before = {whole->transform, NULL, whole->input.count};
    struct schema input = whole->input;

    if (whole->transform && !bundle_scorer_output(&before, &input, &chain->memory, err))
        return false;
    char *model = file_join(source, whole->model_file);
    const bool ok =
        add_part(chain, "trees",
                 (struct bundle_plan){.input = &input, .trees = whole->trees, .model = model}, err);
    free(model);
    return ok;
}

static bool add_decision(struct chain *chain, struct error *err)
{
    const struct bundle *whole = chain->whole;
    struct schema input = whole->input;
    const char **csv = ARENA_NEW(&chain->memory, const char *, whole->csv_count);

    if ((whole->transform || whole->trees) &&
        !bundle_scorer_output(&whole->scorer, &input, &chain->memory, err))
        return false;
    for (size_t i = 0; i < whole->csv_count; i++)
        csv[i] = whole->output.column[whole->csv[i]].name;
    return add_part(chain, "post-processing",
                    (struct bundle_plan){.input = &input,
                                         .decision = &whole->decision,
                                         .csv = csv,
                                         .csv_count = whole->csv_count},
                    err);
}

static bool write_chain(struct chain *chain, const char *source, struct error *err)
{
    const struct bundle *whole = chain->whole;

    if (whole->transform && !add_transforms(chain, err))
        return false;
    if (whole->trees && !add_trees(chain, source, err))
        return false;
    if (whole->decides && !add_decision(chain, err))
        return false;
    return chain->parts > 1 ||
           error_set(err, ERR_ARG, "the bundle has one part only: there is nothing to cut");
}

static bool split_into(const struct bundle *bundle, const char *source, const char *folder,
                       struct error *err)
{
    char *partial = file_partial_name(folder);
    struct chain chain = {.whole = bundle, .folder = partial};
    struct error ignored = {0};
    bool ok = file_make_folders(partial, err) && write_chain(&chain, source, err);

    if (ok && rename(partial, folder) != 0)
        ok = error_set(err, ERR_IO, "cannot write '%s': %s", folder, strerror(errno));
    if (!ok && !file_remove_tree(partial, &ignored))
        ignored.code = ERR_NONE; /* the first failure is the one to tell */
    arena_clear(&chain.memory);
    free(partial);
    return ok;
}

bool bundle_split(const char *path, const char *folder, struct error *err)
{
    struct bundle_place place;
    struct bundle *bundle = NULL;

    if (file_exists(folder))
        return error_set(err, ERR_ARG, "'%s' exists already", folder);
    if (!bundle_place_open(&place, path, err))
        return error_wrap(err, "bundle '%s'", path);
    bool ok =
        bundle_open_folder(&bundle, place.folder, err) || error_wrap(err, "bundle '%s'", path);
    ok = ok && split_into(bundle, place.folder, folder, err);
    bundle_close(bundle);
    bundle_place_close(&place);
    return ok;
}
