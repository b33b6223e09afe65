#include "cli/eval_args.h"

typedef struct args {
    sx_eval_args common;
    const char *threshold, *threshold_from;
    int level, pool, ci;
    bool paper;
} args;

static int run_eval_classify(sx_call *call) {
    const args *a = call->args;
    sx_eval_files f;
    sx_eval_output out = { 0 };
    sx_error err = { 0 };
    sx_classify_options o = {
        .threshold = { .from = a->threshold_from },
        .level = (sx_unit)a->level,
        .pooling = (sx_pooling)a->pool,
        .vindr = a->ci == 1,
        .bin_count = 10,
        .paper = a->paper,
    };
    if (!sx_eval_threshold_rule(a->threshold, &o.threshold))
        return sx_cli_usage(call, "--threshold takes a number, youden, sens=P or spec=P, not %s",
                            a->threshold);
    bool ok = sx_eval_open(call, &a->common, 10000, true, &f, &err) &&
              sx_eval_classify(&f.input, &o, &out, &err);
    return sx_eval_close(call, &a->common, &f, ok, &out, &err);
}

static const sx_option options[] = {
    { "threshold", SX_OPT_TEXT, offsetof(args, threshold), "RULE",
      "X, youden (default), sens=P or spec=P" },
    { "threshold-from", SX_OPT_TEXT, offsetof(args, threshold_from), "FILE",
      "that of an earlier --json result" },
    { "by", SX_OPT_CHOICE, offsetof(args, level), "film|study|patient", "what is judged" },
    { "pool", SX_OPT_CHOICE, offsetof(args, pool), "max|noisy-or",
      "films into studies or patients" },
    { "ci", SX_OPT_CHOICE, offsetof(args, ci), "bootstrap|vindr",
      "vindr: the authors', to the digit" },
    SX_EVAL_BOOT_OPTIONS(args),
    { "paper", SX_OPT_FLAG, offsetof(args, paper), NULL, "the paper's Table 3 beside ours" },
    { "label", SX_OPT_TEXT, offsetof(args, common.label), "COLUMN[=TEXT]",
      "of a label CSV; TEXT is abnormal" },
    { "score", SX_OPT_TEXT, offsetof(args, common.score_column), "COLUMN", "of a scores CSV" },
    SX_EVAL_INPUT_OPTIONS(args),
    SX_EVAL_OUTPUT_OPTIONS(args),
    { 0 },
};

static const args defaults = { .common = { SX_EVAL_DEFAULTS } };

const sx_command sx_cmd_eval_classify = {
    .name = "eval classify",
    .inputs = "TRUTH PREDICTIONS...",
    .summary = "AUROC, operating point, calibration of classifiers",
    .example = "spinexr eval classify test.csv out/report.json --html page.html",
    .min_inputs = 2,
    .max_inputs = 17,
    .options = options,
    .defaults = &defaults,
    .args_size = sizeof(args),
    .json = true,
    .ranks = true,
    .run = run_eval_classify,
};
