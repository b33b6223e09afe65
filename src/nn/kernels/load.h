/* Loading and storing numbers of one dtype: KT is float or uint16_t (bf16). */
#ifndef SX_NN_KERNELS_LOAD_H
#define SX_NN_KERNELS_LOAD_H

#include <stdint.h>
#include <string.h>

#include "tensor/tensor.h"

static inline float load_f32(float v) {
    return v;
}
static inline float store_f32(float v) {
    return v;
}
static inline float load_bf16(uint16_t v) {
    return sx_bf16_to_f32(v);
}
/* Rounds to nearest, ties to even. Unlike sx_f32_to_bf16 it has no case for NaN, which would slow
 * the loops down: the NaNs that arithmetic produces, and those from bf16, have zeros in their lower
 * half and stay NaN. */
static inline uint16_t store_bf16(float v) {
    union {
        float f;
        uint32_t u;
    } x = { .f = v };
    return (uint16_t)((x.u + 0x7fffU + ((x.u >> 16) & 1U)) >> 16);
}

#endif
