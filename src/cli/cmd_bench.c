/* spinexr bench: the speed of the networks on this machine, also as a fraction of its peak. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/network_args.h"
#include "experiment/bench.h"
#include "nn/peak.h"
#include "nn/plan.h"

typedef struct bench_args {
    const char *size;
    int precision, part, convolution;
    long runs, batch, train;
    bool steps, recompute;
} bench_args;

enum { BOTH, ONLY_F32, ONLY_BF16 };

/* What the machine can do with the threads in use. */
typedef struct machine_peak {
    double flops[2]; /* per second: f32, bf16 */
    const char *units[2];
    double bytes; /* per second, read and written */
} machine_peak;

static machine_peak measure_peak(int threads) {
    machine_peak p;
    p.flops[0] = sx_fma_peak(threads, SX_F32, &p.units[0]);
    p.flops[1] = sx_fma_peak(threads, SX_BF16, &p.units[1]);
    p.bytes = sx_memory_speed(threads);
    return p;
}

/* ---- the time of every step ---- */

enum { STEP_COLUMNS = 24, KERNEL_COLUMNS = 16 };

static void print_shortened(const char *text, size_t columns, bool padded) {
    sx_str s = { 0 };
    sx_line_shorten(&s, text, columns);
    sx_cli_print("%-*s", padded ? (int)columns : 0, sx_str_text(&s));
    sx_str_free(&s);
}

/* The kernel, or the op if that has only one. */
static const char *kernel_of(const sx_step_info *s) {
    return s->kernel && s->kernel[0] ? s->kernel : s->op;
}

/* The expected milliseconds of each way to compute a convolution; the plan chose the lowest. */
static void print_candidates(const sx_step_info *s) {
    if (s->candidate_count < 2) return;
    sx_cli_print("    expected ms:");
    for (int i = 0; i < s->candidate_count; i++)
        sx_cli_print("%s %s %.3f", i ? "," : "", s->candidates[i].name,
                     s->candidates[i].seconds * 1e3);
    sx_cli_print("\n");
}

/* Of one measurement: the peaks, per second, and where the steps go. */
typedef struct steps_out {
    double flops, bytes;
    bool alone;      /* one image on one thread, as the estimates are */
    sx_json_doc doc; /* with --json: the list of steps; its own document, moved into the row */
} steps_out;

static void print_step(const sx_step_info *s, const steps_out *peak) {
    const double flops = s->flops / s->least_seconds, bytes = s->bytes / s->least_seconds;
    sx_cli_print("  ");
    print_shortened(s->name, STEP_COLUMNS, true);
    sx_cli_print(" %8.3f %7.0f %5.0f %6.1f %5.0f  ", s->least_seconds * 1e3, flops * 1e-9,
                 flops / peak->flops * 100, bytes * 1e-9,
                 peak->bytes > 0 ? bytes / peak->bytes * 100 : 0);
    print_shortened(kernel_of(s), KERNEL_COLUMNS, false);
    sx_cli_print("\n");
    print_candidates(s);
}

static void print_steps(void *user, const sx_plan *p) {
    const steps_out *out = user;
    if (!out->alone) sx_cli_print("  expected ms: of one image on one thread\n");
    sx_cli_print("  %-*s %8s %7s %5s %6s %5s\n", STEP_COLUMNS, "", "least", "", "% of", "", "% of");
    sx_cli_print("  %-*s %8s %7s %5s %6s %5s  %s\n", STEP_COLUMNS, "step", "ms", "GFLOP/s", "peak",
                 "GB/s", "peak", "kernel");
    for (int i = 0; i < sx_plan_steps(p); i++) {
        const sx_step_info s = sx_plan_step_info(p, i);
        if (s.least_seconds > 0) print_step(&s, user);
    }
}

static void print_training_steps(void *user, const sx_plan *p) {
    (void)user;
    sx_cli_print("  %-*s %9s %9s\n", STEP_COLUMNS, "", "forward", "backward");
    sx_cli_print("  %-*s %9s %9s  %s\n", STEP_COLUMNS, "step", "ms", "ms", "kernel");
    for (int i = 0; i < sx_plan_steps(p); i++) {
        const sx_step_info s = sx_plan_step_info(p, i);
        if (s.seconds + s.back_seconds <= 0) continue;
        sx_cli_print("  ");
        print_shortened(s.name, STEP_COLUMNS, true);
        sx_cli_print(" %9.3f %9.3f  %s\n", s.seconds * 1e3, s.back_seconds * 1e3, kernel_of(&s));
    }
}

