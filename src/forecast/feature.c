#include "forecast/feature.h"

#include <stdio.h>
#include <string.h>

static const struct feature *const features[] = {
#define X(name) &feature_##name,
    FEATURES(X)
#undef X
};
#define FEATURE_COUNT (sizeof features / sizeof *features)
_Static_assert(FEATURE_COUNT <= FEATURES_MAX, "FEATURES_MAX");

const struct feature *feature_find(const char *name)
{
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        if (strcmp(features[i]->name, name) == 0)
            return features[i];
    return NULL;
}

void feature_names(char *text, size_t room)
{
    text[0] = '\0';
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, room - used, "%s%s", i ? ", " : "", features[i]->name);
    }
}
