#include "cli/command.h"

#include "pipeline/bundle.h"
#include "pipeline/registry.h"
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

static bool split(const char *address, const char *registry, const char *folder, struct error *err)
{
    struct registry_version version = {0};

    if (!registry_is_address(address))
        return bundle_split(address, folder, err);
    const bool ok = registry_resolve(&version, registry, address, err) &&
                    bundle_split(version.bundle, folder, err);
    registry_version_clear(&version);
    return ok;
}

int cmd_split(int argc, char **argv)
{
    const char *bundle = NULL, *folder = NULL, *registry = registry_default();
    struct place out = {0};
    struct error err = {0};
    int status;
    const struct option table[] = {
        {OPTION_POSITIONAL, "BUNDLE", &bundle, true,
         "folder, .tar.gz, s3://... or registry:NAME@ALIAS of a bundle", 0, 0},
        {OPTION_TEXT, "output", &folder, true,
         "or -o: folder to make, with a bundle for each part of the pipeline", 0, 0},
        {OPTION_TEXT, "registry", &registry, false,
         "folder of registry:NAME ($QUERN_REGISTRY, or registry)", 0, 0},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    bool ok = place_prepare(&out, folder, &err) &&
              (split(bundle, registry, out.local, &err) || place_explain(&out, &err)) &&
              place_send(&out, &err);
    if (ok)
        print_parts(out.local, folder);
    ok = ok && command_flush(&err);
    place_clear(&out);
    return ok ? 0 : command_fail("split", &err);
}
