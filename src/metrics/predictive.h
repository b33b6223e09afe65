/* What a positive or a negative call means: likelihood ratios, and predictive values at a stated
 * prevalence. */
#ifndef SX_METRICS_PREDICTIVE_H
#define SX_METRICS_PREDICTIVE_H

#include "metrics/interval.h"
#include "metrics/roc.h"

typedef enum sx_predictive_measure {
    SX_PPV_AT,      /* se P / (se P + (1 - sp) (1 - P)) */
    SX_NPV_AT,      /* sp (1 - P) / (sp (1 - P) + (1 - se) P) */
    SX_LR_POSITIVE, /* se / (1 - sp) */
    SX_LR_NEGATIVE, /* (1 - se) / sp */
    SX_PREDICTIVE_MEASURES
} sx_predictive_measure;

const char *sx_predictive_key(sx_predictive_measure m); /* "lr_positive" */

/* The values from sensitivity and specificity. A likelihood ratio of a / 0 with a > 0 is infinite;
 * 0 / 0 is NaN, as is the ratio of a NaN. The predictive values are NaN unless
 * 0 < prevalence < 1. */
void sx_predictive_values(double sensitivity, double specificity, double prevalence,
                          double out[SX_PREDICTIVE_MEASURES]);

/* Intervals from counts. Those of the abnormal cases are divided by the design effect of the
 * sensitivity, those of the normal ones by that of the specificity (metrics/proportion.h; 1:
 * independent cases; NaN if the class is absent). Predictive values: on the logit scale
 * (Mercaldo, Lau & Zhou 2007), and if a count is 0, with z^2 / 2 added to every count (their
 * adjusted interval). Likelihood ratios: on the log scale (Simel, Samsa & Matchar 1991), and if a
 * count is 0, with 1/2 added to every count; the interval of a ratio of 0 begins at 0, that of an
 * infinite one has no upper end (high is infinite). NaN where a class is absent, and
 * where the measure itself is 0 / 0. */
void sx_predictive_intervals(sx_confusion2 c, double sensitivity_effect, double specificity_effect,
                             double prevalence, double level,
                             sx_interval out[SX_PREDICTIVE_MEASURES]);

#endif
