/* XXH64 uses four lanes of 64 bits, which are merged at the end. Bytes are read in little-endian
 * order. */
#include <string.h>

#include "base/hash.h"

#define PRIME1 0x9E3779B185EBCA87ULL
#define PRIME2 0xC2B2AE3D27D4EB4FULL
#define PRIME3 0x165667B19E3779F9ULL
#define PRIME4 0x85EBCA77C2B2AE63ULL
#define PRIME5 0x27D4EB2F165667C5ULL
enum { STRIPE = 32 };

static uint64_t rotate(uint64_t v, int bits) {
    return v << bits | v >> (64 - bits);
}

static uint64_t read64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

static uint64_t read32(const uint8_t *p) {
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24;
}

static uint64_t add_word(uint64_t lane, uint64_t word) {
    return rotate(lane + word * PRIME2, 31) * PRIME1;
}

static uint64_t merge(uint64_t hash, uint64_t lane) {
    return (hash ^ add_word(0, lane)) * PRIME1 + PRIME4;
}

/* The whole stripes of 32 bytes. */
static uint64_t add_stripes(const uint8_t *p, size_t n, uint64_t seed) {
    uint64_t a = seed + PRIME1 + PRIME2, b = seed + PRIME2, c = seed, d = seed - PRIME1;
    for (; n >= STRIPE; n -= STRIPE, p += STRIPE) {
        a = add_word(a, read64(p));
        b = add_word(b, read64(p + 8));
        c = add_word(c, read64(p + 16));
        d = add_word(d, read64(p + 24));
    }
    const uint64_t hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
    return merge(merge(merge(merge(hash, a), b), c), d);
}

/* The last, fewer than 32 bytes. */
static uint64_t add_rest(uint64_t hash, const uint8_t *p, size_t n) {
    for (; n >= 8; n -= 8, p += 8)
        hash = rotate(hash ^ add_word(0, read64(p)), 27) * PRIME1 + PRIME4;
    if (n >= 4) {
        hash = rotate(hash ^ (read32(p) * PRIME1), 23) * PRIME2 + PRIME3;
        n -= 4;
        p += 4;
    }
    for (; n > 0; n--, p++)
        hash = rotate(hash ^ (*p * PRIME5), 11) * PRIME1;
    return hash;
}

uint64_t sx_xxh64(const void *bytes, size_t n, uint64_t seed) {
    const uint8_t *p = bytes;
    uint64_t hash = n >= STRIPE ? add_stripes(p, n, seed) : seed + PRIME5;
    hash = add_rest(hash + n, p + n / STRIPE * STRIPE, n % STRIPE);
    hash = (hash ^ hash >> 33) * PRIME2;
    hash = (hash ^ hash >> 29) * PRIME3;
    return hash ^ hash >> 32;
}
