/* panels — small panels for tests, and the one of the reference data. */
#ifndef QUERN_TESTS_FORECAST_PANELS_H
#define QUERN_TESTS_FORECAST_PANELS_H

#include "forecast/panel.h"

/* Names of the files of the reference data, for panel_load(); false after a loud skip. */
bool reference_files(const char *file[PANEL_FILES]);

/*
 * A panel of `items` over `months` from January 2020 that follows the equation without noise, with
 * a = 0.3, b = 0.3, c = 0.4, d = 0.25, e = 0.8, f = -0.5; no stock-outs, no objectives.
 * panel_clear() it.
 */
struct panel made_panel(size_t items, size_t months);

#endif
