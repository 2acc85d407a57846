/*
 * stage_key — one number for everything a stage depends on: settings, files, earlier stages, the
 * version of this program. Equal keys mean that running the stage again would change nothing.
 */
#ifndef QUERN_PIPELINE_STAGE_KEY_H
#define QUERN_PIPELINE_STAGE_KEY_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Starts from the stage's name and the program's version. */
uint64_t stage_key_new(const char *stage);

/* Mix in a text (a section of settings) or a number (another key). */
uint64_t stage_key_text(uint64_t key, const char *text);
uint64_t stage_key_number(uint64_t key, uint64_t number);

/*
 * Mix in name, size and time of change of every file that `pattern` (a path or a glob) names. A
 * file that is missing is left for the reader to complain about.
 */
uint64_t stage_key_files(uint64_t key, const char *pattern);

/* Mix in the content of a file. */
MUST_CHECK bool stage_key_content(uint64_t *key, const char *path, struct error *err);

#endif
