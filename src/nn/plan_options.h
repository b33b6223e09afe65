/* How a plan is made (nn/plan.h); the operators read it too. */
#ifndef SX_NN_PLAN_OPTIONS_H
#define SX_NN_PLAN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "tensor/tensor.h"

typedef struct sx_plan sx_plan;

/* The processes that run the same plan on the other parts of a batch. All of them call `sum` at the
 * same steps. */
typedef struct sx_peers {
    int count; /* this process included */
    /* Replaces each x[i] by its sum over all processes, bit for bit the same in each. */
    void (*sum)(void *ctx, double *x, size_t n);
    void *ctx;
} sx_peers;

/* How convolutions are computed. */
typedef enum sx_conv_way {
    SX_CONV_AUTO,      /* the cheapest by the cost model (nn/ops/conv2d_choice.c) */
    SX_CONV_DIRECT,    /* oneDNN's convolution */
    SX_CONV_WINOGRAD4, /* Winograd's F(4x4, 3x3) */
    SX_CONV_WINOGRAD2, /* Winograd's F(2x2, 3x3) */
    SX_CONV_PRODUCT,   /* 1x1 kernels: oneDNN's matrix product */
    SX_CONV_PATCHES,   /* with a stride, not in training: the product of patches and weights */
    SX_CONV_POINTWISE, /* 1x1 kernels, not in training: a product of our own */
    SX_CONV_DEPTHWISE, /* one kernel per channel, not in training: loops of our own */
    SX_CONV_WAYS
} sx_conv_way;

/* A way to compute a convolution, and the seconds that the cost model expects. */
typedef struct sx_candidate {
    const char *name;
    double seconds;
} sx_candidate;

typedef struct sx_plan_options {
    sx_dtype compute; /* SX_F32 or SX_BF16: activations and products; sums are f32 */
    bool training;    /* use batch statistics and keep what the backward pass needs */
    bool keep_all;    /* no value's memory is reused during a run, so that all can be inspected */
    bool plain;       /* nothing is folded, convolutions are direct (for comparisons) */
    sx_conv_way convolution; /* for measurements: this way where it is possible, else direct */
    bool recompute;          /* training: compute cheap values again instead of keeping them */
    int threads; /* fixed for the plan's lifetime; 0: the cores that the caller may run on */
    /* Training: batch statistics are those of all peers' rows. NULL: of this process only. Must
     * outlive the plan. */
    const sx_peers *peers;
} sx_plan_options;

#endif
