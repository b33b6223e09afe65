/* Internal to reading_log.h: the hash of an operation. */
#ifndef SX_SERVICE_READING_READING_CHAIN_H
#define SX_SERVICE_READING_READING_CHAIN_H

#include "base/hash.h"
#include "service/reading/reading_log.h"

/* SHA-256 over the hash before it and all columns of the row. */
bool sx_reading_entry_hash(int64_t task, const sx_reading_entry *e, sx_sha256 *out,
                           sx_error *err) SX_MUST_USE;

#endif
