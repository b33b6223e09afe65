/* A training run from its configuration: films, network, feed, loop, validation, files. */
#ifndef SX_EXPERIMENT_TRAINING_RUN_H
#define SX_EXPERIMENT_TRAINING_RUN_H

#include "base/context.h"
#include "experiment/config.h"
#include "train/loop.h"

typedef struct sx_training_job {
    const sx_context *context;     /* threads, messages, progress, cancellation */
    sx_comm *comm;                 /* NULL: one process */
    const sx_train_config *config; /* data and out are said */
    const char *cache;             /* folder of decoded films; NULL: cache/ in config->out */
    bool no_cache, resume;
} sx_training_job;

/* Writes config.yaml beside the weights, then trains. Errors: those of all its parts. */
bool sx_training_run(const sx_training_job *job, sx_loop_result *r, sx_error *err) SX_MUST_USE;
/* What validation measures: "AUROC" or "mAP@0.5". */
const char *sx_train_score_name(const sx_train_config *c);

#endif
