/* The engine's own loops over nhwc arrays of f32 or bf16 numbers; sums are f32. The same C code is
 * compiled for several instruction sets (nn/meson.build), and the best one that the processor
 * supports is used. A kernel works on a range of rows or boxes in the calling thread; the ops
 * distribute the ranges over threads. */
#ifndef SX_NN_KERNELS_KERNELS_H
#define SX_NN_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/graph.h"

typedef struct sx_piece {
    const void *data; /* [rows][c] */
    int c;
} sx_piece;

typedef struct sx_pool_job {
    sx_shape in, out;
    int kernel, stride, pad;
} sx_pool_job;

typedef struct sx_roi_job {
    const void *map[6]; /* [n][h][w][c] for each level */
    int h[6], w[6];
    float scale[6]; /* 1 / stride */
    int n, c, size, sampling_ratio, per_image, levels, first_level;
} sx_roi_job;

/* A 3x3 convolution, stride 1, padding 1, in f32; channels multiples of 16, and of 32 for the
 * gradient of the weights. */
typedef struct sx_winograd_job {
    sx_shape in, out;
    int tile; /* outputs of a tile in each direction: 4 or 2; gradients of the weights: 4 */
    const float *x, *u; /* u: winograd_weights */
    /* May be NULL; the residual is added before the activation and may be y. */
    const float *bias, *residual;
    sx_act act;
    float *y;
    const float *g; /* the gradient of y, for the gradient of the weights */
} sx_winograd_job;

/* A convolution in f32; output channels a multiple of 32. */
typedef struct sx_patches_job {
    sx_shape in, out;
    int kernel, stride, pad; /* pad: rows above and columns to the left */
    const float *x, *u;      /* u: patches_weights */
    /* May be NULL; the residual is added before the activation and may be y. */
    const float *bias, *residual;
    sx_act act;
    float *y;
} sx_patches_job;

/* The backward pass of y = act(x * scale + shift), for one piece of x. */
typedef struct sx_bn_back_job {
    void *dx; /* [rows][c]; NULL: not needed */
    bool add; /* add to dx instead of overwriting it */
    const void *g, *x;
    const float *scale, *shift, *mean;
    int c, stride; /* numbers in a row of x, in a row of g */
    bool relu;
} sx_bn_back_job;

/* A convolution with a 1x1 kernel, without a stride, in f32. */
typedef struct sx_pointwise_job {
    int in, out;           /* channels */
    const float *x, *u;    /* u: pointwise_weights */
    const float *bias;     /* may be NULL; zeros up to a multiple of 32 numbers */
    const float *residual; /* [pixels][out], added before the activation; may be NULL, or y */
    sx_act act;
    float *y;
} sx_pointwise_job;

typedef sx_pool_job sx_depthwise_job; /* the same windows */

typedef struct sx_channel_scale_job {
    int c, scale_count; /* channels; numbers per image, c or 1 */
    int64_t pixels;     /* in an image */
    bool add;
} sx_channel_scale_job;

/* Pixels that `pointwise` multiplies at a time: a multiple of every register block's rows. */
enum { SX_POINTWISE_STRIP = 48 };

/* Pixels whose sum is taken before it is added to others: in one long sum the rounding errors of
 * like numbers, as of a film's padding, have one sign and reach 1e-4. */
enum { SX_SUM_BLOCK = 128 };
static inline int64_t sx_sum_blocks(int64_t pixels) {
    return (pixels + SX_SUM_BLOCK - 1) / SX_SUM_BLOCK;
}

