/* spinexr model synthetic */
#include "cli/command.h"
#include "models/arch.h"
#include "models/synthetic_weights.h"

typedef struct synthetic_args {
    const char *out, *network;
    long classes;
} synthetic_args;

static int run_model_synthetic(sx_call *call) {
    const synthetic_args *a = call->args;
    sx_error err = { 0 };
    const sx_arch *arch = sx_arch_find(call->inputs[0]);
    char known[SX_ARCH_NAMES];
    sx_arch_names(call->inputs[0], known);
    if (!arch)
        return sx_cli_usage(call, "%.60s is not an architecture (%s)", call->inputs[0], known);
    sx_network net;
    sx_network_default(&net, arch, (int)a->classes);
    sx_weights *w = NULL;
    const bool ok = (!a->network || sx_network_configure(&net, a->network, &err)) &&
                    (w = sx_synthetic_model(&net, &err)) && sx_weights_save(w, a->out, &err);
    if (ok) {
        char text[160];
        const size_t count = sx_weights_count(w);
        snprintf(text, sizeof text, "%s, synthetic weights, %zu %s", arch->name, count,
                 sx_noun(count, "tensor", "tensors"));
        sx_cli_print_parts((const sx_line_part[]){ { a->out, ": ", true }, { text } }, 2);
    }
    sx_weights_free(w);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "out", SX_OPT_TEXT, offsetof(synthetic_args, out), "FILE", "safetensors file to write",
      .required = true, .output = true },
    { "classes", SX_OPT_INT, offsetof(synthetic_args, classes), "N",
      "classes (default: 1, detectors 7)", .min = 1, .max = 65535 },
    { "network", SX_OPT_TEXT, offsetof(synthetic_args, network), "JSON",
      "numbers, {\"growth\": 16} (default: the architecture's)" },
    { 0 },
};

const sx_command sx_cmd_model_synthetic = {
    .name = "model synthetic",
    .inputs = "NAME",
    .summary = "Write synthetic weights of a network",
    .help = "Synthetic weights are untrained. Their numbers follow a formula\n"
            "(src/models/synthetic_weights.h), so other programs can compute the same\n"
            "weights to compare networks.",
    .example = "spinexr model synthetic densenet121 --out densenet121.safetensors",
    .min_inputs = 1,
    .max_inputs = 1,
    .options = options,
    .args_size = sizeof(synthetic_args),
    .run = run_model_synthetic,
};
