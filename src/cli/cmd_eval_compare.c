#include "cli/eval_args.h"

static int run_eval_compare(sx_call *call) {
    const sx_eval_args *a = call->args;
    sx_eval_files f;
    sx_eval_output out = { 0 };
    sx_error err = { 0 };
    sx_compare_options o = { .threshold = { .from = a->threshold_from },
                             .iou_one = a->iou_one,
                             .measures = a->measures };
    if (!sx_eval_threshold_rule(a->threshold, &o.threshold))
        return sx_cli_usage(call, "--threshold takes a number, youden, sens=P or spec=P, not %s",
                            a->threshold);
    bool ok = sx_eval_open(call, a, 2000, a->task == 1, &f, &err);
    o.detect = a->task == 2 || (a->task == 0 && ok &&
                                !(f.predictions[0].has_scores && f.predictions[1].has_scores));
    ok = ok && sx_eval_compare(&f.input, &o, &out, &err);
    return sx_eval_close(call, a, &f, ok, &out, &err);
}

const sx_command sx_cmd_eval_compare = {
    .name = "eval compare",
    .inputs = "TRUTH A B",
    .summary = "Compare two models on the same films, with p-values",
    .example = "spinexr eval compare test.csv old=a/report.json new=b/report.json",
    .min_inputs = 3,
    .max_inputs = 3,
    SX_EVAL_COMMAND(SX_EVAL_COMPARE),
    .ranks = true,
    .run = run_eval_compare,
};
