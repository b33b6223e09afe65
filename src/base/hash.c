#include "base/hash.h"

#include <openssl/sha.h>

sx_sha256 sx_sha256_of(const void *bytes, size_t n) {
    static const char digits[] = "0123456789abcdef";
    unsigned char md[SHA256_DIGEST_LENGTH];
    sx_sha256 h;
    SHA256(bytes, n, md);
    for (int i = 0; i < SHA256_DIGEST_LENGTH; i++) {
        h.hex[2 * i] = digits[md[i] >> 4];
        h.hex[2 * i + 1] = digits[md[i] & 15];
    }
    h.hex[64] = '\0';
    return h;
}
