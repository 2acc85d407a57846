/*
 * xgboost_api — the functions of libxgboost that training uses, opened when first used.
 *
 * Their names without "XG". $XGBOOST_LIBRARY names the file; else the system's is taken.
 */
#ifndef QUERN_MODEL_XGBOOST_API_H
#define QUERN_MODEL_XGBOOST_API_H

#include "base/error.h"

#include <stdint.h>

#define XGBOOST_FUNCTIONS(X)                                                                       \
    X(const char *, BGetLastError, (void))                                                         \
    X(int, BSetGlobalConfig, (const char *config))                                                 \
    X(int, BRegisterLogCallback, (void (*callback)(const char *)))                                 \
    X(int, DMatrixCreateFromMat_omp,                                                               \
      (const float *data, uint64_t rows, uint64_t columns, float missing, void **out,              \
       int threads))                                                                               \
    X(int, DMatrixSetFloatInfo, (void *data, const char *field, const float *x, uint64_t count))   \
    X(int, DMatrixSetStrFeatureInfo,                                                               \
      (void *data, const char *field, const char **text, uint64_t count))                          \
    X(int, DMatrixFree, (void *data))                                                              \
    X(int, BoosterCreate, (void *const data[], uint64_t count, void **out))                        \
    X(int, BoosterSetParam, (void *booster, const char *key, const char *value))                   \
    X(int, BoosterUpdateOneIter, (void *booster, int round, void *train))                          \
    X(int, BoosterEvalOneIter,                                                                     \
      (void *booster, int round, void *data[], const char *names[], uint64_t count,                \
       const char **out))                                                                          \
    X(int, BoosterSlice, (void *booster, int first, int end, int step, void **out))                \
    X(int, BoosterSetStrFeatureInfo,                                                               \
      (void *booster, const char *field, const char **text, uint64_t count))                       \
    X(int, BoosterSaveModelToBuffer,                                                               \
      (void *booster, const char *config, uint64_t *size, const char **bytes))                     \
    X(int, BoosterFree, (void *booster))

struct xgboost_api {
#define X(type, name, arguments) type(*name) arguments;
    XGBOOST_FUNCTIONS(X)
#undef X
};

/* NULL with ERR_LIBRARY when it is not installed. The library is quiet from then on. */
const struct xgboost_api *xgboost_api(struct error *err);

#endif
