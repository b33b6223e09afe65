/* The configuration of a run that is continued. */
#ifndef SX_EXPERIMENT_RESUME_CONFIG_H
#define SX_EXPERIMENT_RESUME_CONFIG_H

#include "experiment/config.h"

/* The path of the config.yaml that the run in `out` wrote, on the heap in *path; NULL there: the
 * run has a checkpoint, but no config.yaml any more. Errors: SX_ERR_MISSING (the folder holds no
 * run), SX_ERR_MEMORY. */
bool sx_resume_find_config(const char *out, char **path, sx_error *err) SX_MUST_USE;

/* Whether the run in `out` has a checkpoint, which holds all its weights. */
bool sx_resume_has_checkpoint(const char *out);

/* Compares the configuration of a continued run with the one that the run recorded. What only
 * decides when the run ends, how often it saves and validates, and how it uses memory, may differ:
 * SOLVER.MAX_ITER with the steps that follow from it, CHECKPOINT_PERIOD, EVAL_PERIOD, PICTURES,
 * RECOMPUTE, ON_NAN. Paths of the same file are equal. Errors: those of sx_train_config_make;
 * SX_ERR_MISMATCH (names the key and both values). */
bool sx_resume_check_config(const sx_train_config *c, const char *recorded,
                            sx_error *err) SX_MUST_USE;

#endif
