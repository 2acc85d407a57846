/* Builds of small tables and what they left on disk, for the tests of this folder. */
#ifndef QUERN_TESTS_SEQUENCE_SUPPORT_H
#define QUERN_TESTS_SEQUENCE_SUPPORT_H

#include "base/arena.h"
#include "base/file.h"
#include "base/rng.h"
#include "sequence/journeys.h"
#include "support/test.h"
#include "table/reader.h"
#include "table/writer.h"

#define HEADER "uid,timestamp,campaign,conversion\n"

struct journey_config test_config(const char *path);
struct split_config test_split(void);

/* Build with `threads`; true on success. */
bool test_build(const struct journey_config *config, const char *folder, size_t threads,
                struct journey_summary *summary, struct error *err);

/*
 * The feature store of a folder as lines "id uid true a,b,c", sorted by id; free() it. The split is
 * not shown.
 */
char *test_store(const char *folder);

/* One integer from a SQL query. */
int64_t test_sql(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Every output of two builds has the same bytes. */
void test_same_outputs(const char *a, const char *b, bool one_hot);

/* A CSV of random impressions: `rows` of `users` and `campaigns`, many ties of time. */
void test_random_csv(const char *path, size_t rows, size_t users, size_t campaigns, uint64_t seed);

#endif
