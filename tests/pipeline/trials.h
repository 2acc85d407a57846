/* What a search that runs in another process has written so far. */
#ifndef QUERN_TESTS_PIPELINE_TRIALS_H
#define QUERN_TESTS_PIPELINE_TRIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Finished trials in a trials.json; 0 without the file. */
size_t trials_in(const char *path);

/* Wait until there are `count`; as test_wait_until(). */
bool trials_wait(const char *path, size_t count, pid_t child);

#endif
