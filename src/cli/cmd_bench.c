/* spinexr bench: how fast the networks run on this machine, and which share of its peak that is. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/context.h"
#include "base/cpu.h"
#include "cli/bench_train.h"
#include "cli/command.h"
#include "models/arch.h"
#include "models/synthetic_weights.h"
#include "nn/peak.h"

typedef struct bench_args {
    const char *size;
    int precision, part;
    long runs, train;
    bool steps, recompute;
} bench_args;

enum { BOTH, ONLY_F32, ONLY_BF16 };

typedef struct result {
    const char *name;
    sx_dtype dtype;
    sx_shape shape;
    double ms, median_ms, plan_ms, flops;
    /* detectors: top-k, decoding and suppression, during and after the run; < 0: none */
    double boxes_ms;
    size_t memory;
    sx_json_doc outputs; /* the first numbers of each output, to compare with other runtimes */
} result;

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void fill_input(sx_plan *p) {
    sx_dtype dtype;
    sx_shape s;
    void *in = sx_plan_input(p, "image", &dtype, &s);
    for (int64_t i = 0; i < sx_shape_count(s); i++) {
        float v = (float)((i * 7919) % 255) - 117;
        if (dtype == SX_F32)
            ((float *)in)[i] = v;
        else
            ((uint16_t *)in)[i] = sx_f32_to_bf16(v);
    }
    float *sizes = sx_plan_input(p, "sizes", NULL, NULL);
    if (sizes) sizes[0] = (float)s.w, sizes[1] = (float)s.h;
}

static bool print_steps(sx_plan *p, sx_error *err) {
    sx_plan_profile(p, true);
    if (!sx_plan_run(p, err)) return false;
    for (int i = 0; i < sx_plan_steps(p); i++) {
        sx_step_info s = sx_plan_step_info(p, i);
        if (s.seconds > 0)
            sx_cli_print("  %-46.46s %-14s %9.3f ms %8.0f GFLOP/s  %s\n", s.name, s.op,
                         s.seconds * 1e3, s.flops / s.seconds * 1e-9, s.kernel);
    }
    sx_plan_profile(p, false);
    return true;
}

/* The shortest of `runs` counts, because other processes can only add time. */
static bool measure(sx_plan *p, long runs, result *r, sx_error *err) {
    double *seconds = malloc((size_t)runs * sizeof *seconds);
    if (!seconds) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    fill_input(p);
    bool ok = sx_plan_run(p, err);
    for (long i = 0; ok && i < runs; i++) {
        fill_input(p); /* a run overwrites its input */
        double start = sx_now();
        ok = sx_plan_run(p, err);
        seconds[i] = sx_now() - start;
    }
    qsort(seconds, (size_t)runs, sizeof *seconds, by_value);
    r->ms = seconds[0] * 1e3;
    r->median_ms = seconds[runs / 2] * 1e3;
    free(seconds);
    return ok;
}

/* The time that a detector spends on selecting boxes, in its run and on its outputs; the minimum of
 * each. */
static bool measure_boxes(const sx_network *net, sx_plan *p, long runs, result *r, sx_error *err) {
    double within = 0, after = 0;
    sx_plan_profile(p, true);
    for (long i = 0; i < runs; i++) {
        sx_detections d;
        double chosen = 0;
        fill_input(p);
        if (!sx_plan_run(p, err)) return false;
        for (int k = 0; k < sx_plan_steps(p); k++) {
            const sx_step_info s = sx_plan_step_info(p, k);
            if (s.chooses) chosen += s.seconds;
        }
        const double start = sx_now();
        if (!sx_network_detections(net, p, 0, &(sx_nms_options){ .iou = net->arch->nms }, &d, err))
            return false;
        const double seconds = sx_now() - start;
        sx_detections_free(&d);
        if (i == 0 || chosen < within) within = chosen;
        if (i == 0 || seconds < after) after = seconds;
    }
    sx_plan_profile(p, false);
    r->boxes_ms = (within + after) * 1e3;
    return true;
}

/* In the order of other runtimes: maps [n][c][h][w]. */
static void first_numbers(const sx_plan *p, const sx_graph *g, sx_json_doc *to) {
    enum { FIRST = 64 };
    sx_json all = sx_json_new_object(to);
    for (int i = 0; i < sx_graph_outputs(g); i++) {
        const char *name;
        const sx_shape s = sx_node_shape(sx_graph_output_at(g, i, &name));
        const int64_t n = sx_shape_count(s);
        const int64_t places = s.h > 1 && s.w > 1 ? (int64_t)s.h * s.w : n,
                      c = places < n ? s.c : 1;
        float *v = malloc((size_t)n * sizeof *v);
        sx_json list = sx_json_array(all, name);
        if (v && sx_plan_output(p, name, v, n, NULL))
            for (int64_t k = 0; k < FIRST && k < places * c; k++)
                sx_json_number(list, NULL, (double)v[k % places * c + k / places]);
        free(v);
    }
}

