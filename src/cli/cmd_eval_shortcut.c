#include "cli/eval_args.h"

static int run_eval_shortcut(sx_call *call) {
    const sx_eval_args *a = call->args;
    sx_eval_files f;
    sx_eval_output out = { 0 };
    sx_error err = { 0 };
    bool ok = sx_eval_open(call, a, 0, true, &f, &err);
    const sx_attribute_sources from = { call->context, a->meta, call->inputs[0],
                                        a->films ? &f.films : NULL };
    ok = ok && sx_eval_shortcut(&f.input, &from, &out, &err);
    return sx_eval_close(call, a, &f, ok, &out, &err);
}

const sx_command sx_cmd_eval_shortcut = {
    .name = "eval shortcut",
    .inputs = "TRUTH",
    .summary = "Measure what film size, grey level and header alone predict",
    .help = "No predictions are read. An attribute that tells abnormal films from normal ones\n"
            "without showing the spine is a shortcut that a classifier may have learned.",
    .example = "spinexr eval shortcut test.csv --films vindr-spinexr/test_images",
    .min_inputs = 1,
    .max_inputs = 1,
    SX_EVAL_COMMAND(SX_EVAL_SHORTCUT),
    .run = run_eval_shortcut,
};
