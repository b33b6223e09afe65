/* exp and log in plain arithmetic, so that loops vectorise and every processor gives the same bits
 * (libm selects code by processor). Relative error below 2e-6. */
#ifndef SX_PHANTOM_VECMATH_H
#define SX_PHANTOM_VECMATH_H

#include <stdint.h>
#include <string.h>

/* otherwise loops around them would not vectorise */
#if defined(__GNUC__)
#define SX_PH_INLINE static inline __attribute__((always_inline))
#else
#define SX_PH_INLINE static inline
#endif

/* exp(x) for -80 <= x <= 80. */
SX_PH_INLINE float sx_ph_exp(float x) {
    float t = x * 1.44269504f;
    float i = (float)(int32_t)(t + (t < 0.0f ? -0.5f : 0.5f)), f = (t - i) * 0.693147181f;
    float p =
        1.0f + f * (1.0f + f * (0.5f + f * (0.16666667f + f * (0.041666667f + f * 0.0083333333f))));
    int32_t bits = ((int32_t)i + 127) << 23;
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

/* ln(x) for positive normal x. */
SX_PH_INLINE float sx_ph_log(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    int32_t exponent = ((bits - 0x3f3504f3) >> 23);
    bits -= (int32_t)((uint32_t)exponent << 23);
    float m;
    memcpy(&m, &bits, sizeof m);
    float s = (m - 1.0f) / (m + 1.0f), s2 = s * s;
    float p = 2.0f * s *
              (1.0f + s2 * (0.33333333f + s2 * (0.2f + s2 * (0.14285714f + s2 * 0.11111111f))));
    return p + (float)exponent * 0.693147181f;
}

#endif
