/* An exp() that the compiler can vectorise in loops. The C library's function must be called for
 * each number. */
#ifndef SX_NN_KERNELS_MATH_H
#define SX_NN_KERNELS_MATH_H

#include <stdint.h>

/* exp(x), relative error below 2e-7; x is held between -87 (1.6e-38) and 88.
 * 2^i * 2^f with f in [-0.5, 0.5] and a polynomial of degree 6 for 2^f (Cephes' expf reduction). i
 * is rounded by adding 1.5 * 2^23, without a condition: two on one number become a branch, which no
 * vector takes. The sum's lowest bits are i, so that no float is converted to an integer, which a
 * NaN could not be; the result of a NaN is NaN. */
static inline float fast_exp(float x) {
    x = x > 88.0F ? 88.0F : x;
    x = x < -87.0F ? -87.0F : x;
    union {
        float f;
        uint32_t bits;
    } sum = { .f = x * 1.44269504088896341F + 12582912.0F };
    float i = sum.f - 12582912.0F;
    float r = x - i * 0.693359375F + i * 2.12194440e-4F;
    float p = 1.9875691500e-4F;
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * r * r + r + 1.0F;
    union {
        uint32_t bits;
        float f;
    } two = { .bits = (sum.bits - 0x4B400000U + 127U) << 23 };
    return p * two.f;
}

static inline float sigmoid(float x) {
    return 1.0F / (1.0F + fast_exp(-x));
}

static inline float hard_sigmoid(float x) {
    const float y = (x + 3.0F) * (1.0F / 6);
    const float low = y < 0 ? 0.0F : y; /* keeps NaN */
    return low > 1 ? 1.0F : low;
}

/* exp(-x^2 / 2). */
static inline float gauss(float x) {
    return fast_exp(-0.5F * x * x);
}

/* P(X > |x|) / exp(-x^2 / 2) of a standard normal X, relative error below 2e-7: a polynomial in
 * 1 / (1 + a |x|) that interpolates it for |x| up to 13 at Chebyshev nodes. */
static inline float normal_tail(float x) {
    const float size = x < 0 ? -x : x, t = 1.0F / (1.0F + 0.29698485F * size);
    float p = 0.0387864001F;
    p = p * t - 0.176626235F;
    p = p * t + 0.251638442F;
    p = p * t - 0.0979200751F;
    p = p * t + 0.154808611F;
    p = p * t + 0.0895243585F;
    p = p * t + 0.121589415F;
    p = p * t + 0.118187360F;
    return p * t + 1.17539921e-5F;
}

/* x P(X < x): x for large x, else the tail, which loses no digits. */
static inline float gelu(float x) {
    const float size = x < 0 ? -x : x, high = x < 0 ? 0.0F : x;
    return high - size * normal_tail(x) * gauss(x);
}

/* Its derivative P(X < x) + x exp(-x^2 / 2) / sqrt(2 pi). */
static inline float gelu_slope(float x) {
    const float tail = normal_tail(x) * gauss(x);
    return (x < 0 ? tail : 1.0F - tail) + x * 0.398942280F * gauss(x);
}

/* The largest of n numbers. In lanes: clang does not vectorize a maximum where NaN may occur. */
static inline float largest(const float *v, int n) {
    enum { WIDTH = 16 };
    float most[WIDTH];
    int i = 0;
    for (int k = 0; k < WIDTH; k++)
        most[k] = v[0];
    for (; i + WIDTH <= n; i += WIDTH)
        for (int k = 0; k < WIDTH; k++)
            most[k] = v[i + k] > most[k] ? v[i + k] : most[k];
    for (; i < n; i++)
        most[0] = v[i] > most[0] ? v[i] : most[0];
    for (int k = 1; k < WIDTH; k++)
        most[0] = most[k] > most[0] ? most[k] : most[0];
    return most[0];
}

#endif
