/* One network in training: its parameters, optimizer and plans. A step takes a batch and returns
 * losses. The loop, the data and the files belong to the caller. */
#ifndef SX_TRAIN_TRAINER_H
#define SX_TRAIN_TRAINER_H

#include "base/context_impl.h"
#include "image/image.h"
#include "models/arch.h"
#include "train/comm.h"
#include "train/optim.h"
#include "train/schedule.h"

/* One film of a batch, at the size of the network's input. */
typedef struct sx_example {
    sx_image image; /* 8 bit, 1 or 3 channels */
    sx_box *boxes;  /* pixels of `image` */
    int *labels;
    int count;
    float *classes;   /* classifiers: the target of each class, 0..1; NaN: not known */
    const char *name; /* for messages */
} sx_example;

typedef struct sx_trainer_options {
    const sx_context *context; /* threads and messages; borrowed; NULL: one thread, silent */
    sx_dtype compute;
    bool recompute; /* less memory, slightly slower, the same numbers (nn/plan.h) */
    sx_optim_options optim;
    sx_schedule schedule;
    /* parameters whose name contains one of these are not trained; ends with NULL; may be NULL */
    const char *const *frozen;
    int pad; /* batches are padded to multiples of this and of the network's stride */
    /* the network's classes, as in spinexr.classes, to take those of `start` by name; borrowed
     * during sx_trainer_new; NULL: not known */
    const char *classes;
    uint64_t seed; /* for the initialisation of weights and the random draws of losses */
    /* A batch is processed in this many pieces, whose gradients are summed (0: 1): the memory of
     * one piece and, to rounding, the step of the complete batch. Exceptions are quantities that
     * each piece computes for itself: the statistics of batch norm in training mode, and the
     * proposals and anchors by which the losses of Faster R-CNN and RetinaNet are divided. */
    int accumulate;
    /* ranks that each hold a part of every batch, all of one size; NULL: one process */
    sx_comm *comm;
    bool sync_norm; /* batch norm over the whole batch, not over each rank's part */
} sx_trainer_options;

typedef struct sx_trainer sx_trainer;

/* `start`: initial weights (matching tensors are used; the number of others is logged, with the
 * first name) or NULL. The network is copied. */
sx_trainer *sx_trainer_new(const sx_network *net, const sx_weights *start,
                           const sx_trainer_options *o, sx_error *err) SX_MUST_USE;
void sx_trainer_free(sx_trainer *t);

typedef struct sx_train_report {
    long iteration; /* of this step, from 0 */
    double rate;
    sx_losses losses;
    sx_optim_stats optim;
    double seconds;
    size_t memory; /* bytes of activations, gradients and scratch */
} sx_train_report;

/* Forward pass, backward pass and update, with ranks collectively: losses are those of the whole
 * batch, and an error on one rank is an error on all. On SX_ERR_VALUE (a loss or gradient that is
 * NaN or infinite) the parameters are unchanged; the message names the output or parameter, and the
 * caller adds the films. */
bool sx_trainer_step(sx_trainer *t, const sx_example *batch, int count, sx_train_report *r,
                     sx_error *err) SX_MUST_USE;

/* Gradients accumulate until the update: step = add, update. */
bool sx_trainer_add(sx_trainer *t, const sx_example *batch, int count, sx_losses *losses,
                    sx_error *err) SX_MUST_USE;
bool sx_trainer_update(sx_trainer *t, sx_train_report *r, sx_error *err) SX_MUST_USE;

/* The plan of the last batch, to be profiled (nn/plan.h); NULL before the first. Valid until the
 * next batch. */
sx_plan *sx_trainer_plan(const sx_trainer *t);

/* The ranks; NULL for one process. */
sx_comm *sx_trainer_comm(const sx_trainer *t);
/* Sends rank 0's weights to all ranks: different processors round differently, and differences
 * would grow. */
void sx_trainer_share(sx_trainer *t);
/* Seconds of the last step that were spent waiting for other ranks' gradients after the backward
 * pass, and the bytes of gradients that each rank sends; 0 for one process. */
double sx_trainer_waited(const sx_trainer *t);
size_t sx_trainer_exchanged(const sx_trainer *t);

long sx_trainer_iteration(const sx_trainer *t);
size_t sx_trainer_params(const sx_trainer *t); /* number of trainable parameters */

/* The weights as in a model file, with spinexr.arch and spinexr.config; the moving average if
 * `ema`. */
sx_weights *sx_trainer_weights(const sx_trainer *t, bool ema, sx_error *err) SX_MUST_USE;

/* Everything that the next step depends on; the caller adds `extra` metadata (the sampler's
 * position, ...). */
bool sx_trainer_save(const sx_trainer *t, sx_weights *into, sx_error *err) SX_MUST_USE;
bool sx_trainer_load(sx_trainer *t, const sx_weights *from, sx_error *err) SX_MUST_USE;

#endif
