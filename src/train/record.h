/* The log of a run: metrics.jsonl, with a line per step, and TensorBoard's events. A resumed run
 * continues both. */
#ifndef SX_TRAIN_RECORD_H
#define SX_TRAIN_RECORD_H

#include "train/trainer.h"

typedef struct sx_record sx_record;

/* Opens both in the folder `out` and removes entries of steps from `from` on. `iterations`: of the
 * whole run; the events of a long run are thinned out, so that the file stays small. */
sx_record *sx_record_open(const char *out, long from, long iterations, sx_error *err) SX_MUST_USE;
void sx_record_close(sx_record *r); /* NULL is allowed */
bool sx_record_step(sx_record *r, const sx_train_report *step, sx_error *err) SX_MUST_USE;
/* A validation score after `done` steps; `name`: of the score, "AUROC". */
bool sx_record_validation(sx_record *r, long done, const char *name, double score,
                          sx_error *err) SX_MUST_USE;

#endif
