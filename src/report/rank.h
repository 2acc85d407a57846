/* rank — the order in which campaigns are shown. */
#ifndef QUERN_REPORT_RANK_H
#define QUERN_REPORT_RANK_H

#include "base/arena.h"

#include <stddef.h>

/* Indexes of `number` [count], the largest first, equal ones as they come; what is not finite last.
 */
size_t *rank_descending(struct arena *memory, const double *number, size_t count);

#endif
