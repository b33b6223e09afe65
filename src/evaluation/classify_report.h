/* The numbers of `eval classify`. */
#ifndef SX_EVALUATION_CLASSIFY_REPORT_H
#define SX_EVALUATION_CLASSIFY_REPORT_H

#include "evaluation/eval_cases.h"
#include "evaluation/transfer.h"
#include "evaluation/utility.h"
#include "metrics/vindr_metrics.h"

enum { SX_MODELS_MAX = 16, SX_WORST_CASES = 6, SX_WORST_MAX = 100, SX_SPREAD_BINS = 20 };

typedef struct sx_threshold {
    double value;
    bool chosen_here; /* on the cases that it is used on */
    char origin[400]; /* in words */
} sx_threshold;

/* Cases without a verdict, and what follows from them. */
typedef struct sx_no_verdict_result {
    size_t counts[2];     /* normal and abnormal cases without a verdict */
    sx_proportion called; /* the share of cases with a verdict */
    /* Sensitivity, specificity and accuracy by intention to diagnose (Schuetz 2012): an abnormal
     * case without a verdict counts as missed, a normal one as a false positive. Other measures
     * have n = 0 and the value NaN. */
    sx_proportion intended[SX_MEASURES];
    /* AUROC of all cases with a score, verdict or not; NaN: one class is absent */
    double scored_auroc;
    sx_interval scored_delong;
    size_t scored_count;
} sx_no_verdict_result;

/* The measures are those of the cases with a verdict. */
typedef struct sx_model_result {
    const char *name;
    sx_threshold threshold;
    sx_eval_cases called; /* of this model: the cases that it calls abnormal or normal */
    sx_no_verdict_result no_verdict;
    bool both; /* both classes are present among them */
    sx_confusion2 confusion;
    double point[SX_MEASURES];
    /* n = 0: no proportion, or no case counts. The units of the bootstrap are the clusters. */
    sx_proportion proportions[SX_MEASURES];
    sx_interval delong; /* of AUROC, with the same clusters */
    sx_boot_summary boot[SX_MEASURES];
    double vindr_point[SX_VINDR_MEASURES];
    sx_vindr_boot vindr;
    bool calibrated; /* all scores are probabilities: `calibration` is set */
    sx_calibration calibration;
    sx_curves curves; /* where both classes are present */
    sx_utility utility;
    sx_transfer transfer;
} sx_model_result;

/* The most confident mistakes of the first model. */
typedef struct sx_worst_cases {
    size_t cases[SX_WORST_MAX]; /* of its `called` */
    size_t count;
} sx_worst_cases;

typedef struct sx_classify_result {
    sx_eval_draw draw;
    sx_eval_cases cases;                   /* with a verdict or without */
    sx_model_result models[SX_MODELS_MAX]; /* [cases.model_count] */
    size_t one_class; /* resamples that were left out; of the model with most of them */
    /* For the page of one model: misses, false positives; shares of normal and of abnormal cases in
     * bins of the score. */
    sx_worst_cases misses, false_positives;
    double spread[2][SX_SPREAD_BINS];
} sx_classify_result;

/* The threshold of a rule for the model of these predictions on these cases. Errors: those of
 * sx_earlier_threshold; SX_ERR_VALUE, a threshold must be chosen and one class is absent. */
bool sx_choose_threshold(const sx_threshold_rule *rule, const sx_predictions *p, const sx_levels *l,
                         sx_unit unit, sx_threshold *t, sx_error *err) SX_MUST_USE;

/* The one interval of a measure: Wilson's of a proportion, else that of the bootstrap, or without
 * resamples DeLong's of AUROC. *by, if not NULL, says which: "Wilson", or "" if there is none. */
sx_interval sx_model_interval(const sx_model_result *x, sx_measure m, const char **by);

/* Names in the result belong to the input. NULL on failure; free with sx_classify_result_free. */
sx_classify_result *sx_classify_compute(const sx_eval_input *in, const sx_classify_options *o,
                                        sx_error *err) SX_MUST_USE;
void sx_classify_result_free(sx_classify_result *r); /* NULL is allowed */

#endif
