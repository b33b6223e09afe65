#include "service/access/secret.h"

#include <sodium.h>
#include <string.h>

bool sx_secret_make(char out[SX_SECRET], sx_error *err) {
    unsigned char bytes[32];
    if (sodium_init() < 0) return sx_fail(err, SX_ERR_INTERNAL, "libsodium cannot be used");
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(out, SX_SECRET, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof bytes);
    return true;
}

bool sx_secret_hash(const char *secret, sx_sha256 *out, sx_error *err) {
    return sx_sha256_of(secret, strlen(secret), out, err);
}

bool sx_secret_equal(const char *a, const char *b) {
    const size_t n = strlen(a);
    return strlen(b) == n && sodium_memcmp(a, b, n) == 0;
}
