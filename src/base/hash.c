#include "base/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { BYTES = 32 };

bool sx_sha256_of(const void *bytes, size_t n, sx_sha256 *out, sx_error *err) {
    static const char digits[] = "0123456789abcdef";
    unsigned char md[EVP_MAX_MD_SIZE];
    *out = (sx_sha256){ "" };
    if (!EVP_Digest(bytes, n, md, NULL, EVP_sha256(), NULL))
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for a hash");
    for (size_t i = 0; i < BYTES; i++) {
        out->hex[2 * i] = digits[md[i] >> 4];
        out->hex[2 * i + 1] = digits[md[i] & 15];
    }
    return true;
}

bool sx_hmac_sha256(const uint8_t *key, size_t key_size, const void *bytes, size_t n,
                    uint8_t out[32], sx_error *err) {
    unsigned size = 0;
    if (HMAC(EVP_sha256(), key, (int)key_size, bytes, n, out, &size) && size == BYTES) return true;
    return sx_fail(err, SX_ERR_MEMORY, "out of memory for a hash");
}
