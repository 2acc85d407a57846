#include "base/file.h"
#include "base/tar.h"
#include "cli/command.h"
#include "pipeline/bundle.h"

#include <stdio.h>

int cmd_pack(int argc, char **argv)
{
    const char *path = NULL, *out = NULL;
    struct bundle *bundle = NULL;
    struct error err = {0};
    int status;
    const struct option table[] = {
        {OPTION_POSITIONAL, "BUNDLE", &path, .required = true, .help = "folder of a bundle"},
        {OPTION_TEXT, "output", &out, .required = true,
         .help = "or -o: archive to write, such as model.tar.gz"},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    /* Opening checks every file, so that nothing broken is handed on. */
    bool ok = bundle_open(&bundle, path, &err) && file_make_parents(out, &err) &&
              tar_pack(path, out, &err);
    bundle_close(bundle);
    return ok ? 0 : command_fail("pack", &err);
}
