/* NumPy's legacy RandomState: the Mersenne Twister MT19937 (Matsumoto & Nishimura 1998) and the
 * masked rejection of its randint. Used only to reproduce published numbers; all other random
 * numbers come from base/rng.h. */
#ifndef SX_METRICS_MT19937_H
#define SX_METRICS_MT19937_H

#include <stddef.h>
#include <stdint.h>

typedef struct sx_mt19937 {
    uint32_t state[624];
    int at;
} sx_mt19937;

void sx_mt19937_seed(sx_mt19937 *m, uint32_t seed); /* RandomState(seed) */
uint32_t sx_mt19937_next(sx_mt19937 *m);            /* 32 random bits */
/* One value of RandomState.randint(n) (and of choice(n) with replacement), 0 .. n-1; n > 0. */
uint32_t sx_mt19937_randint(sx_mt19937 *m, uint32_t n);

#endif
