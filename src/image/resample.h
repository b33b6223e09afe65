/* The two loops of resizing, compiled once for each instruction set. All give the same bytes. */
#ifndef SX_IMAGE_RESAMPLE_H
#define SX_IMAGE_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

enum { SX_RESAMPLE_BITS = 22, SX_RESAMPLE_LOW_BITS = 11, SX_RESAMPLE_ROWS = 64 };

/* The weights of taps 2t (lower 16 bits) and 2t + 1 (upper), each split into its low 11 bits and
 * the rest, as required by 16-bit multiply-and-add instructions. A weight is at most 2^22. */
typedef struct sx_weight_pair {
    int32_t low, high;
} sx_weight_pair;

static inline void sx_weight_set(sx_weight_pair *pairs, int tap, int32_t weight) {
    const int shift = tap % 2 * 16, mask = (1 << SX_RESAMPLE_LOW_BITS) - 1;
    pairs[tap / 2].low |= (weight & mask) << shift;
    pairs[tap / 2].high |= (weight >> SX_RESAMPLE_LOW_BITS) << shift;
}
static inline int32_t sx_weight_of(const sx_weight_pair *pairs, int tap) {
    const int shift = tap % 2 * 16;
    return (pairs[tap / 2].low >> shift & 0xffff) +
           ((pairs[tap / 2].high >> shift & 0xffff) << SX_RESAMPLE_LOW_BITS);
}

typedef struct sx_resample {
    /* out[i] = rounded sum over t of weight[t] * in[t * stride + i], for i < n. The weights are not
     * negative and sum up to about 2^22. out may not overlap in. */
    void (*weigh)(uint8_t *out, const uint8_t *in, size_t stride, const sx_weight_pair *weight,
                  int taps, size_t n);
    /* Transposes rows to columns: out[x * 64 + y] = in[y * stride + x] for x < n, y < rows <= 64;
     * the other y are zero. */
    void (*turn)(uint8_t *out, const uint8_t *in, size_t stride, int rows, size_t n);
    /* The inverse: out[y * stride + x] = in[x * 64 + y]. */
    void (*turn_back)(uint8_t *out, size_t stride, const uint8_t *in, int rows, size_t n);
} sx_resample;

const sx_resample *sx_resample_get(void); /* the best for this processor (base/cpu.h) */

#endif
