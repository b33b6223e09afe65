#include "metrics/mt19937.h"

enum { WORDS = 624, SHIFT = 397 };

void sx_mt19937_seed(sx_mt19937 *m, uint32_t seed) {
    m->state[0] = seed;
    for (uint32_t i = 1; i < WORDS; i++)
        m->state[i] = UINT32_C(1812433253) * (m->state[i - 1] ^ (m->state[i - 1] >> 30)) + i;
    m->at = WORDS;
}

static void refill(sx_mt19937 *m) {
    for (int i = 0; i < WORDS; i++) {
        uint32_t y = (m->state[i] & UINT32_C(0x80000000)) |
                     (m->state[(i + 1) % WORDS] & UINT32_C(0x7fffffff));
        m->state[i] =
            m->state[(i + SHIFT) % WORDS] ^ (y >> 1) ^ ((y & 1) ? UINT32_C(0x9908b0df) : 0);
    }
    m->at = 0;
}

uint32_t sx_mt19937_next(sx_mt19937 *m) {
    if (m->at == WORDS) refill(m);
    uint32_t y = m->state[m->at++];
    y ^= y >> 11;
    y ^= (y << 7) & UINT32_C(0x9d2c5680);
    y ^= (y << 15) & UINT32_C(0xefc60000);
    return y ^ (y >> 18);
}

uint32_t sx_mt19937_randint(sx_mt19937 *m, uint32_t n) {
    uint32_t most = n - 1, mask = most;
    if (most == 0) return 0; /* NumPy then takes no number from the generator */
    mask |= mask >> 1;
    mask |= mask >> 2;
    mask |= mask >> 4;
    mask |= mask >> 8;
    mask |= mask >> 16;
    for (;;) {
        uint32_t v = sx_mt19937_next(m) & mask;
        if (v <= most) return v;
    }
}