typedef struct sx_kernels {
    /* y[r][.] = act(x[r][.] * scale + shift) for rows [begin, end); the `count` pieces of x are
     * side by side. */
    void (*affine)(void *y, const sx_piece *x, int count, const float *scale, const float *shift,
                   bool relu, int64_t begin, int64_t end);
    /* Copies the pieces side by side. */
    void (*gather)(void *y, const sx_piece *x, int count, int64_t begin, int64_t end);
    /* Lines [begin, end) of the n * h output lines. */
    void (*max_pool)(void *y, const void *x, const sx_pool_job *job, int64_t begin, int64_t end);
    void (*avg_pool)(void *y, const void *x, const sx_pool_job *job, int64_t begin, int64_t end);
    /* The mean over an image's pixels, in two steps: sums[block][c] of blocks [begin, end) of n *
     * sx_sum_blocks(pixels); then y[c] of one image, which overwrites its sums. */
    void (*block_sums)(float *sums, const void *x, int64_t pixels, int c, int64_t begin,
                       int64_t end);
    void (*mean_of_sums)(void *y, float *sums, int64_t pixels, int c);
    void (*add)(void *y, const void *a, const void *b, sx_act act, int64_t begin, int64_t end);
    void (*activate)(void *y, const void *x, sx_act act, int64_t begin, int64_t end);
    /* Input lines [begin, end). */
    void (*upsample2x)(void *y, const void *x, sx_shape in, int64_t begin, int64_t end);
    void (*layer_norm)(void *y, const void *x, const float *w, const float *b, int c, float eps,
                       bool relu, int64_t begin, int64_t end);
    /* One head of one sequence: qkv [steps][3c] -> y [steps][c]. tmp: (steps + 3 c / heads) * steps
     * floats. */
    void (*attention)(void *y, const void *qkv, int steps, int c, int heads, int head, float *tmp);
    void (*roi_align)(void *y, const float *boxes, const sx_roi_job *job, int64_t begin,
                      int64_t end);
    /* kernels/patches.inc, f32 only (else NULL): output pixels [begin, end) of n * h * w. u:
     * kernel^2 * in * out floats; scratch: (end - begin) * (in + out) floats. */
    void (*patches_weights)(float *u, const float *w, int kernel, int out, int in, int64_t begin,
                            int64_t end);
    void (*patches)(const sx_patches_job *job, float *scratch, int64_t begin, int64_t end);
    /* kernels/pointwise.inc, f32 only (else NULL): panels [begin, end) of 32 outputs, the last one
     * may be partly used; u: panels * in * 32 floats. pointwise: pixels [begin, end) of n * h * w,
     * the outputs of panels [first, last). */
    void (*pointwise_weights)(float *u, const float *w, int out, int in, int64_t begin,
                              int64_t end);
    void (*pointwise)(const sx_pointwise_job *job, int64_t begin, int64_t end, int first, int last);
    /* kernels/winograd.inc, f32 only (else NULL). Tiles of 4x4 or 2x2 outputs are counted row by
     * row. u: (tile + 2)^2 * out * in floats, with out rounded up to a multiple of 32. */
    void (*winograd_weights)(float *u, const float *w, int tile, int out, int in, int64_t begin,
                             int64_t end);
    void (*winograd)(const sx_winograd_job *job, float *scratch, int64_t begin, int64_t end);
    /* The gradient of the weights. _grad_tiles transforms tiles [begin, end) of the `tiles` that
     * start at `first` into v and m (36 * tiles * in and 36 * tiles * out floats). _grad_sums sets,
     * or adds to, panels [begin, end) of the 36 * out / 32 panels of u. _grad_weights computes w
     * from u. */
    void (*winograd_grad_tiles)(const sx_winograd_job *job, float *v, float *m, int64_t first,
                                int64_t tiles, int64_t begin, int64_t end);
    void (*winograd_grad_sums)(float *u, const float *v, const float *m, int64_t tiles, int in,
                               int out, bool add, int64_t begin, int64_t end);
    void (*winograd_grad_weights)(float *w, const float *u, int out, int in, int64_t begin,
                                  int64_t end);
    void (*to_f32)(float *y, const void *x, int64_t n);
    void (*from_f32)(void *y, const float *x, int64_t n);

    /* ---- backward (kernels/train.inc) ---- */
    void (*relu_mask)(void *g, const void *y, int64_t begin, int64_t end);
    void (*activate_back)(void *g, const void *v, sx_act act, int64_t begin, int64_t end);
    void (*accumulate)(void *y, const void *x, int64_t begin, int64_t end);
    void (*column_sums)(double *sum, const void *x, int c, int64_t begin, int64_t end);
    void (*moments)(double *sum, double *square, const void *x, const float *pivot, int c,
                    int64_t begin, int64_t end);
    void (*bn_back)(const sx_bn_back_job *job, double *sum, double *dot, int64_t begin,
                    int64_t end);
    void (*bn_settle)(void *dx, const void *x, const float *slope, const float *offset, int c,
                      int64_t begin, int64_t end);
    void (*layer_norm_back)(void *dx, double *dw, double *db, const void *g, const void *x,
                            const float *w, int c, float eps, bool add, int64_t begin, int64_t end);
    void (*max_pool_back)(void *dx, const void *g, const void *x, const sx_pool_job *job,
                          int image);
    void (*avg_pool_back)(void *dx, const void *g, const sx_pool_job *job, bool add, int64_t begin,
                          int64_t end);
    void (*global_avg_back)(void *dx, const void *g, int64_t pixels, int c, bool add);
    void (*upsample2x_back)(void *dx, const void *g, sx_shape in, bool add, int64_t begin,
                            int64_t end);
    void (*attention_back)(void *dqkv, const void *dy, const void *qkv, int steps, int c, int heads,
                           int head, float *tmp);
    void (*roi_lines)(const float *boxes, const sx_roi_job *job, int image, int level, int *first,
                      int *end);
    void (*roi_align_back)(float *map, const void *g, const float *boxes, const sx_roi_job *job,
                           int image, int level, int from, int to);

    /* ---- kernels/depthwise.inc: over lines of y, of dx and of g; w, sum: [kernel^2][c]; bias may
     * be NULL ---- */
    void (*depthwise)(void *y, const void *x, const float *w, const float *bias, sx_act act,
                      const sx_depthwise_job *job, int64_t begin, int64_t end);
    void (*depthwise_back)(void *dx, const void *g, const float *w, const sx_depthwise_job *job,
                           bool add, int64_t begin, int64_t end);
    void (*depthwise_weights)(double *sum, const void *x, const void *g,
                              const sx_depthwise_job *job, int64_t begin, int64_t end);

    /* ---- kernels/weighted.inc ---- */
    void (*channel_scale)(void *y, const void *x, const void *scales,
                          const sx_channel_scale_job *job, int64_t begin, int64_t end);
    void (*products)(double *sum, const void *a, const void *b, int c, int64_t begin, int64_t end);
    void (*weighted_sum)(void *y, const void *const *x, const float *weight, int count, bool add,
                         int64_t begin, int64_t end);
    /* [begin, end) are numbers, not rows. */
    double (*dot)(const void *a, const void *b, int64_t begin, int64_t end);
} sx_kernels;

/* The instruction sets that the kernels are compiled for, in ascending order. */
typedef enum sx_kernel_level {
    SX_KERNELS_GENERIC,
    SX_KERNELS_AVX2,
    SX_KERNELS_AVX512,
    SX_KERNEL_LEVELS
} sx_kernel_level;

/* The kernels of one level; NULL if this processor, or SPINEXR_CPU (base/cpu.h), does not allow
 * it. */
const sx_kernels *sx_kernels_at(sx_kernel_level level, sx_dtype t);

/* The kernels of the highest level. */
const sx_kernels *sx_kernels_get(sx_dtype t);

#endif
