/* Shared by the eval commands: options, reading of truth and predictions, writing of results. */
#ifndef SX_CLI_EVAL_ARGS_H
#define SX_CLI_EVAL_ARGS_H

#include "cli/command.h"
#include "evaluation/evaluation.h"

/* Arguments of all eval commands; each uses those that sx_eval_options has for it. */
typedef struct sx_eval_args {
    sx_manifest_options truth;
    const char *score_column;
    /* Drop unknown films and classes and films without a label or score; allow any finite score. */
    bool lenient;
    const char *label;    /* COLUMN or COLUMN=TEXT of a label CSV */
    long resamples, seed; /* resamples -1: the command's own number */
    double level;
    int draw; /* of "auto|film|study|patient" */
    const char *csv, *html, *films, *list, *latex, *markdown, *figures, *rjafroc;

    const char *threshold, *threshold_from;
    int by, pool, ci, task; /* choices */
    const char *measures;   /* of a comparison */
    bool paper;
    const char *ious, *points_from; /* --iou */
    double iou_one;                 /* --at */
    double fp_per_image;
    bool centre;
    double rule_threshold, rule_keep; /* of the marked decision rule */
    const char *title;
    double min_score;
    int order; /* of "study|worst" */
    long worst;
    int pictures; /* of "auto|inside|beside" */
    long sheets;
    double prevalence; /* 0: not given */
    sx_texts subgroups;
    const char *meta; /* CSV of the films' attributes */
} sx_eval_args;

/* The bit of each command in the table of options. */
enum {
    SX_EVAL_CLASSIFY = 1,
    SX_EVAL_DETECT = 2,
    SX_EVAL_PIPELINE = 4,
    SX_EVAL_COMPARE = 8,
    SX_EVAL_AGREEMENT = 16,
    SX_EVAL_REPORT = 32,
    SX_EVAL_SHORTCUT = 64
};
extern const sx_option sx_eval_options[];
extern const sx_eval_args sx_eval_defaults;
/* The fields of sx_command that are the same for all eval commands. */
#define SX_EVAL_COMMAND(bit)                                                                       \
    .options = sx_eval_options, .option_bit = (bit), .defaults = &sx_eval_defaults,                \
    .args_size = sizeof(sx_eval_args), .json = true

/* "0.5", "youden", "sens=0.95", "spec=0.9"; NULL: none. Does not change `from`. */
bool sx_eval_threshold_rule(const char *text, sx_threshold_rule *rule) SX_MUST_USE;

typedef struct sx_eval_files {
    sx_run run;
    sx_truth truth;
    sx_predictions *predictions; /* [prediction_count] */
    size_t prediction_count;
    sx_eval_films films;
    sx_subgroups subgroups;
    size_t unpredicted; /* films that were left out, since a report does not name them */
    sx_eval_input input;
} sx_eval_files;

/* inputs[0] is the truth. The other inputs are predictions, as FILE or NAME=FILE. With scores_only,
 * or if the truth has no boxes, the boxes of the predictions are not read. */
bool sx_eval_open(sx_call *call, const sx_eval_args *a, size_t resamples, bool scores_only,
                  sx_eval_files *f, sx_error *err) SX_MUST_USE;
/* Prints or writes the result; returns the exit status. Frees f, and *out when `ok`. */
int sx_eval_close(sx_call *call, const sx_eval_args *a, sx_eval_files *f, bool ok,
                  sx_eval_output *out, sx_error *err);

#endif
