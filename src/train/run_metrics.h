/* metrics.jsonl of a training run, read back. */
#ifndef SX_TRAIN_RUN_METRICS_H
#define SX_TRAIN_RUN_METRICS_H

#include <stddef.h>

#include "base/error.h"

/* One run's metrics; steps in rising order. */
typedef struct sx_run_metrics {
    char *name;
    struct sx_run_step {
        double iteration, loss, rate;
        double part[8];
    } * step; /* [steps] */
    size_t steps;
    double *at, *score; /* [scores] after that many steps; NaN where there was none */
    size_t scores;
    char part[8][24]; /* names of parts of the loss, of the last stage where there are several */
    size_t parts;
} sx_run_metrics;

/* Reads the metrics of a run's folder. A truncated last line is ignored. Errors: SX_ERR_IO;
 * SX_ERR_FORMAT (with the line); SX_ERR_MISSING (no step). Free with sx_run_metrics_free, also
 * after an error. */
bool sx_run_metrics_read(const char *dir, sx_run_metrics *m, sx_error *err) SX_MUST_USE;
void sx_run_metrics_free(sx_run_metrics *m);
/* The index of the highest score; the number of scores if there is none. */
size_t sx_run_metrics_best(const sx_run_metrics *m);

#endif