/* Milliseconds of a training step are of its one profiled run, others the least of the runs. */
static void put_step(sx_json list, const sx_step_info *s, bool training) {
    sx_json j = sx_json_object(list, NULL);
    sx_json_text(j, "step", s->name);
    sx_json_text(j, "kernel", kernel_of(s));
    if (training) {
        sx_json_number(j, "forward_ms", s->seconds * 1e3);
        sx_json_number(j, "backward_ms", s->back_seconds * 1e3);
        return;
    }
    sx_json_number(j, "ms", s->least_seconds * 1e3);
    sx_json_number(j, "flops", s->flops);
    sx_json_number(j, "bytes", s->bytes);
    if (s->candidate_count < 2) return;
    sx_json expected = sx_json_object(j, "expected_ms"); /* of one image on one thread */
    for (int i = 0; i < s->candidate_count; i++)
        sx_json_number(expected, s->candidates[i].name, s->candidates[i].seconds * 1e3);
}

static void put_steps(void *user, const sx_plan *p) {
    steps_out *out = user;
    sx_json list = sx_json_new_array(&out->doc);
    for (int i = 0; i < sx_plan_steps(p); i++) {
        const sx_step_info s = sx_plan_step_info(p, i);
        if (s.least_seconds > 0) put_step(list, &s, false);
    }
}

static void put_training_steps(void *user, const sx_plan *p) {
    steps_out *out = user;
    sx_json list = sx_json_new_array(&out->doc);
    for (int i = 0; i < sx_plan_steps(p); i++) {
        const sx_step_info s = sx_plan_step_info(p, i);
        if (s.seconds + s.back_seconds > 0) put_step(list, &s, true);
    }
}

/* ---- one network ---- */

static void put_outputs(sx_json at, const sx_bench_result *r) {
    if (!r->outputs) {
        sx_json_null(at, "outputs");
        return;
    }
    sx_json outputs = sx_json_object(at, "outputs");
    for (size_t i = 0; i < r->output_count; i++) {
        sx_json list = sx_json_array(outputs, r->outputs[i].name);
        for (size_t k = 0; k < r->outputs[i].count; k++)
            sx_json_number(list, NULL, (double)r->outputs[i].values[k]);
    }
}

static void put_result(const sx_bench_options *o, const sx_bench_result *r, sx_json rows) {
    steps_out *out = o->user;
    sx_json j = sx_json_object(rows, NULL);
    sx_json_text(j, "network", o->net->arch->name);
    sx_json_text(j, "precision", o->dtype == SX_F32 ? "f32" : "bf16");
    sx_json_integer(j, "width", o->shape.w);
    sx_json_integer(j, "height", o->shape.h);
    sx_json_integer(j, "batch", o->shape.n);
    sx_json_number(j, "ms", r->ms);
    sx_json_number(j, "median_ms", r->median_ms);
    sx_json_number(j, "plan_ms", r->plan_ms);
    if (r->threads) sx_json_integer(j, "last_threads", r->threads);
    sx_json_number(j, "boxes_ms", r->boxes_ms < 0 ? (double)NAN : r->boxes_ms);
    sx_json_number(j, "flops", r->flops);
    sx_json_number(j, "share_of_peak", r->flops / (r->ms * 1e-3) / out->flops);
    sx_json_count(j, "activation_bytes", r->memory);
    put_outputs(j, r);
    if (o->steps) sx_json_move(j, "steps", &out->doc);
}

static void print_result(const sx_bench_options *o, const sx_bench_result *r, double peak) {
    const double rate = r->flops / (r->ms * 1e-3);
    const char *dtype = o->dtype == SX_F32 ? "f32" : "bf16";
    sx_cli_print("%-16s %-4s %4dx%-4d %9.2f %9.2f %8.0f %6.0f %8.1f\n", o->net->arch->name, dtype,
                 o->shape.w, o->shape.h, r->ms, r->median_ms, rate * 1e-9, rate / peak * 100,
                 (double)r->memory * 1e-6);
    if (o->shape.n > 1)
        sx_cli_print("%-31s %9.2f  an image, %.1f images/s\n", "", r->ms / o->shape.n,
                     o->shape.n / (r->ms * 1e-3));
    if (r->threads && r->threads < sx_threads_of(o->context))
        sx_cli_print("%-31s other programs run: %d %s at the end\n", "", r->threads,
                     sx_noun((size_t)r->threads, "thread", "threads"));
    if (r->boxes_ms >= 0)
        sx_cli_print("%-31s %9.2f  %.1f %%\n", "  of it and after: boxes", r->boxes_ms,
                     r->boxes_ms / r->ms * 100);
}

