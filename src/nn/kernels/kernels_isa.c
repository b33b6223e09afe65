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

#include "nn/kernels/multiply.inc"
#include "nn/kernels/swish.inc"

/* One head of one sequence in f32: the queries (with the factor of the scores), keys and values and
 * the output's gradient, each [steps][d]; the weights of the softmax and the gradient of the
 * scores, each [steps][steps]. */
typedef struct attention_head {
    int steps, d;
    float share, *q, *k, *v, *o, *p, *dp;
} attention_head;

/* The part of a pooling window that is inside the map. */
typedef struct pool_window {
    int y, x, rows, columns;
} pool_window;

static inline pool_window window_at(const sx_pool_job *j, int row, int column) {
    const int top = row * j->stride - j->pad, left = column * j->stride - j->pad;
    const int bottom = top + j->kernel < j->in.h ? top + j->kernel : j->in.h;
    const int right = left + j->kernel < j->in.w ? left + j->kernel : j->in.w;
    pool_window w = { .y = top < 0 ? 0 : top, .x = left < 0 ? 0 : left };
    w.rows = bottom - w.y;
    w.columns = right - w.x;
    return w;
}

/* Calls a loop of columns.inc for columns [0, c), in blocks of `most` vectors. */
#define EACH_COLUMN(loop, most, c, ...)                                                            \
    do {                                                                                           \
        int column = 0;                                                                            \
        for (; column + (most)*LANES <= (c); column += (most)*LANES)                               \
            NAME(loop##_vectors)(most, column, __VA_ARGS__);                                       \
        for (; column + LANES <= (c); column += LANES)                                             \
            NAME(loop##_vectors)(1, column, __VA_ARGS__);                                          \
        for (; column < (c); column++)                                                             \
            NAME(loop##_lane)(1, column, __VA_ARGS__);                                             \
    } while (0)

/* Not inlined: between the loops of a block of columns its code would only cost registers. */
static __attribute__((noinline)) void add_in_double(double *sum, const float *part, int count) {
    for (int i = 0; i < count; i++)
        sum[i] += (double)part[i];
}

#define KT         float
#define LOAD(x)    load_f32(x)
#define STORE(x)   store_f32(x)
#define NAME(base) base##_f32
#define TABLE_NAME TABLE(f32)
#define TABLE_MORE                                                                                 \
    .patches_weights = patches_weights, .patches = patches,                                        \
    .pointwise_weights = pointwise_weights, .pointwise = pointwise,                                \
    .winograd_weights = winograd_weights, .winograd = winograd,                                    \
    .winograd_grad_tiles = winograd_grad_tiles, .winograd_grad_sums = winograd_grad_sums,          \
    .winograd_grad_weights = winograd_grad_weights,
#include "nn/kernels/columns.inc"
#include "nn/kernels/dense.inc"
#include "nn/kernels/depthwise.inc"
#include "nn/kernels/pool.inc"
#include "nn/kernels/roi_align.inc"
#include "nn/kernels/rows.inc"
#include "nn/kernels/train.inc"
#include "nn/kernels/weighted.inc"

#include "nn/kernels/patches.inc"
#include "nn/kernels/pointwise.inc"
#include "nn/kernels/winograd.inc"

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
#include "nn/kernels/columns.inc"
#include "nn/kernels/dense.inc"
#include "nn/kernels/depthwise.inc"
#include "nn/kernels/pool.inc"
#include "nn/kernels/roi_align.inc"
#include "nn/kernels/rows.inc"
#include "nn/kernels/train.inc"
#include "nn/kernels/weighted.inc"

#include "nn/kernels/table.inc"
