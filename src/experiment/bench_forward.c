#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "experiment/bench_times.h"
#include "models/plan_cache.h"
#include "models/synthetic_weights.h"

/* A network that runs again and again, as in a prediction. */
typedef struct network_runs {
    sx_plan_cache *plans;
    const sx_bench_options *o;
    sx_plan *plan; /* of the next run; NULL: it could not be made (why) */
    sx_error why;
} network_runs;

static void fill_input(sx_plan *p) {
    sx_dtype dtype;
    sx_shape s;
    void *in = sx_plan_input(p, "image", &dtype, &s);
    for (int64_t i = 0; i < sx_shape_count(s); i++) {
        const float v = (float)((i * 7919) % 255) - 117;
        if (dtype == SX_F32)
            ((float *)in)[i] = v;
        else
            ((uint16_t *)in)[i] = sx_f32_to_bf16(v);
    }
    float *sizes = sx_plan_input(p, "sizes", NULL, NULL);
    for (int i = 0; sizes && i < s.n; i++)
        sizes[2 * i] = (float)s.w, sizes[2 * i + 1] = (float)s.h;
}

static void prepare_run(void *user) {
    network_runs *r = user;
    r->plan = sx_plan_cache_get(r->plans, r->o->shape, r->o->part, &r->why);
    if (r->plan) fill_input(r->plan);
}

static bool run_plan(void *user, sx_error *err) {
    const network_runs *r = user;
    if (r->plan) return sx_plan_run(r->plan, err);
    if (err) *err = r->why;
    return false;
}

/* Seconds of a profiled run that were spent on choosing boxes. */
static double choosing_seconds(const sx_plan *p) {
    double sum = 0;
    for (int k = 0; k < sx_plan_steps(p); k++) {
        const sx_step_info s = sx_plan_step_info(p, k);
        if (s.chooses) sum += s.seconds;
    }
    return sum;
}

/* Seconds to decode and suppress the boxes of all images of a run; below 0: an error. */
static double decoding_seconds(const sx_bench_options *o, const sx_plan *p, sx_error *err) {
    const sx_nms_options nms = { .iou = o->net->arch->detect->nms };
    const double start = sx_now();
    for (int i = 0; i < o->shape.n; i++) {
        sx_detections d;
        if (!sx_network_detections(o->net, p, i, &nms, &d, err)) return -1;
        sx_detections_free(&d);
    }
    return sx_now() - start;
}

/* The time of choosing boxes within the run and of decoding its outputs; the shortest of both. */
static bool measure_boxes(const sx_bench_options *o, sx_plan *p, sx_bench_result *r,
                          sx_error *err) {
    double within = 0, after = 0;
    sx_plan_profile(p, true);
    for (long i = 0; i < o->runs; i++) {
        fill_input(p);
        if (!sx_context_check(o->context, err) || !sx_plan_run(p, err)) return false;
        const double chosen = choosing_seconds(p), seconds = decoding_seconds(o, p, err);
        if (seconds < 0) return false;
        if (i == 0 || chosen < within) within = chosen;
        if (i == 0 || seconds < after) after = seconds;
    }
    sx_plan_profile(p, false);
    r->boxes_ms = (within + after) * 1e3;
    return true;
}

static bool copy_output(const sx_plan *p, const char *name, sx_shape s, sx_bench_output *out,
                        sx_error *err) {
    const int64_t n = sx_shape_count(s);
    const int64_t places = s.h > 1 && s.w > 1 ? (int64_t)s.h * s.w : n, c = places < n ? s.c : 1;
    float *v = sx_calloc_for((size_t)n, sizeof *v, "an output", err);
    const bool ok = v && sx_plan_output(p, name, v, n, err);
    snprintf(out->name, sizeof out->name, "%s", name);
    for (int64_t k = 0; ok && k < SX_BENCH_VALUES && k < places * c; k++)
        out->values[out->count++] = v[k % places * c + k / places];
    free(v);
    return ok;
}

static bool copy_outputs(const sx_plan *p, const sx_graph *g, sx_bench_result *r, sx_error *err) {
    const size_t count = (size_t)sx_graph_outputs(g);
    r->outputs = sx_calloc_for(count + 1, sizeof *r->outputs, "outputs", err);
    if (!r->outputs) return false;
    for (size_t i = 0; i < count; i++) {
        const char *name;
        const sx_shape s = sx_node_shape(sx_graph_output_at(g, (int)i, &name));
        if (!copy_output(p, name, s, &r->outputs[r->output_count++], err)) return false;
    }
    return true;
}

static bool profile_steps(const sx_bench_options *o, sx_plan *p, sx_error *err) {
    if (!o->steps) return true;
    sx_plan_profile(p, true);
    for (long i = 0; i < o->runs; i++) {
        fill_input(p);
        if (!sx_context_check(o->context, err) || !sx_plan_run(p, err)) return false;
    }
    o->steps(o->user, p);
    sx_plan_profile(p, false);
    return true;
}

static bool measure(const sx_bench_options *o, network_runs *runs, sx_bench_result *r,
                    sx_error *err) {
    const sx_graph *g = sx_plan_cache_graph(runs->plans);
    const sx_bench_work work = { prepare_run, run_plan, runs };
    for (size_t i = 0; i < sx_graph_node_count(g); i++)
        r->flops += sx_node_flops(sx_graph_node(g, i));
    if (!sx_bench_time(&work, o->context, o->runs, r, err)) return false;
    sx_plan *p = runs->plan;
    g = sx_plan_cache_graph(runs->plans); /* with fewer threads it is another plan */
    r->memory = sx_plan_memory(p);
    r->threads = sx_plan_threads(p);
    return (!o->net->arch->detect || o->part != SX_WHOLE || measure_boxes(o, p, r, err)) &&
           profile_steps(o, p, err) && copy_outputs(p, g, r, err);
}

bool sx_bench_forward(const sx_bench_options *o, sx_bench_result *out, sx_error *err) {
    *out = (sx_bench_result){ .boxes_ms = -1 };
    const sx_plan_options po = { .compute = o->dtype,
                                 .threads = sx_threads_of(o->context),
                                 .convolution = o->convolution };
    sx_graph *g = sx_network_build(o->net, o->shape, o->part, err);
    sx_weights *w = g ? sx_synthetic_weights(g, err) : NULL;
    sx_store *store =
        w ? sx_store_open(g, w, (sx_store_options){ .threads = sx_threads_of(o->context) }, err)
          : NULL;
    network_runs runs = { .o = o };
    if (store) runs.plans = sx_plan_cache_new(o->net, store, po, 0, err);
    if (runs.plans) {
        sx_plan_cache_take_graph(runs.plans, o->shape, o->part, g);
        g = NULL;
    }
    const double start = sx_now();
    const bool made = runs.plans && sx_plan_cache_get(runs.plans, o->shape, o->part, err);
    out->plan_ms = (sx_now() - start) * 1e3;
    const bool ok = made && measure(o, &runs, out, err);
    sx_plan_cache_free(runs.plans);
    sx_store_free(store);
    sx_weights_free(w);
    sx_graph_free(g);
    return ok;
}
