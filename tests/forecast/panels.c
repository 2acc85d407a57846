#include "panels.h"

#include "support/test.h"

#include <math.h>

bool reference_files(const char *file[PANEL_FILES])
{
    static char kept[PANEL_FILES][512];

    for (size_t i = 0; i < PANEL_FILES; i++) {
        char name[64];
        snprintf(name, sizeof name, "data/forecast/%s.csv", panel_file_names[i]);
        const char *path = test_shared(name);
        if (!path)
            return false;
        snprintf(kept[i], sizeof kept[i], "%s", path);
        file[i] = kept[i];
    }
    return true;
}

/* A number from 0 to 1 that is the same on every machine. */
static double scatter(size_t item, size_t month, size_t kind)
{
    return (double)((item * 7919 + month * 104729 + kind * 1299709) % 1009) / 1008;
}

struct panel made_panel(size_t items, size_t months)
{
    struct panel p = {.items = items, .months = months, .first = 2020 * 12, .sales_end = months};
    const char **name = ARENA_NEW(&p.memory, const char *, items);
    double *usual = memory_take(items * months, sizeof *usual);

    p.sales = ARENA_NEW(&p.memory, double, items *months);
    p.marketing = ARENA_NEW(&p.memory, double, items *months);
    p.price = ARENA_NEW(&p.memory, double, items *months);
    for (size_t i = 0; i < items; i++) {
        name[i] = arena_format(&p.memory, "item_%zu", i);
        double price = 10;
        for (size_t m = 0; m < months; m++) {
            if (m > 0 && scatter(i, m, 2) > 0.85)
                price *= scatter(i, m, 3) > 0.5 ? 1.1 : 0.9;
            p.marketing[i * months + m] = scatter(i, m, 1) > 0.7 ? 0.5 + scatter(i, m, 4) / 2 : 0;
            p.price[i * months + m] = price;
        }
    }
    p.item = name;
    for (size_t i = 0; i < items; i++)
        for (size_t m = 0; m < months; m++) {
            double *u = usual + i * months + m;
            u[0] = (double)(100 + i * 50) * (0.6 + 0.8 * scatter(i, m, 5));
            if (m >= 15) {
                double year = 0;
                for (size_t k = 1; k <= 12; k++)
                    year += u[-(ptrdiff_t)k];
                u[0] = 0.3 * u[-12] + 0.3 * year / 12 +
                       0.4 * u[-12] * (u[-1] + u[-2] + u[-3]) / (u[-13] + u[-14] + u[-15]);
            }
            p.sales[i * months + m] =
                u[0] * (1 + 0.25 * p.marketing[i * months + m]) *
                (1 + 0.8 * panel_price_change(&p, i, m + 1) - 0.5 * panel_price_change(&p, i, m));
        }
    free(usual);
    return p;
}