/* Prints a training step as a row like that of a forward pass, for the whole batch. */
static bool bench_one(const sx_call *call, const sx_network *net, sx_shape shape, int k,
                      const machine_peak *peak, sx_json rows, sx_error *err) {
    const bench_args *a = call->args;
    sx_bench_result r;
    sx_bench_options o = { .context = call->context,
                           .net = net,
                           .shape = shape,
                           .dtype = k ? SX_BF16 : SX_F32,
                           .runs = a->runs,
                           .part = a->part ? SX_PYRAMID : SX_WHOLE,
                           .convolution = (sx_conv_way)a->convolution,
                           .recompute = a->recompute };
    steps_out out = { .flops = peak->flops[k], .bytes = peak->bytes };
    out.alone = a->batch == 1 && sx_threads_of(call->context) == 1;
    o.user = &out;
    if (a->steps && call->json)
        o.steps = a->train ? put_training_steps : put_steps;
    else if (a->steps)
        o.steps = a->train ? print_training_steps : print_steps;
    o.shape.n = (int)(a->train ? a->train : a->batch);
    const bool ok = a->train ? sx_bench_training(&o, &r, err) : sx_bench_forward(&o, &r, err);
    if (ok && call->json)
        put_result(&o, &r, rows);
    else if (ok)
        print_result(&o, &r, peak->flops[k]);
    sx_bench_result_free(&r);
    sx_json_free(&out.doc);
    return ok;
}

static bool bench_network(const sx_call *call, const char *name, const machine_peak *peak,
                          sx_json rows, sx_error *err) {
    const bench_args *a = call->args;
    sx_network net;
    sx_shape shape;
    sx_network_default(&net, sx_arch_find(name), 0);
    if (!sx_cli_network_size(a->size, &net, NULL, &shape, err)) return false;
    for (int k = 0; k < 2; k++) {
        if (a->precision == (k ? ONLY_F32 : ONLY_BF16) || (k && !sx_plan_has_bf16())) continue;
        if (!bench_one(call, &net, shape, k, peak, rows, err)) return false;
    }
    return true;
}

/* ---- the command ---- */

enum { MOST_USUAL = 32 };

static int usual_networks(const char **names) {
    int n = 0;
    for (size_t i = 0; i < sx_arch_count() && n < MOST_USUAL; i++)
        if (sx_arch_at(i)->usual) names[n++] = sx_arch_at(i)->name;
    return n;
}

static void print_head(const sx_call *call, const machine_peak *peak) {
    const int threads = sx_threads_of(call->context);
    const bench_args *args = call->args;
    const long batch = args->train;
    sx_cli_print("%s, %d %s\npeak: %.0f GFLOP/s %s", sx_cpu_get()->model, threads,
                 sx_noun((size_t)threads, "thread", "threads"), peak->flops[0] * 1e-9,
                 peak->units[0]);
    if (strcmp(peak->units[0], peak->units[1]) != 0)
        sx_cli_print(", %.0f GFLOP/s %s", peak->flops[1] * 1e-9, peak->units[1]);
    sx_cli_print("\nmemory: %.1f GB/s (measured)\n", peak->bytes * 1e-9);
    if (!sx_plan_has_bf16()) sx_cli_print("f32 only: %s, which bf16 needs\n", sx_cpu_no_avx512());
    sx_cli_print("\n");
    if (args->batch > 1) sx_cli_print("One forward pass of %ld images:\n", args->batch);
    if (batch)
        sx_cli_print("One training step (forward, backward, update) of %ld %s:\n", batch,
                     sx_noun((size_t)batch, "film", "films"));
    sx_cli_print("%-16s %-4s %9s %9s %9s %8s %6s %8s\n", "", "", "", "best", "median", "", "% of",
                 "memory");
    sx_cli_print("%-16s %-4s %9s %9s %9s %8s %6s %8s\n", "network", "", "input", "ms", "ms",
                 "GFLOP/s", "peak", "MB");
}

static bool print_json(const sx_call *call, const machine_peak *peak, sx_json_doc *rows,
                       sx_error *err) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    sx_json_text(root, "cpu", sx_cpu_get()->model);
    sx_json_integer(root, "threads", sx_threads_of(call->context));
    sx_json_number(root, "peak_f32", peak->flops[0]);
    sx_json_number(root, "peak_bf16", peak->flops[1]);
    sx_json_number(root, "memory_speed", peak->bytes);
    sx_json left_out = sx_json_array(root, "left_out");
    if (((const bench_args *)call->args)->precision != ONLY_F32 && !sx_plan_has_bf16()) {
        char why[80];
        snprintf(why, sizeof why, "bf16: %s, which bf16 needs", sx_cpu_no_avx512());
        sx_json_text(left_out, NULL, why);
    }
    sx_json_count(root, "peak_memory_bytes", sx_peak_memory());
    sx_json_move(root, "rows", rows);
    const bool ok = sx_cli_print_json(&doc, SX_JSON_INDENTED, err);
    sx_json_free(&doc);
    return ok;
}

