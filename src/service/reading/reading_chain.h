/* The rows of the log of operations, each with a hash over itself and the row before it. */
#ifndef SX_SERVICE_READING_READING_CHAIN_H
#define SX_SERVICE_READING_READING_CHAIN_H

#include <stdint.h>

#include "base/hash.h"

/* An operation of the log; valid during the call. */
typedef struct sx_reading_entry {
    int64_t rev, film, account, client_seq, at_client, at_server; /* film 0: none */
    const char *client, *kind, *box, *body, *prev_hash, *hash;
} sx_reading_entry;

/* SHA-256 over the hash before it and all columns of the row. */
bool sx_reading_entry_hash(int64_t task, const sx_reading_entry *e, sx_sha256 *out,
                           sx_error *err) SX_MUST_USE;

#endif
