/* credit_name — names of channels in columns of plain text. */
#ifndef QUERN_ATTRIBUTION_CREDIT_NAME_H
#define QUERN_ATTRIBUTION_CREDIT_NAME_H

#include "base/text.h"

/* Characters, not bytes: continuation bytes of UTF-8 take no room. */
size_t credit_name_width(const char *name);

/* A name cut to `width` characters, its control characters shown as '?', filled with spaces. */
void credit_name_add(struct text *out, const char *name, size_t width);

#endif