/* Options that would be ignored. */
static const char *useless_option(const bench_args *a) {
    if (a->train && a->batch > 1)
        return "--train N is the batch of a training step; leave --batch out";
    if (a->train && a->part) return "a training step is of the whole network; leave --part out";
    if (a->train && a->convolution)
        return "--conv is of forward passes without training; leave it or --train out";
    if (a->convolution && a->precision == ONLY_BF16)
        return "--conv is of f32; in bf16 every convolution is direct";
    if (a->recompute && !a->train) return "--recompute needs --train";
    return NULL;
}

/* All that is wrong with the command line, before anything is measured: an exit status. */
static int check_call(const sx_call *call, const char *const *names, int count) {
    const bench_args *a = call->args;
    sx_error err = { 0 };
    const char *useless = useless_option(a);
    if (useless) return sx_cli_usage(call, "%s", useless);
    for (int i = 0; i < count; i++) {
        char known[SX_ARCH_NAMES];
        sx_network net;
        sx_shape shape;
        const sx_arch *arch = sx_arch_find(names[i]);
        sx_arch_names(names[i], known);
        if (!arch) return sx_cli_usage(call, "%.60s is not an architecture (%s)", names[i], known);
        if (a->part && arch->task != SX_DETECTOR)
            return sx_cli_usage(call, "%s is a classifier, which has no pyramid", names[i]);
        sx_network_default(&net, arch, 0);
        if (!sx_cli_network_size(a->size, &net, NULL, &shape, &err)) return sx_cli_fail(&err);
    }
    const sx_dtype compute = a->precision == ONLY_BF16 ? SX_BF16 : SX_F32;
    return sx_plan_check_compute(compute, &err) ? SX_EXIT_OK : sx_cli_fail(&err);
}

static int run_bench(sx_call *call) {
    const char *usual[MOST_USUAL];
    sx_error err = { 0 };
    const char *const *names = call->input_count ? (const char *const *)call->inputs : usual;
    const int count = call->input_count ? call->input_count : usual_networks(usual);
    const int status = check_call(call, names, count);
    if (status != SX_EXIT_OK) return status;
    const machine_peak peak = measure_peak(sx_threads_of(call->context));
    sx_json_doc list;
    sx_json rows = sx_json_new_array(&list);
    if (!call->json) print_head(call, &peak);
    bool ok = true;
    for (int i = 0; ok && i < count; i++)
        ok = sx_context_check(call->context, &err) &&
             bench_network(call, names[i], &peak, rows, &err);
    if (ok && call->json)
        ok = print_json(call, &peak, &list, &err);
    else if (ok)
        sx_cli_print("\npeak memory %.0f MB (weights twice: as made and as packed)\n",
                     (double)sx_peak_memory() * 1e-6);
    sx_json_free(&list);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "precision", SX_OPT_CHOICE, offsetof(bench_args, precision), "both|f32|bf16",
      "numbers the networks compute with (default: both)" },
    { "size", SX_OPT_TEXT, offsetof(bench_args, size), "WxH",
      "input (default: 224x224, detectors 1088x800)" },
    { "part", SX_OPT_CHOICE, offsetof(bench_args, part), "whole|pyramid",
      "pyramid: a detector's backbone + FPN (default: whole)" },
    { "runs", SX_OPT_INT, offsetof(bench_args, runs), "N",
      "runs of each; best and median are printed (default: 10)", .min = 1, .max = 100000 },
    { "batch", SX_OPT_INT, offsetof(bench_args, batch), "N",
      "images of a forward pass (default: 1)", .min = 1, .max = 1024 },
    { "train", SX_OPT_INT, offsetof(bench_args, train), "BATCH",
      "a training step of this many films (default: none)", .min = 1, .max = 1024 },
    { "recompute", SX_OPT_FLAG, offsetof(bench_args, recompute), NULL,
      "with --train: as in spinexr train" },
    { "conv", SX_OPT_CHOICE, offsetof(bench_args, convolution),
      "auto|direct|f4x4|f2x2|product|patches|pointwise|depthwise",
      "where possible (default: auto)" },
    { "steps", SX_OPT_FLAG, offsetof(bench_args, steps), NULL,
      "every layer's time and, without --train, shares" },
    { 0 },
};

const sx_command sx_cmd_bench = {
    .name = "bench",
    .inputs = "[NAME...]",
    .summary = "Measure how fast the networks run on this machine",
    .help = "Runs architectures with synthetic weights and prints the time for one\n"
            "image, GFLOP/s, and the share of this machine's peak. bf16 is left out\n"
            "where the processor lacks it. docs/performance.md explains --steps.\n"
            "NAME is an architecture (see spinexr model show). Default: the paper's networks.",
    .example = "spinexr bench densenet121 --runs 50",
    .min_inputs = 0,
    .max_inputs = -1,
    .options = options,
    .defaults = &(const bench_args){ .runs = 10, .batch = 1 },
    .args_size = sizeof(bench_args),
    .json = true,
    .run = run_bench,
};
