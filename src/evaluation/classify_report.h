/* Inside the evaluation of classifiers: its results, and what writes them. */
#ifndef SX_EVALUATION_CLASSIFY_REPORT_H
#define SX_EVALUATION_CLASSIFY_REPORT_H

#include "evaluation/evaluation_impl.h"
#include "metrics/vindr_metrics.h"

enum { SX_MODELS_MAX = 16 };

typedef struct sx_threshold {
    double value;
    bool chosen_here;
    char origin[400];
} sx_threshold;

typedef struct sx_model_result {
    const char *name;
    sx_threshold threshold;
    bool both; /* both classes are there */
    sx_confusion2 confusion;
    double point[SX_MEASURES];
    sx_interval analytic[SX_MEASURES]; /* DeLong for AUROC, Wilson for proportions */
    double auc_se;                     /* DeLong's */
    sx_boot_summary boot[SX_MEASURES];
    double vindr_point[SX_VINDR_MEASURES];
    sx_vindr_boot vindr;
    bool calibrated;
    sx_calibration calibration;
    sx_curves curves;
} sx_model_result;

typedef struct sx_classify_result {
    sx_model_result models[SX_MODELS_MAX];
    size_t one_class; /* resamples left out */
} sx_classify_result;

/* The threshold of a rule for the model of that name on these cases. */
bool sx_eval_threshold(const sx_threshold_rule *rule, const char *model, const sx_levels *l,
                       sx_unit unit, sx_threshold *t, sx_error *err) SX_MUST_USE;

void sx_classify_write(const sx_eval_input *in, const sx_classify_options *o,
                       const sx_eval_cases *c, const sx_classify_result *r, sx_eval_output *out);
void sx_classify_figures(const sx_eval_input *in, const sx_eval_cases *c,
                         const sx_classify_result *r, sx_eval_output *out);
void sx_classify_mistakes(const sx_eval_input *in, const sx_eval_cases *c,
                          const sx_classify_result *r, sx_eval_output *out);

#endif
