/* What a run leaves to be looked at: metrics.jsonl, a line a step, and TensorBoard's events. Both
 * go on where a resumed run goes on. */
#ifndef SX_TRAIN_RECORD_H
#define SX_TRAIN_RECORD_H

#include "train/trainer.h"

typedef struct sx_record sx_record;

/* In the folder `out`; what tells of steps from `from` on is taken out. `iterations`: of the whole
 * run; events keep one step in some, so that a long run's file stays small. */
sx_record *sx_record_open(const char *out, long from, long iterations, sx_error *err) SX_MUST_USE;
void sx_record_close(sx_record *r); /* NULL is allowed */
bool sx_record_step(sx_record *r, const sx_train_report *step, sx_error *err) SX_MUST_USE;
/* After `done` steps; `name`: what was measured, "AUROC". */
bool sx_record_validation(sx_record *r, long done, const char *name, double score,
                          sx_error *err) SX_MUST_USE;

#endif
