#include <string.h>

#include "cli/eval_args.h"

static int run_eval_classify(sx_call *call) {
    const sx_eval_args *a = call->args;
    sx_eval_files f;
    sx_eval_output out = { 0 };
    sx_error err = { 0 };
    sx_classify_options o = {
        .threshold = { .from = a->threshold_from },
        .level = (sx_unit)a->by,
        .pooling = (sx_pooling)a->pool,
        .vindr = a->ci == 1,
        .bin_count = 10,
        .paper = a->paper,
        .prevalence = a->prevalence,
        .worst_count = (size_t)a->worst,
    };
    if (!sx_eval_threshold_rule(a->threshold, &o.threshold))
        return sx_cli_usage(call, "--threshold takes a number, youden, sens=P or spec=P, not %s",
                            a->threshold);
    for (int i = 0; i < a->subgroups.count; i++)
        if (strcmp(a->subgroups.items[i], SX_LESION_SIZE) == 0)
            return sx_cli_usage(call, "--subgroup " SX_LESION_SIZE
                                      " groups lesions, and eval classify evaluates films");
    bool ok =
        sx_eval_open(call, a, 10000, true, &f, &err) && sx_eval_classify(&f.input, &o, &out, &err);
    return sx_eval_close(call, a, &f, ok, &out, &err);
}

const sx_command sx_cmd_eval_classify = {
    .name = "eval classify",
    .inputs = "TRUTH PREDICTIONS...",
    .summary = "Evaluate classifiers: AUROC, operating point, calibration",
    .example = "spinexr eval classify test.csv out/report.json --html page.html",
    .min_inputs = 2,
    .max_inputs = 17,
    SX_EVAL_COMMAND(SX_EVAL_CLASSIFY),
    .ranks = true,
    .run = run_eval_classify,
};
