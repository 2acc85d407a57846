/* registry_print — what registry_list() and registry_show() give, for people or as JSON. */
#ifndef QUERN_PIPELINE_REGISTRY_PRINT_H
#define QUERN_PIPELINE_REGISTRY_PRINT_H

#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

void registry_print_list(const json_t *list, bool json, FILE *out);
void registry_print_show(const json_t *shown, bool json, FILE *out);

#endif