static bool run_one(const sx_call *call, const sx_network *net, sx_shape shape, sx_dtype dtype,
                    bool json, result *r, sx_error *err) {
    const bench_args *a = call->args;
    *r = (result){ .name = net->arch->name, .dtype = dtype, .shape = shape, .boxes_ms = -1 };
    sx_graph *g = sx_network_build(net, shape, a->part ? SX_PYRAMID : SX_WHOLE, err);
    sx_weights *w = g ? sx_synthetic_weights(g, err) : NULL;
    sx_store *store = w ? sx_store_open(g, w, "", false, err) : NULL;
    double start = sx_now();
    sx_plan *p = NULL;
    if (store)
        p = sx_plan_new(
            g, store,
            (sx_plan_options){ .compute = dtype, .threads = sx_context_threads(call->context) },
            err);
    r->plan_ms = (sx_now() - start) * 1e3;
    bool ok = p && measure(p, a->runs, r, err) &&
              (!net->arch->decode || a->part || measure_boxes(net, p, a->runs, r, err));
    for (size_t i = 0; g && i < sx_graph_node_count(g); i++)
        r->flops += sx_node_flops(sx_graph_node(g, i));
    r->memory = p ? sx_plan_memory(p) : 0;
    if (ok && a->steps) ok = print_steps(p, err);
    if (ok && json) first_numbers(p, g, &r->outputs);
    sx_plan_free(p);
    sx_store_free(store);
    sx_weights_free(w);
    sx_graph_free(g);
    return ok;
}

static void put_result(result *r, double peak, sx_json rows) {
    sx_json j = sx_json_object(rows, NULL);
    sx_json_text(j, "network", r->name);
    sx_json_text(j, "precision", r->dtype == SX_F32 ? "f32" : "bf16");
    sx_json_integer(j, "width", r->shape.w);
    sx_json_integer(j, "height", r->shape.h);
    sx_json_number(j, "ms", r->ms);
    sx_json_number(j, "median_ms", r->median_ms);
    sx_json_number(j, "plan_ms", r->plan_ms);
    sx_json_number(j, "boxes_ms", r->boxes_ms < 0 ? (double)NAN : r->boxes_ms);
    sx_json_number(j, "flops", r->flops);
    sx_json_number(j, "share_of_peak", r->flops / (r->ms * 1e-3) / peak);
    sx_json_count(j, "activation_bytes", r->memory);
    if (r->outputs.root)
        sx_json_move(j, "outputs", &r->outputs);
    else
        sx_json_null(j, "outputs");
}

static void print_result(const result *r, double peak, const char *unit) {
    double rate = r->flops / (r->ms * 1e-3);
    const char *dtype = r->dtype == SX_F32 ? "f32" : "bf16";
    sx_cli_print("%-16s %-5s %4dx%-4d %9.2f ms %9.2f ms %9.0f %7.0f %% of %s %8.1f MB\n", r->name,
                 dtype, r->shape.w, r->shape.h, r->ms, r->median_ms, rate * 1e-9, rate / peak * 100,
                 unit, (double)r->memory * 1e-6);
    if (r->boxes_ms >= 0)
        sx_cli_print("%-32s %9.2f ms  %.1f %%\n", "  of it and after: selecting boxes", r->boxes_ms,
                     r->boxes_ms / r->ms * 100);
}

static void print_training_steps(const sx_plan *p) {
    sx_cli_print("  %-46s %-14s %12s %12s\n", "", "", "forward", "backward");
    for (int i = 0; i < sx_plan_steps(p); i++) {
        const sx_step_info s = sx_plan_step_info(p, i);
        if (s.seconds + s.back_seconds > 0)
            sx_cli_print("  %-46.46s %-14s %9.3f ms %9.3f ms  %s\n", s.name, s.op, s.seconds * 1e3,
                         s.back_seconds * 1e3, s.kernel ? s.kernel : "");
    }
}

/* A step of training in place of a run: the row is the same, all of the batch in one. */
static bool run_training(const sx_call *call, const sx_network *net, sx_shape shape, sx_dtype dtype,
                         result *r, sx_error *err) {
    const bench_args *a = call->args;
    sx_bench_step s;
    shape.n = (int)a->train;
    if (!sx_bench_train(call->context, net, shape, dtype, a->recompute, a->runs, &s, err))
        return false;
    if (a->steps && !sx_bench_train_steps(call->context, net, shape, dtype, a->recompute,
                                          print_training_steps, err))
        return false;
    *r = (result){ .name = net->arch->name,
                   .dtype = dtype,
                   .shape = shape,
                   .ms = s.ms,
                   .median_ms = s.median_ms,
                   .flops = s.flops,
                   .boxes_ms = -1,
                   .memory = s.memory };
    return true;
}

