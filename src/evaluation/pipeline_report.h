/* The numbers of `eval pipeline`: the decision rule's gain in mAP and its cost in lesions. */
#ifndef SX_EVALUATION_PIPELINE_REPORT_H
#define SX_EVALUATION_PIPELINE_REPORT_H

#include "evaluation/eval_cases.h"
#include "metrics/detection.h"

enum { SX_RULE_STEPS = 21, SX_RULE_GRID = 11, SX_RULE_KEEPS = 10, SX_TRADE_TICKS = 16 };

/* Boxes of films with P < threshold are dropped if they score less than `keep`. */
typedef struct sx_rule_numbers {
    double threshold, keep;
    double ap, ap_one, found, fp_per_image; /* of the boxes that are left */
    double sensitivity, specificity; /* of P >= threshold, film by film, of those with a verdict */
    /* of all films, by intention to diagnose (sx_no_verdict_result) */
    double intended_sensitivity, intended_specificity;
    size_t withheld;                     /* boxes dropped */
    double class_ap[SX_CLASSES_MAX + 1]; /* [classes + 1] at iou_one; the last: mean */
} sx_rule_numbers;

typedef enum sx_rule_change {
    SX_CHANGE_AP_ONE,
    SX_CHANGE_AP,
    SX_CHANGE_FOUND,
    SX_CHANGE_FP_PER_IMAGE,
    SX_RULE_CHANGES
} sx_rule_change;

/* mAP and share of lesions found against the threshold, each relative to the detector alone. */
typedef struct sx_rule_trade {
    /* [threshold_count] as in the result; NaN: the detector alone has none */
    double aps[SX_RULE_STEPS + 1], found_shares[SX_RULE_STEPS + 1];
    double low, high; /* a range that holds them, from the first tick to the last */
    double ticks[SX_TRADE_TICKS];
    size_t tick_count;
} sx_rule_trade;

typedef struct sx_pipeline_result {
    sx_eval_draw draw;
    double threshold, keep;                   /* the marked rule */
    char threshold_from[480], keep_from[480]; /* where they come from */
    const sx_predictions *scores, *found;     /* of the input */
    size_t no_verdict;                        /* films without one */
    sx_rule_numbers alone, ruled;             /* all boxes; the marked rule */
    sx_lacking lacking;                       /* resamples */
    struct {
        double before, after;
        sx_interval interval; /* of after - before; NaN: none */
        double p;
    } changes[SX_RULE_CHANGES];
    sx_rule_numbers thresholds[SX_RULE_STEPS + 1]; /* rising, with the marked rule among them */
    size_t threshold_count, marked;
    sx_rule_trade trade;
    sx_rule_numbers grid[SX_RULE_GRID][SX_RULE_KEEPS]; /* threshold 0, 0.1 .. 1; keep 0.1 .. 1 */
} sx_pipeline_result;

/* NULL on failure (SX_ERR_MISSING: no boxes in the truth or the predictions, a film without a
 * score); free with sx_pipeline_result_free. */
sx_pipeline_result *sx_pipeline_compute(const sx_eval_input *in, const sx_pipeline_options *o,
                                        sx_error *err) SX_MUST_USE;
void sx_pipeline_result_free(sx_pipeline_result *r); /* NULL is allowed */

#endif
