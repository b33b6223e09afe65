/* The parts of the convolution: conv2d.c (shape, forward), conv2d_choice.c (which algorithm),
 * conv2d_winograd.c, conv2d_patches.c, conv2d_pointwise.c, conv2d_depthwise.c, conv2d_train.c
 * (backward), conv2d_weights.c (the gradient of the weights on AMX). */
#ifndef SX_NN_OPS_CONV2D_H
#define SX_NN_OPS_CONV2D_H

#include "nn/ops/common.h"

typedef struct sx_conv_state {
    sx_prim *forward;        /* NULL: `own`, or Winograd's algorithm */
    void (*own)(sx_step *s); /* patches, pointwise, depthwise; NULL: none of these */
    const void *weights;
    float *bias;  /* of the layer and the folded norm; zeros up to a multiple of 32 numbers */
    float *scale; /* of the folded norm, per output channel; NULL: no norm */

    /* Winograd: the outputs of a tile in each direction, 4 or 2, forward and for the gradients; 0:
     * another way. */
    int tile, back_tile;

    /* Training. A primitive is NULL where no gradient is needed, or where our own code computes it:
     * that of the weights in conv2d_winograd.c or conv2d_weights.c, both gradients in
     * conv2d_depthwise.c. */
    sx_prim *back_data, *back_weights;
    bool winograd_weights, on_tiles, depthwise;
    size_t packed_at, plain_at, turned_at, data_at; /* offsets into the scratch, in bytes */
} sx_conv_state;

sx_conv_desc sx_conv_describe(const sx_step *s, sx_prim_kind kind);

/* The way that the plan's options ask for, or the cheapest one by the cost model; the result
 * depends on the shapes, the plan's options except threads, and the instruction set alone. Sets the
 * step's candidates. Error: SX_ERR_MEMORY. */
bool sx_conv_choose(sx_plan *p, sx_step *s, sx_conv_way *way, sx_error *err) SX_MUST_USE;

/* Convolutions with a stride as a matrix product, forward only: not in training. */
bool sx_conv_patches_fit(const sx_step *s);
bool sx_conv_patches_prepare(sx_plan *p, sx_step *s, sx_error *err) SX_MUST_USE;

/* 1x1 kernels, forward only: not in training. */
bool sx_conv_pointwise_fits(const sx_step *s);
bool sx_conv_pointwise_prepare(sx_plan *p, sx_step *s, sx_error *err) SX_MUST_USE;

/* The tile of the gradients in training: 4 or 2 by Winograd's algorithm, 0 by another way. */
int sx_conv_choose_back(const sx_plan *p, const sx_step *s);

/* Whether Winograd's algorithm with a tile of 4 or 2 can compute this convolution. */
bool sx_conv_winograd_fits(const sx_step *s, int tile);
/* Whether the cost model chooses the way of the gradients by itself; otherwise it is that of the
 * forward pass. */
bool sx_conv_winograd_back_apart(const sx_step *s);
/* Tiles of a block, of `tiles` in all: blocks fit the cache, and their number is a multiple of the
 * threads. */
int64_t sx_conv_winograd_block(const sx_step *s, int tile, int64_t tiles, int64_t threads);
bool sx_conv_winograd_prepare(sx_plan *p, sx_step *s, sx_error *err) SX_MUST_USE;
void sx_conv_winograd_forward(sx_step *s, const float *u);
/* Training: u (sx_conv_winograd_bytes) is computed for each use from w [out][in][3][3]. */
size_t sx_conv_winograd_bytes(const sx_step *s, int tile);
size_t sx_conv_winograd_scratch(const sx_step *s, int tile);
void sx_conv_winograd_transform(const sx_step *s, int tile, const float *w, int out, int in,
                                float *u);
/* dx from g. u: the transformed kernels [in][out], each rotated by 180 degrees. */
void sx_conv_winograd_back(sx_step *s, const float *u, const void *g, void *dx);
/* The gradient of the weights, written to plain [out][in][3][3]. */
bool sx_conv_winograd_weights_fit(const sx_step *s);
size_t sx_conv_winograd_weights_scratch(const sx_step *s);
void sx_conv_winograd_weights(sx_step *s, const void *g, float *plain, void *scratch);

/* In training the weights change with every step, so they are packed for each use. NULL on
 * failure. */
bool sx_conv_train_prepare(sx_plan *p, sx_step *s, sx_error *err) SX_MUST_USE;
const void *sx_conv_train_pack(sx_step *s, const sx_prim *prim, sx_error *err) SX_MUST_USE;
const float *sx_conv_train_transform(sx_step *s, bool turned, sx_error *err) SX_MUST_USE;
bool sx_conv_backward(sx_step *s, sx_error *err) SX_MUST_USE;

/* conv2d_depthwise.c. turned: room for kernel * kernel * channels floats. The gradient of the
 * weights is written to plain [c][1][k][k]. */
bool sx_conv_depthwise_fits(const sx_step *s);
bool sx_conv_depthwise_forward_fits(const sx_step *s); /* not in training */
bool sx_conv_depthwise_prepare(sx_plan *p, sx_step *s, sx_error *err) SX_MUST_USE;
size_t sx_conv_depthwise_scratch(const sx_step *s);
void sx_conv_depthwise_back(sx_step *s, const float *w, float *turned, const void *g, void *dx,
                            bool add);
void sx_conv_depthwise_weights(sx_step *s, const void *g, float *plain);

/* conv2d_weights.c: the gradient of the weights is written to plain [out][in][k][k]. */
bool sx_conv_weights_fit(const sx_step *s);
size_t sx_conv_weights_scratch(const sx_step *s);
void sx_conv_weights_run(sx_step *s, const void *g, float *plain, void *scratch);

#endif
