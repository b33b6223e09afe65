/* Whole evaluations: files already read, numbers and their page out (docs/eval.md). */
#ifndef SX_EVALUATION_EVALUATION_H
#define SX_EVALUATION_EVALUATION_H

#include "base/json.h"
#include "base/run_record.h"
#include "document/document.h"
#include "evaluation/predictions.h"
#include "metrics/classification.h"

#define SX_EVAL_SCHEMA "spinexr-eval/1"

typedef struct sx_eval_input {
    const sx_run *run;
    const char *truth_path;
    const sx_truth *truth;
    const sx_predictions *predictions; /* [prediction_count] */
    size_t prediction_count;
    sx_bootstrap boot; /* resamples 0: no intervals */
    bool draw_given;   /* else: patients if the truth names them, else studies, else films */
    sx_unit draw;      /* what the bootstrap draws */
    bool skip_missing; /* leave out films that a model has no score for, instead of an error */
    const char *films; /* folder with the films, for thumbnails; NULL: none */
    bool page;         /* the page is wanted: make curves and figures too */
} sx_eval_input;

typedef struct sx_eval_output {
    sx_doc *doc;
    sx_json_doc json;
} sx_eval_output;
void sx_eval_output_free(sx_eval_output *o);

/* Where a threshold comes from; the first that is set counts. */
typedef struct sx_threshold_rule {
    double given;             /* NaN: not given */
    const char *from;         /* JSON of an earlier evaluation; NULL: none */
    double least_sensitivity; /* NaN: none; chosen here */
    double least_specificity;
    /* none of them: Youden's, chosen here */
} sx_threshold_rule;

typedef struct sx_classify_options {
    sx_threshold_rule threshold;
    sx_unit level; /* films, or films pooled into studies or patients */
    sx_pooling pooling;
    bool vindr;       /* the authors' bootstrap (metrics/vindr_metrics.h) */
    size_t bin_count; /* of the reliability table */
    bool equal_bins;  /* bins with equal numbers instead of equal width */
    bool paper;       /* the paper's table beside ours */
} sx_classify_options;

bool sx_eval_classify(const sx_eval_input *in, const sx_classify_options *o, sx_eval_output *out,
                      sx_error *err) SX_MUST_USE;

typedef struct sx_detect_report_options {
    double ious[SX_IOUS_MAX];
    size_t iou_count;
    double iou_one;
    bool centre;         /* FROC by centre in box */
    double fp_per_image; /* operating points chosen here at this rate */
    const char
        *points_from; /* operating points of an earlier evaluation's JSON; NULL: chosen here */
    size_t most_per_film;
    bool paper;
} sx_detect_report_options;

bool sx_eval_detect(const sx_eval_input *in, const sx_detect_report_options *o, sx_eval_output *out,
                    sx_error *err) SX_MUST_USE;

typedef struct sx_pipeline_options {
    double threshold, keep; /* the rule that is marked: c* 0.2808 and 0.5 are the paper's */
    double iou_one;
    bool paper;
} sx_pipeline_options;

/* in->pred[0] has scores, in->pred[1] (or pred[0] alone) boxes. */
bool sx_eval_pipeline(const sx_eval_input *in, const sx_pipeline_options *o, sx_eval_output *out,
                      sx_error *err) SX_MUST_USE;

/* The page for people: studies, films with truth and findings side by side (where in->films has
 * them and the page is wanted), and the evaluations above. in->pred[0] is a report with the
 * decision rule applied, in->pred[1], if it is there, the same films without it. */
typedef struct sx_eval_report_options {
    const char *title;
    double threshold, keep; /* the rule by which the report was made */
    double least; /* boxes that score less are neither shown nor counted among the studies */
    double iou_one;
    size_t sheet_count; /* at most so many films */
} sx_eval_report_options;
bool sx_eval_report(const sx_eval_input *in, const sx_eval_report_options *o, sx_eval_output *out,
                    sx_error *err) SX_MUST_USE;

/* Two predictions on the same films; task by what they hold. */
typedef struct sx_compare_options {
    bool detect;
    sx_threshold_rule threshold; /* of each; Youden's of each by default */
    double iou_one;
} sx_compare_options;
bool sx_eval_compare(const sx_eval_input *in, const sx_compare_options *o, sx_eval_output *out,
                     sx_error *err) SX_MUST_USE;

/* Readers of the truth against one another. */
bool sx_eval_agreement(const sx_eval_input *in, double iou, sx_eval_output *out,
                       sx_error *err) SX_MUST_USE;

#endif
