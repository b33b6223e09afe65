#include "cli/eval_args.h"

typedef struct args {
    sx_eval_args common;
    double threshold, keep, iou_one;
    bool paper;
} args;

static int run_eval_pipeline(sx_call *call) {
    const args *a = call->args;
    sx_eval_files f;
    sx_eval_output out = { 0 };
    sx_error err = { 0 };
    sx_pipeline_options o = { a->threshold, a->keep, a->iou_one, a->paper };
    bool ok = sx_eval_open(call, &a->common, 1000, false, &f, &err) &&
              sx_eval_pipeline(&f.input, &o, &out, &err);
    return sx_eval_close(call, &a->common, &f, ok, &out, &err);
}

static const sx_option options[] = {
    { "threshold", SX_OPT_NUMBER, offsetof(args, threshold), "C",
      "c* of the marked rule (default 0.2808)", false, 0, 1.0001 },
    { "keep", SX_OPT_NUMBER, offsetof(args, keep), "S", "boxes kept below it (default 0.5)", false,
      0, 1.0001 },
    { "at", SX_OPT_NUMBER, offsetof(args, iou_one), "IOU", "of the one mAP (default 0.5)", false,
      0.01, 1 },
    { "paper", SX_OPT_FLAG, offsetof(args, paper), NULL, "the paper's Table 5 beside ours" },
    { "score", SX_OPT_TEXT, offsetof(args, common.score_column), "COLUMN", "of a scores CSV" },
    { "reader", SX_OPT_TEXT, offsetof(args, common.truth.reader), "ID",
      "only this rad_id of the truth" },
    SX_EVAL_CLASSES_OPTION(args),
    SX_EVAL_BOOT_OPTIONS(args),
    SX_EVAL_INPUT_OPTIONS(args),
    SX_EVAL_OUTPUT_OPTIONS(args),
    { 0 },
};

static const args defaults = {
    .common = { SX_EVAL_DEFAULTS }, .threshold = 0.2808, .keep = 0.5, .iou_one = 0.5
};

const sx_command sx_cmd_eval_pipeline = {
    .name = "eval pipeline",
    .inputs = "TRUTH SCORES [BOXES]",
    .summary = "what the decision rule gains in mAP and costs in lesions",
    .example = "spinexr eval pipeline test.csv scores.csv boxes.json --paper",
    .min_inputs = 2,
    .max_inputs = 3,
    .options = options,
    .defaults = &defaults,
    .args_size = sizeof(args),
    .json = true,
    .ranks = true,
    .run = run_eval_pipeline,
};
