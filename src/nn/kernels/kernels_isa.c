/* Compiled once for each instruction set, which SX_ISA names: the loops for f32, then for bf16. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "nn/kernels/kernels.h"
#include "nn/kernels/load.h"
#include "nn/kernels/roi_level.h"

#define JOIN2(a, b, c) a##_##b##_##c
#define JOIN(a, b, c)  JOIN2(a, b, c)
#define TABLE(suffix)  JOIN(sx_kernels, SX_ISA, suffix)

#include "nn/kernels/math.h"
#include "nn/kernels/vector.h"
#include "nn/kernels/winograd.inc"

#define KT         float
#define LOAD(x)    load_f32(x)
#define STORE(x)   store_f32(x)
#define NAME(base) base##_f32
#define TABLE_NAME TABLE(f32)
#define TABLE_MORE                                                                                 \
    .winograd_weights = winograd_weights, .winograd = winograd,                                    \
    .winograd_grad_tiles = winograd_grad_tiles, .winograd_grad_sums = winograd_grad_sums,          \
    .winograd_grad_weights = winograd_grad_weights,
#include "nn/kernels/dense.inc"
#include "nn/kernels/depthwise.inc"
#include "nn/kernels/pool.inc"
#include "nn/kernels/roi_align.inc"
#include "nn/kernels/rows.inc"
#include "nn/kernels/train.inc"
#include "nn/kernels/weighted.inc"

#include "nn/kernels/table.inc"

#undef KT
#undef LOAD
#undef STORE
#undef NAME
#undef TABLE_NAME
#undef TABLE_MORE
#define TABLE_MORE
#define KT         uint16_t
#define LOAD(x)    load_bf16(x)
#define STORE(x)   store_bf16(x)
#define NAME(base) base##_bf16
#define TABLE_NAME TABLE(bf16)
#include "nn/kernels/dense.inc"
#include "nn/kernels/depthwise.inc"
#include "nn/kernels/pool.inc"
#include "nn/kernels/roi_align.inc"
#include "nn/kernels/rows.inc"
#include "nn/kernels/train.inc"
#include "nn/kernels/weighted.inc"

#include "nn/kernels/table.inc"
