/* SHA-256 (FIPS 180-4) as lower-case hexadecimal text. */
#ifndef SX_BASE_HASH_H
#define SX_BASE_HASH_H

#include <stddef.h>

typedef struct sx_sha256 {
    char hex[65];
} sx_sha256;

sx_sha256 sx_sha256_of(const void *bytes, size_t n);

#endif
