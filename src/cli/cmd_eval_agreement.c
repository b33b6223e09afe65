#include "cli/eval_args.h"

static int run_eval_agreement(sx_call *call) {
    const sx_eval_args *a = call->args;
    sx_eval_files f;
    sx_eval_output out = { 0 };
    sx_error err = { 0 };
    bool ok = sx_eval_open(call, a, 1000, false, &f, &err) &&
              sx_eval_agreement(&f.input, a->iou_one, &out, &err);
    return sx_eval_close(call, a, &f, ok, &out, &err);
}

const sx_command sx_cmd_eval_agreement = {
    .name = "eval agreement",
    .inputs = "ANNOTATIONS",
    .summary = "Measure agreement between the readers of an annotation CSV",
    .example = "spinexr eval agreement annotations.csv --html page.html",
    .min_inputs = 1,
    .max_inputs = 1,
    SX_EVAL_COMMAND(SX_EVAL_AGREEMENT),
    .ranks = true,
    .run = run_eval_agreement,
};
