/* Reads metrics.jsonl of a training run. */
#ifndef SX_TRAIN_RUN_METRICS_H
#define SX_TRAIN_RUN_METRICS_H

#include <stddef.h>

#include "base/fail.h"

enum { SX_RUN_PARTS = 8 };

typedef struct sx_run_step {
    double iteration, loss, rate; /* the first iteration is 0 */
    double parts[SX_RUN_PARTS];   /* [part_count] of the loss; NaN: not in this step */
} sx_run_step;

/* One run's metrics; steps and validations in rising order, of repeated ones the last. */
typedef struct sx_run_metrics {
    char *name;
    sx_run_step *steps;
    size_t step_count;
    double *scored_at; /* [score_count] steps done before the validation */
    double *scores;    /* [score_count]; NaN: the file has no number */
    size_t score_count;
    /* of the parts of the loss; of the last stage where there are several */
    char part_names[SX_RUN_PARTS][24];
    size_t part_count;
} sx_run_metrics;

/* Reads the metrics of a run's folder. A truncated last line is ignored. Errors: SX_ERR_IO;
 * SX_ERR_FORMAT (with the line; also a lower iteration after a higher one); SX_ERR_MISSING (no
 * step). Free with sx_run_metrics_free, also after an error. */
bool sx_run_metrics_read(const char *dir, sx_run_metrics *m, sx_error *err) SX_MUST_USE;
/* The same from bytes[n] of a file, appended to *m, which is zero or was read before. */
bool sx_run_metrics_parse(const char *path, const void *bytes, size_t n, sx_run_metrics *m,
                          sx_error *err) SX_MUST_USE;
void sx_run_metrics_free(sx_run_metrics *m);
/* The index of the highest score; the number of scores if there is none. */
size_t sx_run_metrics_best(const sx_run_metrics *m);

#endif
