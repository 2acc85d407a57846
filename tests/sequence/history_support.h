/* history_support — settings and a table from texts to an open set of histories. */
#ifndef QUERN_TESTS_SEQUENCE_HISTORY_SUPPORT_H
#define QUERN_TESTS_SEQUENCE_HISTORY_SUPPORT_H

#include "sequence/history.h"

struct history_case {
    struct arena memory;
    struct history_config config;
    struct history_split split;
    struct table_source *source;
    struct history_orders orders;
    struct history_rows train, test;
    struct history_fitted fitted;
    struct history_set set;
    struct history_buffers buffers;
};

/* Only the settings: sections source, histories and split of a YAML text. */
MUST_CHECK bool history_case_settings(struct history_case *c, const char *settings,
                                      struct error *err);
/* All of it, learned from the rows of split.train. On failure nothing is left open. */
MUST_CHECK bool history_case_open(struct history_case *c, const char *settings, const char *table,
                                  struct error *err);
void history_case_close(struct history_case *c);

#endif
