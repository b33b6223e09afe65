#include "cli/eval_args.h"

typedef struct args {
    sx_eval_args common;
    double iou;
} args;

static int run_eval_agreement(sx_call *call) {
    const args *a = call->args;
    sx_eval_files f;
    sx_eval_output out = { 0 };
    sx_error err = { 0 };
    bool ok = sx_eval_open(call, &a->common, 1000, false, &f, &err) &&
              sx_eval_agreement(&f.input, a->iou, &out, &err);
    return sx_eval_close(call, &a->common, &f, ok, &out, &err);
}

static const sx_option options[] = {
    { "at", SX_OPT_NUMBER, offsetof(args, iou), "IOU", "from which boxes are paired (default 0.5)",
      false, 0.01, 1 },
    SX_EVAL_CLASSES_OPTION(args),
    SX_EVAL_BOOT_OPTIONS(args),
    { "groups", SX_OPT_TEXT, offsetof(args, common.truth.groups), "FILE",
      "CSV image_id, study_id, patient_id" },
    { "csv", SX_OPT_TEXT, offsetof(args, common.csv), "FILE", "write the tables as CSV" },
    { "html", SX_OPT_TEXT, offsetof(args, common.html), "FILE", "write a page with the tables" },
    { 0 },
};

static const args defaults = { .common = { SX_EVAL_DEFAULTS }, .iou = 0.5 };

const sx_command sx_cmd_eval_agreement = {
    .name = "eval agreement",
    .inputs = "ANNOTATIONS",
    .summary = "agreement between the readers of an annotation CSV",
    .example = "spinexr eval agreement annotations.csv --html page.html",
    .min_inputs = 1,
    .max_inputs = 1,
    .options = options,
    .defaults = &defaults,
    .args_size = sizeof(args),
    .json = true,
    .ranks = true,
    .run = run_eval_agreement,
};
