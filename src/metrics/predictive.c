#include "metrics/predictive.h"

#include <math.h>

const char *sx_predictive_key(sx_predictive_measure m) {
    static const char *const keys[SX_PREDICTIVE_MEASURES] = { "ppv", "npv", "lr_positive",
                                                              "lr_negative" };
    return keys[m];
}

/* Infinite for a / 0; NaN for 0 / 0, and where a class is absent. */
static double ratio(double a, double b) {
    if (b > 0) return a / b;
    return a > 0 && b == 0 ? (double)INFINITY : (double)NAN;
}

void sx_predictive_values(double sensitivity, double specificity, double prevalence,
                          double out[SX_PREDICTIVE_MEASURES]) {
    const bool stated = prevalence > 0 && prevalence < 1;
    const double abnormal = stated ? prevalence : (double)NAN, normal = 1 - abnormal;
    const double true_positive = sensitivity * abnormal, true_negative = specificity * normal;
    out[SX_PPV_AT] = ratio(true_positive, true_positive + (1 - specificity) * normal);
    out[SX_NPV_AT] = ratio(true_negative, true_negative + (1 - sensitivity) * abnormal);
    out[SX_LR_POSITIVE] = ratio(sensitivity, 1 - specificity);
    out[SX_LR_NEGATIVE] = ratio(1 - sensitivity, specificity);
}

/* Counts of independent cases that say as much. */
typedef struct effective {
    double tp, fn, tn, fp;
} effective;

/* Sensitivity and specificity with `add` in every cell of the table. */
typedef struct rates {
    double sensitivity, specificity, positives, negatives;
} rates;

static rates rates_of(effective c, double add) {
    const double positives = c.tp + c.fn + 2 * add, negatives = c.tn + c.fp + 2 * add;
    return (rates){ (c.tp + add) / positives, (c.tn + add) / negatives, positives, negatives };
}

static double expit(double x) {
    return 1 / (1 + exp(-x));
}

static sx_interval logit_interval(double value, double variance, double z) {
    const double middle = log(value / (1 - value)), half = z * sqrt(variance);
    return (sx_interval){ expit(middle - half), expit(middle + half) };
}

static sx_interval log_interval(double value, double variance, double z) {
    const double half = z * sqrt(variance);
    return (sx_interval){ value * exp(-half), value * exp(half) };
}

/* With corrected counts the interval may not reach a value at the end of its range. */
static void reach_ends(sx_confusion2 c, sx_interval out[SX_PREDICTIVE_MEASURES]) {
    const bool stated = !isnan(out[SX_PPV_AT].low);
    if (stated && !c.fp) out[SX_PPV_AT].high = 1;
    if (stated && !c.fn) out[SX_NPV_AT].high = 1;
    if (stated && !c.tp) out[SX_PPV_AT].low = 0;
    if (stated && !c.tn) out[SX_NPV_AT].low = 0;
    if (!c.tp) out[SX_LR_POSITIVE].low = 0;
    if (!c.fn) out[SX_LR_NEGATIVE].low = 0;
    if (!c.fp && c.tp) out[SX_LR_POSITIVE].high = INFINITY;
    if (!c.tn && c.fn) out[SX_LR_NEGATIVE].high = INFINITY;
}

void sx_predictive_intervals(sx_confusion2 c, double sensitivity_effect, double specificity_effect,
                             double prevalence, double level,
                             sx_interval out[SX_PREDICTIVE_MEASURES]) {
    const double z = -sx_normal_quantile((1 - level) / 2);
    const bool zero = !c.tp || !c.fp || !c.tn || !c.fn;
    for (int k = 0; k < SX_PREDICTIVE_MEASURES; k++)
        out[k] = (sx_interval){ NAN, NAN };
    if (!(c.tp + c.fn) || !(c.tn + c.fp)) return;
    double v[SX_PREDICTIVE_MEASURES];
    const effective n = { (double)c.tp / sensitivity_effect, (double)c.fn / sensitivity_effect,
                          (double)c.tn / specificity_effect, (double)c.fp / specificity_effect };
    rates r = rates_of(n, zero ? z * z / 2 : 0);
    double se = r.sensitivity, sp = r.specificity;
    sx_predictive_values(se, sp, prevalence, v);
    if (!isnan(v[SX_PPV_AT])) {
        out[SX_PPV_AT] = logit_interval(
            v[SX_PPV_AT], (1 - se) / se / r.positives + sp / (1 - sp) / r.negatives, z);
        out[SX_NPV_AT] = logit_interval(
            v[SX_NPV_AT], se / (1 - se) / r.positives + (1 - sp) / sp / r.negatives, z);
    }
    r = rates_of(n, zero ? 0.5 : 0);
    se = r.sensitivity;
    sp = r.specificity;
    sx_predictive_values(se, sp, prevalence, v);
    out[SX_LR_POSITIVE] = log_interval(
        v[SX_LR_POSITIVE], (1 - se) / se / r.positives + sp / (1 - sp) / r.negatives, z);
    out[SX_LR_NEGATIVE] = log_interval(
        v[SX_LR_NEGATIVE], se / (1 - se) / r.positives + (1 - sp) / sp / r.negatives, z);
    if (zero) reach_ends(c, out);
    /* 0 / 0, such as PPV without a positive call, which corrected counts would give an interval */
    sx_predictive_values((double)c.tp / (double)(c.tp + c.fn), (double)c.tn / (double)(c.tn + c.fp),
                         prevalence, v);
    for (int k = 0; k < SX_PREDICTIVE_MEASURES; k++)
        if (isnan(v[k])) out[k] = (sx_interval){ NAN, NAN };
}
