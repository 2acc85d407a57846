#include "base/file.h"
#include "base/tar.h"
#include "cli/command.h"

#include <stdio.h>

int cmd_pack(int argc, char **argv)
{
    const char *path = NULL, *out = NULL;
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
    const bool ok = file_make_parents(out, &err) && tar_pack(path, out, &err);
    return ok ? 0 : command_fail("pack", &err);
}
