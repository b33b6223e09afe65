/* spinexr model show | import | export | formula */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "base/files.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/command.h"
#include "models/arch.h"
#include "models/summary.h"
#include "models/synthetic_weights.h"
#include "nn/onnx/onnx.h"

/* ---- shared by several commands ---- */

/* A weight file, or the name of an architecture (then *w is NULL). */
static bool network_of(const char *input, long classes, sx_network *net, sx_weights **w,
                       sx_error *err) {
    const sx_arch *arch = sx_arch_find(input);
    *w = NULL;
    if (arch) {
        sx_network_default(net, arch, (int)classes);
        return true;
    }
    char known[SX_ARCH_NAMES];
    sx_arch_names(known);
    if (!strpbrk(input, "./") && !sx_path_exists(input))
        return sx_fail(err, SX_ERR_IO, "%.60s: neither a file nor an architecture (%s)", input,
                       known);
    *w = sx_weights_open(input, err);
    return *w && sx_network_recognise(net, *w, err);
}

static bool parse_size(const char *text, const sx_network *net, sx_shape *shape, sx_error *err) {
    const bool detector = net->arch->task == SX_DETECTOR;
    int w = detector ? 1088 : net->arch->width, h = detector ? 800 : net->arch->height;
    char rest;
    if (text &&
        (sscanf(text, "%dx%d%c", &w, &h, &rest) != 2 || w < 32 || h < 32 || w > 8192 || h > 8192))
        return sx_fail(err, SX_ERR_USAGE, "--size is %s, not WIDTHxHEIGHT", text);
    const int stride = sx_network_stride(net);
    *shape = sx_network_shape(net, w, h);
    if (text && detector && (w % stride || h % stride))
        return sx_fail(err, SX_ERR_USAGE, "--size %dx%d: this detector's sides are multiples of %d",
                       w, h, stride);
    return true;
}

/* ---- show ---- */

typedef struct show_args {
    const char *size;
    bool all;
    long classes;
} show_args;

static bool print_head(const sx_network *net, sx_shape in, sx_error *err) {
    sx_network usual;
    sx_network_default(&usual, net->arch, sx_network_classes(net));
    char *config = sx_network_config_text(net, err),
         *plain = config ? sx_network_config_text(&usual, err) : NULL;
    const bool ok = plain != NULL;
    sx_cli_print("%s: %s\n", net->arch->name, net->arch->summary);
    if (ok && strcmp(config, plain) != 0) sx_cli_print("with %s\n", config);
    sx_cli_print("input %d x %d\n\n", in.w, in.h);
    free(config);
    free(plain);
    return ok;
}

static void print_table(const sx_summary *s) {
    sx_cli_print("%-44s %6s %18s %12s %10s\n", "layer", "layers", "output", "parameters", "MFLOP");
    for (size_t i = 0; i < s->count; i++) {
        const sx_summary_row *r = &s->rows[i];
        char out[48];
        if (r->out.h * r->out.w > 1)
            snprintf(out, sizeof out, "%dx%dx%d", r->out.h, r->out.w, r->out.c);
        else
            snprintf(out, sizeof out, "%d", r->out.c);
        if (r->out.n > 1) snprintf(out + strlen(out), sizeof out - strlen(out), " (%d)", r->out.n);
        sx_cli_print("%-44s %6d %18s %12lld %10.1f\n", r->name, r->layers, out,
                     (long long)r->params, r->flops * 1e-6);
    }
    sx_cli_print("\n%.2f million parameters, %.2f GFLOP (a multiply-add counts 2)\n",
                 (double)s->params * 1e-6, s->flops * 1e-9);
}

static bool print_json(const sx_network *net, const sx_summary *s, sx_error *err) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    sx_json_text(root, "architecture", net->arch->name);
    sx_json_integer(root, "classes", sx_network_classes(net));
    sx_json_integer(root, "parameters", (int64_t)s->params);
    sx_json_number(root, "flops", s->flops);
    sx_json rows = sx_json_array(root, "rows");
    for (size_t i = 0; i < s->count; i++) {
        const sx_summary_row *r = &s->rows[i];
        sx_json row = sx_json_object(rows, NULL);
        sx_json_text(row, "name", r->name);
        sx_json_integer(row, "layers", r->layers);
        sx_json output = sx_json_array(row, "output_nhwc");
        const int sides[4] = { r->out.n, r->out.h, r->out.w, r->out.c };
        for (int k = 0; k < 4; k++)
            sx_json_integer(output, NULL, sides[k]);
        sx_json_integer(row, "parameters", (int64_t)r->params);
        sx_json_number(row, "flops", r->flops);
    }
    const bool ok = sx_cli_print_json(&doc, SX_JSON_INDENTED, err);
    sx_json_free(&doc);
    return ok;
}

