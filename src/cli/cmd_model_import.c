/* spinexr model import */
#include "base/str.h"
#include "cli/command.h"
#include "models/arch.h"
#include "models/model_import.h"

typedef struct import_args {
    const char *out, *arch, *class_names, *chosen_on, *input, *note, *mean, *std;
    int pixels;   /* sx_pixels */
    int channels; /* into channel_orders */
    int dtype;
    double threshold;
    bool demonstration;
} import_args;

static const char *const channel_orders[] = { NULL, "rgb", "bgr" };

static void print_removed(const sx_import_report *r) {
    sx_str memory = { 0 };
    if (r->prefix[0])
        sx_cli_print("removed from the tensors' names: the prefix \"%s\"%s%s\n",
                     sx_line_one(&memory, r->prefix), r->wrappers[0] ? ", and " : "", r->wrappers);
    else if (r->wrappers[0])
        sx_cli_print("removed from the tensors' names: %s\n", r->wrappers);
    sx_str_free(&memory);
}

static void print_taken(const sx_import_report *r) {
    sx_str taken = { 0 }, others = { 0 };
    if (r->others[0])
        sx_cli_print("the weights are those %s%s%s; not taken: %s\n",
                     r->taken[0] ? "of \"" : "without a prefix", sx_line_one(&taken, r->taken),
                     r->taken[0] ? "\"" : "", sx_line_one(&others, r->others));
    sx_str_free(&taken);
    sx_str_free(&others);
}

static void warn_of_removed(const sx_call *call, const char *out, const char *why,
                            const char *removed) {
    if (removed[0])
        sx_log(call->context, SX_LOG_WARNING,
               "%s: left out, because %s: %s; spinexr model calibrate fits these values anew", out,
               why, removed);
}

static int run_model_import(sx_call *call) {
    const import_args *a = call->args;
    sx_error err = { 0 };
    sx_import_report r;
    const sx_import_options o = { .arch = a->arch,
                                  .dtype = a->dtype ? SX_BF16 : SX_F32,
                                  .class_names = a->class_names,
                                  .note = a->note,
                                  .demonstration = a->demonstration,
                                  .input = a->input,
                                  .pixels = (sx_pixels)a->pixels,
                                  .mean = a->mean,
                                  .std = a->std,
                                  .channels = channel_orders[a->channels],
                                  .threshold = a->threshold,
                                  .threshold_chosen_on = a->chosen_on };
    if (!sx_model_import(call->inputs[0], a->out, &o, &r, &err)) return sx_cli_fail(&err);
    char text[160];
    snprintf(text, sizeof text, "%s, %d %s, %zu %s; %zu %s left out", r.arch, r.classes,
             sx_noun((size_t)r.classes, "class", "classes"), r.tensor_count,
             sx_noun(r.tensor_count, "tensor", "tensors"), r.left_out,
             sx_noun(r.left_out, "other", "others"));
    sx_cli_print_parts((const sx_line_part[]){ { a->out, ": ", true }, { text } }, 2);
    print_taken(&r);
    print_removed(&r);
    warn_of_removed(call, a->out, "it was fitted with another input", r.removed);
    warn_of_removed(call, a->out, "the classes have other names", r.removed_of_classes);
    if (r.assumed[0]) sx_cli_print("assumed: %s\n", r.assumed);
    if (r.torchvision)
        sx_log(call->context, SX_LOG_INFO,
               "%s: torchvision's own DenseNets read pixels in another way; for one of them: "
               "--mean 123.675,116.28,103.53 --std 58.395,57.12,57.375 --channels rgb",
               a->out);
    return SX_EXIT_OK;
}

static const char *arch_at(size_t index) {
    return index < sx_arch_count() ? sx_arch_at(index)->name : NULL;
}

static const sx_option options[] = {
    { "out", SX_OPT_TEXT, offsetof(import_args, out), "FILE", "safetensors file to write",
      .required = true, .output = true },
    { "arch", SX_OPT_TEXT, offsetof(import_args, arch), "NAME",
      "architecture (default: found by the tensors)", .name_at = arch_at },
    { "dtype", SX_OPT_CHOICE, offsetof(import_args, dtype), "f32|bf16",
      "data type of the file (default: f32)" },
    { "note", SX_OPT_TEXT, offsetof(import_args, note), "TEXT", "a warning that predict repeats" },
    { "demonstration", SX_OPT_FLAG, offsetof(import_args, demonstration), NULL,
      "mark the weights as not for films of patients" },
    { "classes", SX_OPT_TEXT, offsetof(import_args, class_names), "A,B,..",
      "names of the classes" },
    { "pixels", SX_OPT_CHOICE, offsetof(import_args, pixels), "unset|dicom|vindr",
      "pixel pipeline in its training (default: unset)" },
    { "input", SX_OPT_TEXT, offsetof(import_args, input), "WxH",
      "input size, or shortest and longest edge" },
    { "mean", SX_OPT_TEXT, offsetof(import_args, mean), "A,B,C",
      "means of the channels, of 0 to 255 (default: usual)" },
    { "std", SX_OPT_TEXT, offsetof(import_args, std), "A,B,C",
      "and what divides the differences (default: usual)" },
    { "channels", SX_OPT_CHOICE, offsetof(import_args, channels), "keep|rgb|bgr",
      "the order in which it read them (default: keep)" },
    { "threshold", SX_OPT_NUMBER, offsetof(import_args, threshold), "P",
      "operating point, 0 to 1 (default: none)", .min = 0, .max = 1 },
    { "chosen-on", SX_OPT_TEXT, offsetof(import_args, chosen_on), "TEXT",
      "data set on which it was chosen" },
    { 0 },
};

const sx_command sx_cmd_model_import = {
    .name = "model import",
    .inputs = "FILE",
    .summary = "Convert a checkpoint to a weight file",
    .help = "Reads .pth (zip and legacy), Detectron2 .pkl and .safetensors files; pickles are\n"
            "read without executing anything. Wrappers ({'model': ..}, Lightning's, EMA) are\n"
            "opened, and a prefix of all names that ends in a dot (module., model., ...) is\n"
            "removed. Every tensor is checked against the network.\n"
            "Metadata of a spinexr weight file are kept unless an option changes them. With\n"
            "another input (--pixels, --input, --mean, --std, --channels), values that were\n"
            "fitted to films, such as thresholds, are left out.",
    .example = "spinexr model import densenet121.pth --out densenet121.safetensors",
    .min_inputs = 1,
    .max_inputs = 1,
    .options = options,
    .defaults = &(const import_args){ .threshold = -1 },
    .args_size = sizeof(import_args),
    .serial = true,
    .run = run_model_import,
};
