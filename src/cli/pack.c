#include "base/file.h"
#include "base/tar.h"
#include "cli/command.h"
#include "pipeline/bundle.h"
#include "remote/place.h"

#include <stdio.h>

int cmd_pack(int argc, char **argv)
{
    const char *path = NULL, *out = NULL;
    struct bundle *bundle = NULL;
    struct place from = {0}, to = {0};
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
    bool ok = place_fetch(&from, path, &err) && place_prepare(&to, out, &err);
    /* Opening checks every file against the manifest, so that nothing broken is handed on. */
    if (ok && !(bundle_open(&bundle, from.local, &err) && file_make_parents(to.local, &err) &&
                tar_pack(from.local, to.local, &err)))
        ok = place_explain(&from, &err) || place_explain(&to, &err);
    ok = ok && place_send(&to, &err);
    bundle_close(bundle);
    place_clear(&from);
    place_clear(&to);
    return ok ? 0 : command_fail("pack", &err);
}
