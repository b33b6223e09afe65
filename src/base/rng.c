#include "base/rng.h"

#include <string.h>

uint64_t sx_fnv1a(const void *bytes, size_t n) {
    const unsigned char *p = bytes;
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * UINT64_C(0x100000001b3);
    return h;
}

uint64_t sx_rng_key(const char *name, uint64_t seed) {
    uint64_t h = sx_fnv1a(name, strlen(name));
    return seed ? sx_rng_u64(h, seed) : h;
}
