#include "cli/eval_args.h"

typedef struct args {
    sx_eval_args common;
    int task;
    const char *threshold, *threshold_from;
    double iou_one;
} args;

static int run_eval_compare(sx_call *call) {
    const args *a = call->args;
    sx_eval_files f;
    sx_eval_output out = { 0 };
    sx_error err = { 0 };
    sx_compare_options o = { .threshold = { .from = a->threshold_from }, .iou_one = a->iou_one };
    if (!sx_eval_threshold_rule(a->threshold, &o.threshold))
        return sx_cli_usage(call, "--threshold takes a number, youden, sens=P or spec=P, not %s",
                            a->threshold);
    bool ok = sx_eval_open(call, &a->common, 2000, a->task == 1, &f, &err);
    o.detect =
        a->task == 2 || (a->task == 0 && ok && !(f.pred[0].has_scores && f.pred[1].has_scores));
    ok = ok && sx_eval_compare(&f.input, &o, &out, &err);
    return sx_eval_close(call, &a->common, &f, ok, &out, &err);
}

static const sx_option options[] = {
    { "task", SX_OPT_CHOICE, offsetof(args, task), "auto|classify|detect",
      "auto: classify if both have scores" },
    { "threshold", SX_OPT_TEXT, offsetof(args, threshold), "RULE",
      "X, youden (default), sens=P or spec=P" },
    { "threshold-from", SX_OPT_TEXT, offsetof(args, threshold_from), "FILE",
      "those of an eval classify --json" },
    { "at", SX_OPT_NUMBER, offsetof(args, iou_one), "IOU",
      "of AP at one IoU and FROC (default 0.5)", false, 0.01, 1 },
    { "label", SX_OPT_TEXT, offsetof(args, common.label), "COLUMN[=TEXT]",
      "of a label CSV; TEXT is abnormal" },
    { "score", SX_OPT_TEXT, offsetof(args, common.score_column), "COLUMN", "of a scores CSV" },
    SX_EVAL_CLASSES_OPTION(args),
    SX_EVAL_BOOT_OPTIONS(args),
    SX_EVAL_INPUT_OPTIONS(args),
    { "csv", SX_OPT_TEXT, offsetof(args, common.csv), "FILE", "write the tables as CSV" },
    { "html", SX_OPT_TEXT, offsetof(args, common.html), "FILE", "write a page with the tables" },
    { 0 },
};

static const args defaults = { .common = { SX_EVAL_DEFAULTS }, .iou_one = 0.5 };

const sx_command sx_cmd_eval_compare = {
    .name = "eval compare",
    .inputs = "TRUTH A B",
    .summary = "two models on the same films, with p-values",
    .example = "spinexr eval compare test.csv old=a/report.json new=b/report.json",
    .min_inputs = 3,
    .max_inputs = 3,
    .options = options,
    .defaults = &defaults,
    .args_size = sizeof(args),
    .json = true,
    .ranks = true,
    .run = run_eval_compare,
};
