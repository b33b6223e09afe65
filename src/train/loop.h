/* The training loop reads batches and writes checkpoints and metrics. If there are ranks
 * (sx_trainer_options.comm), all of them run the loop, but only rank 0 writes files, validates and
 * reports. The checkpoint is the same as that of one process. If a run is ended by kill -9 at any
 * moment and resumed, the final weights are the same, byte for byte, as without the interruption
 * (with the same threads and precision). */
#ifndef SX_TRAIN_LOOP_H
#define SX_TRAIN_LOOP_H

#include "train/loader.h"

typedef struct sx_loop_options {
    const sx_context *context; /* messages; checked for cancellation after each step; may be NULL */
    long iterations;
    /* folder of the checkpoint, last.safetensors, best.safetensors and the files of record.h */
    const char *out;
    long checkpoint_every; /* iterations; 0: only at the end */
    long validate_every;   /* 0: never */
    bool resume;           /* continue from out/last.ckpt.safetensors if it exists */
    /* a batch whose loss is NaN is logged and skipped, up to 99 in a row; else it ends the run */
    bool skip_not_a_number;
    /* Scores a weight file; higher is better, NaN if there is no score, with which no weights are
     * the best. It may add metadata to *meta (the operating point),
     * which are then written to the file. NULL: no validation. */
    bool (*validate)(void *ctx, const char *weights, double *score, sx_weights *meta,
                     sx_error *err);
    const char *score_name;                                /* name of the score, "AUROC" */
    const char *no_score;                                  /* why a score is NaN; may be NULL */
    void (*progress)(void *ctx, const sx_train_report *r); /* after each step; may be NULL */
    void *ctx;
    /* metadata for the weight files: class names, input size, pixels; may be NULL */
    sx_weights *meta;
} sx_loop_options;

typedef struct sx_loop_result {
    long iterations;
    double best; /* validation score; NaN: never scored */
    long best_at;
    bool stopped; /* cancelled by the context; the checkpoint is written */
    sx_loader_counts films;
} sx_loop_result;

bool sx_train_loop(sx_trainer *t, sx_loader *loader, const sx_loop_options *o, sx_loop_result *out,
                   sx_error *err) SX_MUST_USE;

#endif