static bool one_network(sx_call *call, const char *name, const double peak[2],
                        const char *const unit[2], sx_json rows, sx_error *err) {
    const bench_args *a = call->args;
    sx_network net;
    sx_network_default(&net, sx_arch_find(name), 0);
    int w = net.arch->width, h = net.arch->height;
    if (net.arch->task == SX_DETECTOR) w = 1088, h = 800;
    if (a->size && sscanf(a->size, "%dx%d", &w, &h) != 2)
        return sx_fail(err, SX_ERR_USAGE, "--size is %s", a->size);
    for (int k = 0; k < 2; k++) {
        result r;
        if ((a->precision == ONLY_F32 && k == 1) || (a->precision == ONLY_BF16 && k == 0)) continue;
        if (sx_context_cancelled(call->context)) return true;
        const sx_shape shape = sx_network_shape(&net, w, h);
        const sx_dtype dtype = k ? SX_BF16 : SX_F32;
        if (!(a->train ? run_training(call, &net, shape, dtype, &r, err)
                       : run_one(call, &net, shape, dtype, call->json, &r, err)))
            return false;
        if (call->json)
            put_result(&r, peak[k], rows);
        else
            print_result(&r, peak[k], unit[k]);
    }
    return true;
}

enum { MOST_USUAL = 32 };

static int usual_networks(const char **names) {
    int n = 0;
    for (size_t i = 0; i < sx_arch_count() && n < MOST_USUAL; i++)
        if (sx_arch_at(i)->usual) names[n++] = sx_arch_at(i)->name;
    return n;
}

static int run_bench(sx_call *call) {
    const char *usual[MOST_USUAL];
    sx_error err = { 0 };
    const char *const *names = call->input_count ? (const char *const *)call->inputs : usual;
    int count = call->input_count ? call->input_count : usual_networks(usual);
    char known[SX_ARCH_NAMES];
    sx_arch_names(known);
    for (int i = 0; i < count; i++)
        if (!sx_arch_find(names[i]))
            return sx_cli_usage(call, "%.60s is not an architecture (%s)", names[i], known);
    const char *unit[2];
    const double peak[2] = { sx_fma_peak(sx_context_threads(call->context), SX_F32, &unit[0]),
                             sx_fma_peak(sx_context_threads(call->context), SX_BF16, &unit[1]) };
    sx_json_doc doc = { 0 }, list = { 0 };
    sx_json root = sx_json_new_object(&doc), rows = sx_json_new_array(&list);
    if (!call->json) {
        sx_cli_print("%s, %d threads\npeak: %.0f GFLOP/s %s, %.0f GFLOP/s %s (measured)\n\n",
                     sx_cpu_get()->model, sx_context_threads(call->context), peak[0] * 1e-9,
                     unit[0], peak[1] * 1e-9, unit[1]);
        sx_cli_print("%-16s %-5s %9s %12s %12s %9s\n", "network", "", "input", "best", "median",
                     "GFLOP/s");
    }
    bool ok = true;
    for (int i = 0; ok && i < count; i++)
        ok = one_network(call, names[i], peak, unit, rows, &err);
    if (ok && call->json) {
        sx_json_text(root, "cpu", sx_cpu_get()->model);
        sx_json_integer(root, "threads", sx_context_threads(call->context));
        sx_json_number(root, "peak_f32", peak[0]);
        sx_json_number(root, "peak_bf16", peak[1]);
        sx_json_count(root, "peak_memory_bytes", sx_peak_memory());
        sx_json_move(root, "rows", &list);
        ok = sx_cli_print_json(&doc, SX_JSON_INDENTED, &err);
    } else if (ok)
        sx_cli_print(
            "\npeak memory of this process %.0f MB (weights twice: as made and as packed)\n",
            (double)sx_peak_memory() * 1e-6);
    sx_json_free(&list);
    sx_json_free(&doc);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "precision", SX_OPT_CHOICE, offsetof(bench_args, precision), "both|f32|bf16",
      "numbers that the networks compute with (both)" },
    { "size", SX_OPT_TEXT, offsetof(bench_args, size), "WxH",
      "size of the input (224x224, detectors 1088x800)" },
    { "part", SX_OPT_CHOICE, offsetof(bench_args, part), "whole|pyramid",
      "pyramid: a detector's backbone + FPN" },
    { "runs", SX_OPT_INT, offsetof(bench_args, runs), "N",
      "runs of each; best and median are printed (10)", .min = 1, .max = 100000 },
    { "train", SX_OPT_INT, offsetof(bench_args, train), "BATCH",
      "measure a training step with this many films", .min = 1, .max = 1024 },
    { "recompute", SX_OPT_FLAG, offsetof(bench_args, recompute), NULL,
      "with --train: as in spinexr train" },
    { "steps", SX_OPT_FLAG, offsetof(bench_args, steps), NULL,
      "also print the time of every layer" },
    { 0 },
};

const sx_command sx_cmd_bench = {
    .name = "bench",
    .inputs = "[NAME...]",
    .summary = "Measure how fast the networks run on this machine",
    .help = "Runs architectures with synthetic weights and prints the time for one\n"
            "image, GFLOP/s, and the share of this machine's peak.\n"
            "NAME: as in spinexr model show; without any, the paper's networks.",
    .example = "spinexr bench densenet121 --runs 50",
    .min_inputs = 0,
    .max_inputs = -1,
    .options = options,
    .defaults = &(const bench_args){ .runs = 10 },
    .args_size = sizeof(bench_args),
    .json = true,
    .run = run_bench,
};
