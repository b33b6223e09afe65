/* spinexr model export */
#include "cli/command.h"
#include "cli/network_args.h"
#include "models/model_export.h"

typedef struct export_args {
    const char *out, *size;
    int part;
} export_args;

static void print_input(const char *path, const char *arch, bool any_batch, sx_shape shape) {
    char text[160];
    snprintf(text, sizeof text, "%s, input \"image\" [%s, 3, %d, %d]", arch,
             any_batch ? "batch" : "1", shape.h, shape.w);
    sx_cli_print_parts((const sx_line_part[]){ { path, ": ", true }, { text } }, 2);
    if (!any_batch)
        sx_cli_print(
            "The batch is 1: RoIAlign takes a fixed number of regions, those of one film.\n");
}

static int run_model_export(sx_call *call) {
    const export_args *a = call->args;
    sx_error err = { 0 };
    sx_network net;
    sx_shape shape;
    sx_weights *w = NULL;
    sx_model_exported made = { 0 };
    const bool ok = sx_network_open(call->inputs[0], 0, &net, &w, &err) &&
                    sx_cli_network_size(a->size, &net, w, &shape, &err) &&
                    sx_model_export(&net, w, shape, (sx_part)a->part, a->out, &made, &err);
    if (ok) print_input(a->out, net.arch->name, made.any_batch, shape);
    sx_str_free(&made.values);
    sx_weights_free(w);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "out", SX_OPT_TEXT, offsetof(export_args, out), "FILE", "ONNX file to write",
      .required = true, .output = true },
    { "size", SX_OPT_TEXT, offsetof(export_args, size), "WxH",
      "input (default: the file's; 224x224, detectors 1088x800)" },
    { "part", SX_OPT_CHOICE, offsetof(export_args, part), "whole|stages|pyramid",
      "outputs of the backbone, or FPN (default: whole)" },
    { 0 },
};

const sx_command sx_cmd_model_export = {
    .name = "model export",
    .inputs = "FILE|NAME",
    .summary = "Write a network as ONNX (opset 17)",
    .help = "FILE is a weight file. NAME is an architecture, which gets synthetic weights\n"
            "(spinexr model synthetic), to compare speeds. The model takes films of one size\n"
            "and any number of them (dimension batch); Sparse R-CNN and Faster R-CNN take one\n"
            "film (batch 1).",
    .example = "spinexr model export densenet121.safetensors --out densenet121.onnx",
    .min_inputs = 1,
    .max_inputs = 1,
    .options = options,
    .args_size = sizeof(export_args),
    .serial = true,
    .run = run_model_export,
};
