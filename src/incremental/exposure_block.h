/*
 * exposure_block — the users of one partition as a stream of bytes: users by their first row in the
 * table, impressions of each by time. A merge of all partitions' streams is the exposure log.
 *
 * A user is, packed,
 *
 *   int64 first row, uint32 impressions n, uint32 length of the text, that text,
 *   int64 time [n], uint16 name code [n], uint8 conversion [n],
 *   uint32 row [n] with identity, double value [n] and double cost [n] with amounts
 */
#ifndef QUERN_INCREMENTAL_EXPOSURE_BLOCK_H
#define QUERN_INCREMENTAL_EXPOSURE_BLOCK_H

#include "sequence/grouping.h"

struct exposure_block_form {
    const struct split_config *training; /* only users of its training split; NULL: all */
    bool identity, amounts;
};

struct exposure_block {
    struct spill_piece piece;
    uint64_t users, impressions, conversions, text_bytes;
    int64_t start, end; /* of times; start > end where there are none */
};

/* Sorts the group's items. `kept` [names] go up by the impressions of users that are kept.
 * ERR_IO */
MUST_CHECK bool exposure_block_make(struct exposure_block *block, struct grouping *group,
                                    const struct exposure_block_form *form, uint64_t *kept,
                                    struct spill *spill, struct error *err);

/* Reads a block from its beginning to its end. */
struct exposure_cursor {
    int64_t first; /* of the user at hand */
    uint32_t count, length;
    uint64_t users; /* left, the one at hand included; 0: at the end */
    struct spill *spill;
    const struct exposure_block *block;
    unsigned char *buffer; /* NULL: the block is in memory */
    size_t at, from, filled;
};

/* At the first user, of whom exposure_cursor_read() gives text and arrays; all of them must be read
 * before the next user. ERR_IO */
MUST_CHECK bool exposure_cursor_open(struct exposure_cursor *cursor, struct spill *spill,
                                     const struct exposure_block *block, struct error *err);
MUST_CHECK bool exposure_cursor_next(struct exposure_cursor *cursor, struct error *err);
MUST_CHECK bool exposure_cursor_read(struct exposure_cursor *cursor, void *to, size_t size,
                                     struct error *err);
void exposure_cursor_close(struct exposure_cursor *cursor);

#endif
