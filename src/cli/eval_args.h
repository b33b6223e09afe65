/* What the eval commands share: options, reading of truth and predictions, writing of results. */
#ifndef SX_CLI_EVAL_ARGS_H
#define SX_CLI_EVAL_ARGS_H

#include "cli/command.h"
#include "evaluation/evaluation.h"

typedef struct sx_eval_args {
    sx_manifest_options truth;
    const char *score_column;
    /* drop unknown films and classes and films without a score; allow any finite score */
    bool lenient;
    const char *label;    /* COLUMN or COLUMN=TEXT of a label CSV */
    long resamples, seed; /* resamples -1: the command's own number */
    double level;
    int draw; /* of "auto|film|study|patient" */
    const char *csv, *html, *films;
} sx_eval_args;

/* The rows of the option table; `type` is a struct whose field `common` is an sx_eval_args. */
#define SX_EVAL_BOOT_OPTIONS(type)                                                                 \
    { "resamples",                                                                                 \
      SX_OPT_INT,                                                                                  \
      offsetof(type, common.resamples),                                                            \
      "N",                                                                                         \
      "of the bootstrap; 0: no intervals",                                                         \
      false,                                                                                       \
      0,                                                                                           \
      1000000 },                                                                                   \
        { "seed",                                                                                  \
          SX_OPT_INT,                                                                              \
          offsetof(type, common.seed),                                                             \
          "N",                                                                                     \
          "of the bootstrap (default 1999)",                                                       \
          false,                                                                                   \
          0,                                                                                       \
          4294967295.0 },                                                                          \
        { "level",                                                                                 \
          SX_OPT_NUMBER,                                                                           \
          offsetof(type, common.level),                                                            \
          "P",                                                                                     \
          "of the intervals (default 0.95)",                                                       \
          false,                                                                                   \
          0.5,                                                                                     \
          0.9999 },                                                                                \
    {                                                                                              \
        "draw", SX_OPT_CHOICE, offsetof(type, common.draw), "auto|film|study|patient",             \
            "what the bootstrap draws"                                                             \
    }

#define SX_EVAL_INPUT_OPTIONS(type)                                                                \
    { "groups", SX_OPT_TEXT, offsetof(type, common.truth.groups), "FILE",                          \
      "CSV image_id, study_id, patient_id" },                                                      \
    {                                                                                              \
        "lenient", SX_OPT_FLAG, offsetof(type, common.lenient), NULL,                              \
            "leave out what does not fit; any score will do"                                       \
    }

#define SX_EVAL_CLASSES_OPTION(type)                                                               \
    {                                                                                              \
        "classes", SX_OPT_TEXT, offsetof(type, common.truth.classes), "NAMES",                     \
            "with commas, or vindr (default: the truth's)"                                         \
    }

#define SX_EVAL_OUTPUT_OPTIONS(type)                                                               \
    { "films", SX_OPT_TEXT, offsetof(type, common.films), "DIR",                                   \
      "the films, for pictures on the page" },                                                     \
        { "csv", SX_OPT_TEXT, offsetof(type, common.csv), "FILE", "write the tables as CSV" }, {   \
        "html", SX_OPT_TEXT, offsetof(type, common.html), "FILE",                                  \
            "write a page with tables and figures"                                                 \
    }

/* `common` defaults, resamples left to the command. */
#define SX_EVAL_DEFAULTS .resamples = -1, .seed = 1999, .level = 0.95

/* "0.5", "youden", "sens=0.95", "spec=0.9"; NULL: youden. Leaves `from` alone. */
bool sx_eval_threshold_rule(const char *text, sx_threshold_rule *rule) SX_MUST_USE;

typedef struct sx_eval_files {
    sx_run run;
    sx_truth truth;
    sx_predictions *pred;
    size_t preds;
    sx_eval_input input;
} sx_eval_files;

/* inputs[0] is the truth, the rest predictions, FILE or NAME=FILE. With scores_only, or a truth
 * without boxes, those of the predictions are not read. */
bool sx_eval_open(sx_call *call, const sx_eval_args *a, size_t resamples, bool scores_only,
                  sx_eval_files *f, sx_error *err) SX_MUST_USE;
/* Prints or writes the result; gives the exit status. Frees f, and *out when `ok`. */
int sx_eval_close(sx_call *call, const sx_eval_args *a, sx_eval_files *f, bool ok,
                  sx_eval_output *out, sx_error *err);

#endif
