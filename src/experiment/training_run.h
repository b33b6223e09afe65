/* A training run: reads the data set, builds the network, trains, validates and writes the files,
 * as its configuration says. */
#ifndef SX_EXPERIMENT_TRAINING_RUN_H
#define SX_EXPERIMENT_TRAINING_RUN_H

#include "base/context_impl.h"
#include "experiment/config.h"
#include "train/loop.h"

typedef struct sx_training_job {
    const sx_context *context;     /* threads, messages, progress, cancellation */
    sx_comm *comm;                 /* NULL: one process */
    const sx_train_config *config; /* `data` and `out` are set */
    const char *cache;             /* folder of decoded films; NULL: cache/ in config->out */
    bool no_cache;                 /* decoded films are not kept on disk */
    bool resume;    /* continue from the checkpoint in config->out, if there is one */
    bool overwrite; /* replace the run in config->out */
} sx_training_job;

/* Claims config->out (base/run_folder.h), which must not hold another run unless resume or
 * overwrite is set; writes config.yaml into it, then trains (train/loop.h). With ranks, all of them
 * call it. If the context is cancelled during training, it succeeds with r->stopped and a
 * checkpoint. Errors: those of sx_film_set_open, sx_trainer_new, sx_loader_new, sx_train_loop and
 * sx_run_folder_open;
 * SX_ERR_UNSUPPORTED (a class name with a comma); SX_ERR_CANCELLED (before training began). */
bool sx_training_run(const sx_training_job *job, sx_loop_result *r, sx_error *err) SX_MUST_USE;
/* The validation score: "AUROC" or "mAP@0.5". */
const char *sx_train_score_name(const sx_train_config *c);

#endif
