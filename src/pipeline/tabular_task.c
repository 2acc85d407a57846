#include "pipeline/tabular_task.h"

#include <stddef.h>
#include <string.h>

bool tabular_task_of(const char *objective, enum tabular_task *task)
{
    static const struct {
        const char *name;
        enum tabular_task task;
    } known[] = {
        {"binary:logistic", TABULAR_BINARY},  {"multi:softprob", TABULAR_CLASSES},
        {"reg:squarederror", TABULAR_VALUE},  {"reg:squaredlogerror", TABULAR_VALUE},
        {"reg:logistic", TABULAR_VALUE},      {"reg:pseudohubererror", TABULAR_VALUE},
        {"reg:absoluteerror", TABULAR_VALUE}, {"reg:quantileerror", TABULAR_VALUE},
        {"reg:gamma", TABULAR_VALUE},         {"reg:tweedie", TABULAR_VALUE},
        {"count:poisson", TABULAR_VALUE},
    };

    for (size_t i = 0; objective && i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, objective) == 0) {
            *task = known[i].task;
            return true;
        }
    return false;
}
