/* Optimizers: compute new parameters from gradients. f32 throughout, in the order of the graph's
 * parameters. */
#ifndef SX_TRAIN_OPTIM_H
#define SX_TRAIN_OPTIM_H

#include "nn/store.h"

typedef enum sx_optim_kind {
    SX_OPTIM_SGD,  /* v = m v + g + d p; p -= lr v (PyTorch's SGD; the first v is g + d p) */
    SX_OPTIM_ADAMW /* Loshchilov 2019, alg. 2, as in PyTorch */
} sx_optim_kind;

typedef enum sx_clip_kind {
    SX_CLIP_NONE,
    SX_CLIP_VALUE,     /* each element to [-limit, limit] */
    SX_CLIP_NORM,      /* each parameter's gradient to a norm of at most limit */
    SX_CLIP_FULL_NORM, /* all gradients together */
} sx_clip_kind;

typedef struct sx_optim_options {
    sx_optim_kind kind;
    double momentum;                      /* SGD */
    double beta1, beta2, eps;             /* AdamW: 0 means 0.9, 0.999, 1e-8 */
    double decay, decay_norm, decay_bias; /* weight decay by the parameter's kind */
    /* multiplier of parameters whose names begin with "backbone"; 0 means 1 */
    double backbone_rate;
    sx_clip_kind clip;
    double clip_limit;
    double ema;  /* decay of the moving average of the weights; 0: none is kept */
    int threads; /* 0: 1 */
} sx_optim_options;

typedef struct sx_optim_stats {
    double grad_norm; /* of all gradients before clipping */
    int64_t clipped;  /* SX_CLIP_VALUE: elements above the limit */
} sx_optim_stats;

typedef struct sx_optim sx_optim;

/* The store must own its parameters and outlive the optimizer. */
sx_optim *sx_optim_new(const sx_graph *g, sx_store *store, sx_optim_options o,
                       sx_error *err) SX_MUST_USE;
void sx_optim_free(sx_optim *o);

/* One step with the gradients in the store, which remain there (clipped). SX_ERR_VALUE: a gradient
 * is NaN or infinite (the message names the parameter); nothing was changed. */
bool sx_optim_step(sx_optim *o, double rate, sx_optim_stats *stats, sx_error *err) SX_MUST_USE;
long sx_optim_steps(const sx_optim *o);

/* State as tensors "optim.m.NAME", "optim.v.NAME", "ema.NAME" and metadata "optim.steps": complete,
 * so that a resumed run equals an uninterrupted one. Loading fails with SX_ERR_MISMATCH where one
 * is absent. */
bool sx_optim_save(const sx_optim *o, sx_weights *w, sx_error *err) SX_MUST_USE;
bool sx_optim_load(sx_optim *o, const sx_weights *w, sx_error *err) SX_MUST_USE;

/* The averaged value of a parameter; NULL without EMA. */
const float *sx_optim_ema(const sx_optim *o, const sx_param *p);

#endif
