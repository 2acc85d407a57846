#include "cli/command.h"

#include "pipeline/bundle.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

/* The parts, one a line, in the order of use. */
static void print_parts(const char *folder)
{
    struct dirent **entry = NULL;
    const int count = scandir(folder, &entry, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        if (entry[i]->d_name[0] != '.')
            printf("%s/%s\n", folder, entry[i]->d_name);
        free(entry[i]);
    }
    free(entry);
}

int cmd_split(int argc, char **argv)
{
    const char *bundle = NULL, *folder = NULL;
    struct error err = {0};
    int status;
    const struct option table[] = {
        {OPTION_POSITIONAL, "BUNDLE", &bundle, true, "a bundle: folder, .tar.gz or s3://...", 0, 0},
        {OPTION_TEXT, "output", &folder, true,
         "or -o: folder to make, with a bundle for each part of the pipeline", 0, 0},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    if (!bundle_split(bundle, folder, &err))
        return command_fail("split", &err);
    print_parts(folder);
    return command_flush(&err) ? 0 : command_fail("split", &err);
}
