/* Random numbers: counter-based streams with a name and a seed. There is one name per purpose, so a
 * run can be repeated exactly with any number of threads. splitmix64 (Steele 2014) over the FNV-1a
 * 64 hash of the name. */
#ifndef SX_BASE_RNG_H
#define SX_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* FNV-1a, 64 bit. */
uint64_t sx_fnv1a(const void *bytes, size_t n);

/* The key of a named stream; `seed` 0 gives the plain hash of the name. */
uint64_t sx_rng_key(const char *name, uint64_t seed);

/* The i-th number of a stream: any order, any thread. */
static inline uint64_t sx_rng_u64(uint64_t key, uint64_t i) {
    uint64_t z = key + (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* Uniform in [0, 1), a multiple of 2^-24. */
static inline double sx_rng_unit(uint64_t key, uint64_t i) {
    return (double)(sx_rng_u64(key, i) >> 40) * (1.0 / 16777216.0);
}

#endif
