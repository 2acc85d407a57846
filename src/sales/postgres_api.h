/* postgres_api — libpq, PostgreSQL's client library, opened when the first store of its kind is. */
#ifndef QUERN_SALES_POSTGRES_API_H
#define QUERN_SALES_POSTGRES_API_H

#include "base/error.h"

#include <libpq-fe.h>

/* The functions used, without "PQ". */
#define POSTGRES_FUNCTIONS(X)                                                                      \
    X(conninfoParse)                                                                               \
    X(conninfoFree)                                                                                \
    X(freemem)                                                                                     \
    X(connectStartParams)                                                                          \
    X(connectPoll)                                                                                 \
    X(status)                                                                                      \
    X(transactionStatus)                                                                           \
    X(finish)                                                                                      \
    X(socket)                                                                                      \
    X(errorMessage)                                                                                \
    X(setnonblocking)                                                                              \
    X(setNoticeProcessor)                                                                          \
    X(sendQuery)                                                                                   \
    X(sendPrepare)                                                                                 \
    X(sendQueryPrepared)                                                                           \
    X(flush)                                                                                       \
    X(consumeInput)                                                                                \
    X(isBusy)                                                                                      \
    X(getResult)                                                                                   \
    X(resultStatus)                                                                                \
    X(resultErrorField)                                                                            \
    X(ntuples)                                                                                     \
    X(getisnull)                                                                                   \
    X(getlength)                                                                                   \
    X(getvalue)                                                                                    \
    X(clear)

struct postgres_api {
#define X(name) __typeof__(&PQ##name) name;
    POSTGRES_FUNCTIONS(X)
#undef X
};

/* ERR_LIBRARY: not installed. The same table for every caller. */
const struct postgres_api *postgres_api(struct error *err);

#endif
