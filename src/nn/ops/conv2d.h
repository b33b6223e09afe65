/* The convolution's parts: conv2d.c (shape, forward), conv2d_winograd.c, conv2d_train.c (backward),
 * conv2d_depthwise.c, conv2d_weights.c (the weights' gradient on AMX). */
#ifndef SX_NN_OPS_CONV2D_H
#define SX_NN_OPS_CONV2D_H

#include "nn/ops/common.h"

typedef struct sx_conv_state {
    sx_prim *forward; /* NULL: Winograd's way is taken, backward too */
    const void *weights;
    float *bias;  /* the layer's, and the folded norm's shift */
    float *scale; /* of the folded norm, per output channel; NULL */

    int64_t tiles, block; /* of Winograd's way: 4x4 outputs in all, and at a time */

    sx_prim *back_data, *back_weights; /* training; NULL where no gradient is wanted */
    bool winograd_weights;             /* in place of back_weights: conv2d_winograd.c */
    bool on_tiles;                     /* in place of back_weights: conv2d_weights.c */
    bool depthwise;                    /* in place of all three: conv2d_depthwise.c */
    size_t packed_at, plain_at, turned_at, data_at; /* bytes into the scratch */
} sx_conv_state;

sx_conv_desc sx_conv_describe(const sx_step *s, sx_prim_kind kind);

bool sx_conv_winograd_fits(const sx_step *s);
bool sx_conv_winograd_prepare(sx_plan *p, sx_step *s, sx_error *err) SX_MUST_USE;
void sx_conv_winograd_forward(sx_step *s, const float *u);
/* Training: u is made for every use, `bytes` of it; `w` [out][in][3][3]. */
size_t sx_conv_winograd_bytes(const sx_step *s);
size_t sx_conv_winograd_scratch(const sx_step *s);
void sx_conv_winograd_transform(const sx_step *s, const float *w, int out, int in, float *u);
/* dx from g with the transformed kernels of in x out, each turned by half a circle. */
void sx_conv_winograd_back(sx_step *s, const float *u, const void *g, void *dx);
/* The weights' gradient; `plain` [out][in][3][3] is written. */
bool sx_conv_winograd_weights_fit(const sx_step *s);
size_t sx_conv_winograd_weights_scratch(const sx_step *s);
void sx_conv_winograd_weights(sx_step *s, const void *g, float *plain, void *scratch);

/* In training the weights change with every step and are packed anew for every use. NULL on
 * failure. */
bool sx_conv_train_prepare(sx_plan *p, sx_step *s, sx_error *err) SX_MUST_USE;
const void *sx_conv_train_pack(sx_step *s, const sx_prim *prim, sx_error *err) SX_MUST_USE;
const float *sx_conv_train_transform(sx_step *s, bool turned, sx_error *err) SX_MUST_USE;
bool sx_conv_backward(sx_step *s, sx_error *err) SX_MUST_USE;

/* conv2d_depthwise.c: `turned` holds kernel * kernel * channels floats; `plain` [c][1][k][k] is
 * written. */
bool sx_conv_depthwise_fits(const sx_step *s);
size_t sx_conv_depthwise_scratch(const sx_step *s);
void sx_conv_depthwise_back(sx_step *s, const float *w, float *turned, const void *g, void *dx,
                            bool add);
void sx_conv_depthwise_weights(sx_step *s, const void *g, float *plain);

/* conv2d_weights.c: `plain` [out][in][k][k] is written. */
bool sx_conv_weights_fit(const sx_step *s);
size_t sx_conv_weights_scratch(const sx_step *s);
void sx_conv_weights_run(sx_step *s, const void *g, float *plain, void *scratch);

#endif