static void print_metadata(const sx_weights *w) {
    const char *key, *value;
    if (sx_weights_meta_count(w)) sx_cli_print("\nmetadata\n");
    for (size_t i = 0; sx_weights_meta_at(w, i, &key, &value); i++)
        sx_cli_print("  %-30s %s\n", key, value);
}

static int show(sx_call *call) {
    const show_args *a = call->args;
    sx_error err = { 0 };
    sx_network net;
    sx_weights *w = NULL;
    sx_shape shape;
    sx_graph *g = NULL;
    sx_summary s = { 0 };
    bool ok = network_of(call->inputs[0], a->classes, &net, &w, &err) &&
              parse_size(a->size, &net, &shape, &err) &&
              (g = sx_network_build(&net, shape, SX_WHOLE, &err)) &&
              sx_summarise(g, a->all ? 0 : net.arch->table_depth, &s, &err);
    if (ok && call->json)
        ok = print_json(&net, &s, &err);
    else if (ok) {
        ok = print_head(&net, shape, &err);
        if (ok) print_table(&s);
        if (ok && w) print_metadata(w);
    }
    sx_summary_free(&s);
    sx_graph_free(g);
    sx_weights_free(w);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option show_options[] = {
    { "all", SX_OPT_FLAG, offsetof(show_args, all), NULL,
      "print every layer, not only the stages" },
    { "size", SX_OPT_TEXT, offsetof(show_args, size), "WxH",
      "size of the input (224x224, detectors 1088x800)" },
    { "classes", SX_OPT_INT, offsetof(show_args, classes), "N",
      "classes of an architecture (1, detectors 7)", .min = 1, .max = 65535 },
    { 0 },
};

const sx_command sx_cmd_model_show = {
    .name = "model show",
    .inputs = "NAME|FILE",
    .summary = "Print a network's layers, parameters and FLOPs",
    .help = "NAME is an architecture: densenet121, 161, 169, 201; sparse_rcnn_r50, _r101;\n"
            "faster_rcnn_r50, _r101; retinanet_r50, _r101; efficientdet_d0 to _d4.\n"
            "FILE is a weight file; its metadata follow the table.",
    .example = "spinexr model show densenet121",
    .min_inputs = 1,
    .max_inputs = 1,
    .options = show_options,
    .args_size = sizeof(show_args),
    .json = true,
    .run = show,
};

/* ---- import ---- */

typedef struct import_args {
    const char *out, *arch, *names, *chosen_on, *input, *note;
    int pixels, dtype;
    double threshold;
} import_args;

/* DenseNet checkpoints of old torchvision have norm.1 where today's have norm1. */
static void modern_name(const char *name, char *out, size_t size) {
    snprintf(out, size, "%s", name);
    for (const char *const *old =
             (const char *const[]){ ".norm.1.", ".norm.2.", ".conv.1.", ".conv.2.", NULL };
         *old; old++) {
        char *at = strstr(out, *old);
        if (at && strstr(out, "denselayer")) memmove(at + 5, at + 6, strlen(at + 6) + 1);
    }
}

static bool add_as(sx_weights *to, const sx_tensor *t, const char *name, sx_dtype dtype,
                   sx_error *err) {
    sx_tensor copy = *t;
    copy.name = name;
    bool number =
        t->dtype == SX_F32 || t->dtype == SX_F16 || t->dtype == SX_F64 || t->dtype == SX_BF16;
    if (!number || t->dtype == dtype) return sx_weights_add(to, &copy, err);
    void *data = sx_weights_add_empty(to, name, dtype, t->ndim, t->dims, err);
    float buf[1024];
    int64_t n = sx_tensor_count(t);
    for (int64_t i = 0; data && i < n; i += 1024) {
        int64_t k = n - i < 1024 ? n - i : 1024;
        if (!sx_tensor_to_f32(t, i, k, buf, err)) return false;
        for (int64_t j = 0; j < k; j++)
            if (dtype == SX_BF16)
                ((uint16_t *)data)[i + j] = sx_f32_to_bf16(buf[j]);
            else
                ((float *)data)[i + j] = buf[j];
    }
    return data != NULL;
}

/* Takes the tensors that the network has, under its names. Other tensors of the checkpoint
 * (optimizer, EMA) are left out and counted. */
static bool take(sx_weights *to, const sx_weights *from, const sx_graph *g, sx_dtype dtype,
                 size_t *left, sx_error *err) {
    size_t taken = 0;
    for (size_t i = 0; i < sx_weights_count(from); i++) {
        const sx_tensor *t = sx_weights_at(from, i);
        char name[512];
        modern_name(t->name, name, sizeof name);
        bool wanted = false;
        for (size_t k = 0; !wanted && k < sx_graph_param_count(g); k++)
            wanted = strcmp(sx_graph_param(g, k)->name, name) == 0;
        if (!wanted) continue;
        /* biases, norms and their statistics are few and sensitive: they keep their precision */
        if (!add_as(to, t, name, t->ndim > 1 ? dtype : SX_F32, err)) return false;
        taken++;
    }
    *left = sx_weights_count(from) - taken;
    return true;
}

static bool set_names(sx_weights *w, const char *names, int classes, sx_error *err) {
    sx_json_doc doc;
    sx_json list = sx_json_new_array(&doc);
    char *copy = sx_strdup(names), *save = NULL;
    bool ok = copy || sx_fail(err, SX_ERR_MEMORY, "out of memory for the names of classes");
    for (char *p = copy ? strtok_r(copy, ",", &save) : NULL; p; p = strtok_r(NULL, ",", &save))
        sx_json_text(list, NULL, p);
    ok = ok && sx_json_ok(&doc, err);
    const size_t count = ok ? json_array_size(doc.root) : 0;
    if (ok && count != (size_t)classes)
        ok = sx_fail(err, SX_ERR_USAGE, "--classes names %zu, the network has %d", count, classes);
    sx_str text = { 0 };
    ok = ok && sx_json_print(&doc, SX_JSON_COMPACT, &text, err) &&
         sx_weights_set_meta(w, "spinexr.classes", text.data, err);
    sx_str_free(&text);
    free(copy);
    sx_json_free(&doc);
    return ok;
}

/* Keeps the metadata of our own weight files: classes, input, operating point, origin. */
static bool keep_metadata(sx_weights *to, const sx_weights *from, sx_error *err) {
    const char *key, *value;
    for (size_t i = 0; sx_weights_meta_at(from, i, &key, &value); i++)
        if (strncmp(key, "spinexr.", 8) == 0 && !sx_weights_set_meta(to, key, value, err))
            return false;
    return true;
}

static bool set_metadata(sx_weights *w, const sx_network *net, const import_args *a,
                         sx_error *err) {
    char number[32];
    char *config = sx_network_config_text(net, err);
    bool ok = config && sx_weights_set_meta(w, "spinexr.arch", net->arch->name, err) &&
              sx_weights_set_meta(w, "spinexr.config", config, err);
    free(config);
    if (ok && a->pixels)
        ok = sx_weights_set_meta(w, "spinexr.pixels", a->pixels == 1 ? "dicom" : "vindr", err);
    if (ok && a->input) ok = sx_weights_set_meta(w, "spinexr.input", a->input, err);
    if (ok && a->threshold >= 0) {
        snprintf(number, sizeof number, "%.9g", a->threshold);
        ok = sx_weights_set_meta(w, "spinexr.threshold", number, err);
    }
    if (ok && a->chosen_on)
        ok = sx_weights_set_meta(w, "spinexr.threshold_chosen_on", a->chosen_on, err);
    if (ok && a->note) ok = sx_weights_set_meta(w, "spinexr.note", a->note, err);
    return ok && (!a->names || set_names(w, a->names, sx_network_classes(net), err));
}

static bool recognise(const sx_weights *from, const char *arch, sx_network *net, sx_error *err) {
    if (!arch) return sx_network_recognise(net, from, err);
    const sx_arch *found = sx_arch_find(arch);
    char known[SX_ARCH_NAMES];
    sx_arch_names(known);
    if (!found)
        return sx_fail(err, SX_ERR_USAGE, "--arch: %.60s is not an architecture (%s)", arch, known);
    sx_network_default(net, found, 0);
    sx_network_adapt(net, from);
    return true;
}

static int import(sx_call *call) {
    const import_args *a = call->args;
    sx_error err = { 0 };
    sx_network net;
    size_t left = 0;
    sx_weights *from = sx_weights_open(call->inputs[0], &err),
               *to = from ? sx_weights_new(&err) : NULL;
    sx_graph *g = NULL;
    sx_store *check = NULL;
    bool ok = to && recognise(from, a->arch, &net, &err) &&
              (g = sx_network_build(&net, sx_network_shape(&net, 224, 224), SX_WHOLE, &err)) &&
              take(to, from, g, a->dtype ? SX_BF16 : SX_F32, &left, &err) &&
              keep_metadata(to, from, &err) && set_metadata(to, &net, a, &err);
    if (ok) {
        check = sx_store_open(g, to, "", false, &err);
        ok = check || sx_fail_in(&err, "%s as %s", call->inputs[0], net.arch->name);
    }
    ok = ok && sx_weights_save(to, a->out, &err);
    if (ok)
        sx_cli_print("%s: %s, %d class%s, %zu tensors; %zu others left out\n", a->out,
                     net.arch->name, sx_network_classes(&net),
                     sx_network_classes(&net) == 1 ? "" : "es", sx_weights_count(to), left);
    sx_store_free(check);
    sx_graph_free(g);
    sx_weights_free(to);
    sx_weights_free(from);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option import_options[] = {
    { "out", SX_OPT_TEXT, offsetof(import_args, out), "FILE", "safetensors file to write",
      .required = true },
    { "arch", SX_OPT_TEXT, offsetof(import_args, arch), "NAME",
      "architecture (found by the tensors)" },
    { "dtype", SX_OPT_CHOICE, offsetof(import_args, dtype), "f32|bf16",
      "data type of the file (f32)" },
    { "note", SX_OPT_TEXT, offsetof(import_args, note), "TEXT", "a warning that predict repeats" },
    { "classes", SX_OPT_TEXT, offsetof(import_args, names), "A,B,..", "names of the classes" },
    { "pixels", SX_OPT_CHOICE, offsetof(import_args, pixels), "unset|dicom|vindr",
      "pixel pipeline of its training films" },
    { "input", SX_OPT_TEXT, offsetof(import_args, input), "WxH",
      "input size, or shortest and longest edge" },
    { "threshold", SX_OPT_NUMBER, offsetof(import_args, threshold), "P", "operating point, 0 to 1",
      .min = 0, .max = 1 },
    { "chosen-on", SX_OPT_TEXT, offsetof(import_args, chosen_on), "TEXT",
      "data set on which it was chosen" },
    { 0 },
};

const sx_command sx_cmd_model_import = {
    .name = "model import",
    .inputs = "FILE",
    .summary = "Convert a checkpoint to a weight file",
    .help = "Reads .pth (zip and legacy), Detectron2 .pkl and .safetensors files; pickles are\n"
            "read without executing anything. Every tensor is checked against the network.\n"
            "Metadata of a spinexr weight file are kept unless an option changes them.",
    .example = "spinexr model import densenet121.pth --out densenet121.safetensors",
    .min_inputs = 1,
    .max_inputs = 1,
    .options = import_options,
    .defaults = &(const import_args){ .threshold = -1 },
    .args_size = sizeof(import_args),
    .run = import,
};

/* ---- export ---- */

typedef struct export_args {
    const char *out, *size;
    int part;
} export_args;

static int export(sx_call *call) {
    const export_args *a = call->args;
    sx_error err = { 0 };
    sx_network net;
    sx_shape shape;
    sx_weights *w = NULL;
    sx_graph *g = NULL;
    sx_store *store = NULL;
    bool ok = network_of(call->inputs[0], 0, &net, &w, &err) &&
              parse_size(a->size, &net, &shape, &err) &&
              (g = sx_network_build(&net, shape, (sx_part)a->part, &err)) &&
              (w || (w = sx_synthetic_weights(g, &err))) &&
              (store = sx_store_open(g, w, "", false, &err));
    const sx_onnx_entry meta[] = { { "spinexr.arch", ok ? net.arch->name : "" }, { 0 } };
    ok = ok && sx_onnx_export(g, store, net.arch->name, meta, a->out, &err);
    if (ok)
        sx_cli_print("%s: %s, input \"image\" [1, 3, %d, %d]\n", a->out, net.arch->name, shape.h,
                     shape.w);
    sx_store_free(store);
    sx_graph_free(g);
    sx_weights_free(w);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option export_options[] = {
    { "out", SX_OPT_TEXT, offsetof(export_args, out), "FILE", "ONNX file to write",
      .required = true },
    { "size", SX_OPT_TEXT, offsetof(export_args, size), "WxH",
      "size of the input (224x224, detectors 1088x800)" },
    { "part", SX_OPT_CHOICE, offsetof(export_args, part), "whole|stages|pyramid",
      "stages: each an output; pyramid: the FPN" },
    { 0 },
};

const sx_command sx_cmd_model_export = {
    .name = "model export",
    .inputs = "FILE|NAME",
    .summary = "Write a network as ONNX (opset 17)",
    .help = "FILE is a weight file. NAME is an architecture, which gets synthetic weights\n"
            "(spinexr model formula), to compare speeds.",
    .example = "spinexr model export densenet121.safetensors --out densenet121.onnx",
    .min_inputs = 1,
    .max_inputs = 1,
    .options = export_options,
    .args_size = sizeof(export_args),
    .run = export,
};

/* ---- formula ---- */

typedef struct formula_args {
    const char *out, *network;
    long classes;
} formula_args;

static int formula(sx_call *call) {
    const formula_args *a = call->args;
    sx_error err = { 0 };
    const sx_arch *arch = sx_arch_find(call->inputs[0]);
    char known[SX_ARCH_NAMES];
    sx_arch_names(known);
    if (!arch)
        return sx_cli_usage(call, "%.60s is not an architecture (%s)", call->inputs[0], known);
    sx_network net;
    sx_network_default(&net, arch, (int)a->classes);
    sx_graph *g = NULL;
    sx_weights *w = NULL;
    bool ok =
        (!a->network || sx_network_configure(&net, a->network, &err)) &&
        (g = sx_network_build(&net, sx_network_shape(&net, 224, 224), SX_WHOLE, &err)) &&
        (w = sx_synthetic_weights(g, &err)) &&
        set_metadata(w, &net, &(import_args){ .threshold = -1 }, &err) &&
        sx_weights_set_meta(w, "spinexr.note",
                            "weights from a formula: they know nothing of radiographs", &err) &&
        sx_weights_save(w, a->out, &err);
    if (ok)
        sx_cli_print("%s: %s, %zu tensors from the formula\n", a->out, arch->name,
                     sx_weights_count(w));
    sx_weights_free(w);
    sx_graph_free(g);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option formula_options[] = {
    { "out", SX_OPT_TEXT, offsetof(formula_args, out), "FILE", "safetensors file to write",
      .required = true },
    { "classes", SX_OPT_INT, offsetof(formula_args, classes), "N", "classes (1, detectors 7)",
      .min = 1, .max = 65535 },
    { "network", SX_OPT_TEXT, offsetof(formula_args, network), "JSON",
      "changed numbers of the network, {\"growth\": 16}" },
    { 0 },
};

const sx_command sx_cmd_model_formula = {
    .name = "model formula",
    .inputs = "NAME",
    .summary = "Write synthetic weights, computed from a formula",
    .help = "They are untrained. Other programs can compute the same numbers, so networks\n"
            "can be compared and shown at full size (src/models/synthetic_weights.h).",
    .example = "spinexr model formula densenet121 --out densenet121.safetensors",
    .min_inputs = 1,
    .max_inputs = 1,
    .options = formula_options,
    .args_size = sizeof(formula_args),
    .run = formula,
};
