#include "cli/eval_args.h"

static int run_eval_pipeline(sx_call *call) {
    const sx_eval_args *a = call->args;
    sx_eval_files f;
    sx_eval_output out = { 0 };
    sx_error err = { 0 };
    sx_pipeline_options o = { .threshold = a->rule_threshold,
                              .keep = a->rule_keep,
                              .iou_one = a->iou_one,
                              .paper = a->paper };
    bool ok =
        sx_eval_open(call, a, 1000, false, &f, &err) && sx_eval_pipeline(&f.input, &o, &out, &err);
    return sx_eval_close(call, a, &f, ok, &out, &err);
}

const sx_command sx_cmd_eval_pipeline = {
    .name = "eval pipeline",
    .inputs = "TRUTH SCORES [BOXES]",
    .summary = "Measure the gain and the cost of the decision rule",
    .example = "spinexr eval pipeline test.csv scores.csv boxes.json --paper",
    .min_inputs = 2,
    .max_inputs = 3,
    SX_EVAL_COMMAND(SX_EVAL_PIPELINE),
    .ranks = true,
    .run = run_eval_pipeline,
};
