#include "cli/command.h"

#include "pipeline/bundle.h"
#include "remote/place.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

/* The parts, one a line, in the order of use. */
static void print_parts(const char *folder, const char *shown)
{
    struct dirent **entry = NULL;
    const int count = scandir(folder, &entry, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        if (entry[i]->d_name[0] != '.')
            printf("%s/%s\n", shown, entry[i]->d_name);
        free(entry[i]);
    }
    free(entry);
}

int cmd_split(int argc, char **argv)
{
    const char *bundle = NULL, *folder = NULL;
    struct place out = {0};
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
    bool ok = place_prepare(&out, folder, &err) &&
              (bundle_split(bundle, out.local, &err) || place_explain(&out, &err)) &&
              place_send(&out, &err);
    if (ok)
        print_parts(out.local, folder);
    ok = ok && command_flush(&err);
    place_clear(&out);
    return ok ? 0 : command_fail("split", &err);
}
