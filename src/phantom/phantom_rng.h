/* Random numbers of the phantom: a named stream with a cursor, so that each purpose (the patient,
 * the lesions, the bowel gas, the noise) has its own and none affects another. */
#ifndef SX_PHANTOM_PHANTOM_RNG_H
#define SX_PHANTOM_PHANTOM_RNG_H

#include <math.h>
#include <stdbool.h>

#include "base/rng.h"

typedef struct sx_ph_draw {
    uint64_t key, next;
} sx_ph_draw;

/* `what` names the purpose, `item` the study or film it is for. */
static inline sx_ph_draw sx_ph_draw_start(const char *what, uint64_t seed, uint64_t item) {
    sx_ph_draw d = { sx_rng_u64(sx_rng_key(what, seed + 1), item), 0 };
    return d;
}

static inline float sx_ph_unit(sx_ph_draw *d) {
    return (float)sx_rng_unit(d->key, d->next++);
}

static inline float sx_ph_range(sx_ph_draw *d, float low, float high) {
    return low + (high - low) * sx_ph_unit(d);
}

/* Whole number in [0, n). */
static inline int sx_ph_int(sx_ph_draw *d, int n) {
    return (int)(sx_ph_unit(d) * (float)n);
}

static inline bool sx_ph_chance(sx_ph_draw *d, float p) {
    return sx_ph_unit(d) < p;
}

/* Nearly normal (sum of four uniforms), within 3.5 standard deviations: anatomy has no long
 * tails. */
static inline float sx_ph_normal(sx_ph_draw *d, float mean, float sd) {
    float s = sx_ph_unit(d) + sx_ph_unit(d) + sx_ph_unit(d) + sx_ph_unit(d) - 2.0f;
    return mean + sd * s * 1.7320508f;
}

#endif
