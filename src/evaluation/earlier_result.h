/* Thresholds from the --json output of an earlier evaluation. */
#ifndef SX_EVALUATION_EARLIER_RESULT_H
#define SX_EVALUATION_EARLIER_RESULT_H

#include "base/names.h"

/* The threshold of the model of that name in the output of `eval classify`; an output with one
 * model is used for every name. `origin` describes its source. Errors: SX_ERR_IO, SX_ERR_FORMAT;
 * SX_ERR_MISSING, the file does not hold that model. */
bool sx_earlier_threshold(const char *path, const char *model, double *threshold, char *origin,
                          size_t size, sx_error *err) SX_MUST_USE;
/* thresholds[classes->count], the operating points in the output of `eval detect`; infinity for a
 * class whose boxes are all dropped. Errors: likewise. */
bool sx_earlier_points(const char *path, const char *model, const sx_names *classes,
                       double *thresholds, char *origin, size_t size, sx_error *err) SX_MUST_USE;

enum { SX_SCORE_QUANTILES = 101, SX_SCORE_SETS = 3 };
/* Scores at the quantiles 0, 0.01 .. 1: of all cases, of abnormal and of normal ones. */
typedef struct sx_score_quantiles {
    double values[SX_SCORE_SETS][SX_SCORE_QUANTILES]; /* NaN: there is no case */
} sx_score_quantiles;
/* The scores of the model in the output of `eval classify`. *found is false if the output, of an
 * earlier version, does not have them. Errors: as for sx_earlier_threshold. */
bool sx_earlier_scores(const char *path, const char *model, sx_score_quantiles *out, bool *found,
                       sx_error *err) SX_MUST_USE;

#endif
