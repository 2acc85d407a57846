/* settings — the file that says what a sales service is: apps/sales/service.yaml. */
#ifndef QUERN_SALES_SETTINGS_H
#define QUERN_SALES_SETTINGS_H

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"

struct sales_settings {
    int service;
    const char *store; /* sqlite:FILE, csv:DIR, postgresql://... */
    struct arena memory;
};

extern const struct config_field sales_settings_fields[];

/* ERR_CONFIG with the file and the line */
MUST_CHECK bool sales_settings_read(struct sales_settings *settings, const char *path,
                                    struct error *err);
/* No-op on a zeroed struct. */
void sales_settings_clear(struct sales_settings *settings);

#endif
