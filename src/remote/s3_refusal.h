/* s3_refusal — what an answer other than success means, in one sentence. */
#ifndef QUERN_REMOTE_S3_REFUSAL_H
#define QUERN_REMOTE_S3_REFUSAL_H

#include "remote/s3_client.h"

/* Whether the same request may succeed a little later. */
bool s3_refusal_passes(const struct s3_answer *answer);

/* Always false. */
bool s3_refusal_explain(const struct s3_account *account, const struct s3_call *call,
                        const struct s3_answer *answer, unsigned attempts, struct error *err);

#endif
