/* What the evaluations of `spinexr eval` take and give: the input, the options of each, and the
 * output. */
#ifndef SX_EVALUATION_EVAL_INPUT_H
#define SX_EVALUATION_EVAL_INPUT_H

#include "base/json.h"
#include "base/run_folder.h"
#include "base/run_record.h"
#include "document/document.h"
#include "evaluation/eval_films.h"
#include "evaluation/predictions.h"
#include "evaluation/subgroups.h"
#include "metrics/classification.h"

#define SX_EVAL_SCHEMA "spinexr-eval/1"

typedef struct sx_eval_input {
    const sx_run *run;
    const char *truth_path;
    const sx_truth *truth;
    const sx_predictions *predictions; /* [prediction_count] */
    size_t prediction_count;
    sx_bootstrap boot; /* resamples 0: no intervals */
    /* The units of the bootstrap; without draw_given patients if the truth names them, else
     * studies, else films. */
    bool draw_given;
    sx_unit draw;
    bool skip_missing;    /* leave out films without a label or score, instead of an error */
    const char *list;     /* the truth is restricted to this list of films; NULL: it is not */
    size_t unpredicted;   /* films left out because the report does not name them */
    sx_eval_films *films; /* for pictures, which it counts; NULL: none */
    bool page;            /* for the HTML page: compute curves and draw figures too */
    /* its file: links to films are relative to its folder; NULL: no links */
    const char *page_path;
    /* the folder PAGE-films beside the page, for its pictures; NULL: they are inside it */
    sx_run_folder *pictures;
    const sx_subgroups *subgroups; /* --subgroup; NULL: none */
    bool unnamed;                  /* no film is listed by its name: the result will be public */
} sx_eval_input;

typedef struct sx_eval_output {
    sx_doc *doc;
    sx_json_doc json;
} sx_eval_output;
void sx_eval_output_free(sx_eval_output *o);

/* Where a threshold comes from. The first source that is set is used. Otherwise it is the threshold
 * of the report, or Youden's on the evaluated cases. */
typedef struct sx_threshold_rule {
    double given;             /* NaN: not given */
    const char *from;         /* --json output of an earlier evaluation; NULL: none */
    double least_sensitivity; /* chosen here for this sensitivity, or specificity; NaN: none */
    double least_specificity;
    bool youden; /* Youden's for a report too */
} sx_threshold_rule;

typedef struct sx_classify_options {
    sx_threshold_rule threshold;
    sx_unit level; /* films, or films pooled into studies or patients */
    sx_pooling pooling;
    bool vindr;         /* the authors' bootstrap (metrics/vindr_metrics.h) */
    size_t bin_count;   /* of the reliability table */
    bool equal_bins;    /* bins with equal numbers instead of equal width */
    bool paper;         /* show the paper's table too */
    size_t worst_count; /* mistakes of each kind on the page; 0: 6 */
    double prevalence;  /* stated, for predictive values and the decision curve; 0: none */
} sx_classify_options;

typedef struct sx_detect_report_options {
    double ious[SX_IOUS_MAX];
    size_t iou_count;
    double iou_one;
    bool centre;         /* FROC by centre in box */
    double fp_per_image; /* operating points chosen here at this rate */
    /* operating points of an earlier evaluation's JSON; NULL: chosen here */
    const char *points_from;
    size_t most_per_film;
    size_t worst_count; /* mistakes of each kind on the page; 0: 8 */
    bool paper;
} sx_detect_report_options;

typedef struct sx_pipeline_options {
    /* The marked rule. NaN: that of predictions[0], if it is a report made with a threshold above
     * 0, else the paper's (0.2808 and 0.5). */
    double threshold, keep;
    const char *origin; /* where they come from, if they are given; NULL: "given" */
    double iou_one;
    bool paper;
} sx_pipeline_options;

typedef struct sx_eval_report_options {
    const char *title;
    double threshold, keep; /* the rule that the report was made with */
    double least; /* boxes with lower scores are not shown and not counted in the studies' table */
    double iou_one;
    size_t sheet_count; /* films shown at most */
    bool worst_first;   /* the films on which the model is most wrong come first */
    double prevalence;  /* as for classify */
} sx_eval_report_options;

typedef struct sx_compare_options {
    bool detect;
    sx_threshold_rule threshold; /* applied to each model */
    double iou_one;
    const char *measures; /* names as sx_compare_choose takes them; NULL: all */
} sx_compare_options;

#endif
