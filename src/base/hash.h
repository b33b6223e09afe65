/* SHA-256 (FIPS 180-4), by OpenSSL, and XXH64, which does not protect against deliberate changes
 * but costs little more than reading the bytes. */
#ifndef SX_BASE_HASH_H
#define SX_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

/* As lower-case hexadecimal text. */
typedef struct sx_sha256 {
    char hex[65];
} sx_sha256;

/* The only error is SX_ERR_MEMORY. */
bool sx_sha256_of(const void *bytes, size_t n, sx_sha256 *out, sx_error *err) SX_MUST_USE;
/* Of the bytes of a file from an offset on, which is at most its size. Messages begin with the
 * path. Errors: SX_ERR_IO, SX_ERR_MEMORY. */
bool sx_sha256_of_file(const char *path, uint64_t offset, sx_sha256 *out,
                       sx_error *err) SX_MUST_USE;
/* HMAC (RFC 2104) with a key of up to INT_MAX bytes. */
bool sx_hmac_sha256(const uint8_t *key, size_t key_size, const void *bytes, size_t n,
                    uint8_t out[32], sx_error *err) SX_MUST_USE;
/* XXH64 of the bytes (Collet's specification, version 0.1.1). */
uint64_t sx_xxh64(const void *bytes, size_t n, uint64_t seed);

#endif
