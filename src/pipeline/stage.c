#include "pipeline/stage.h"

#include "base/progress.h"

bool stage_run(const struct stage *stage, char **folder, struct error *err)
{
    *folder = stage->untrusted ? NULL : workspace_find(stage->space, stage->name, stage->key);
    if (*folder) {
        progress_skip(stage->name, stage->quiet);
        return true;
    }
    if (workspace_begin(stage->space, stage->name, folder, err) &&
        stage->make(stage->run, *folder, err))
        return workspace_finish(stage->space, stage->name, stage->key, err);
    if (!stage->resumes)
        workspace_abandon(stage->space, stage->name);
    return error_wrap(err, "%s", stage->name);
}
