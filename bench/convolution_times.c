/* The ways to compute convolutions on this processor, and what the cost model (ops/conv2d_choice.c)
 * expects of them: SPINEXR_CPU=LEVEL build/bench/bench-convolutions [RUNS]
 *
 * Runs the shapes of the networks' convolutions (f32, with bias and activation) in one thread.
 * Prints the least milliseconds of processor time, which other programs disturb least, with the
 * estimate behind a slash. The last lines are the geometric means of the chosen way's time and of
 * the direct way's time, each divided by that of the fastest way. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arguments.h"
#include "models/synthetic_weights.h"
#include "nn/ops.h"
#include "nn/plan.h"

typedef struct shape {
    int kernel, h, w, in, out, stride;
    sx_act act; /* NONE: ReLU */
    bool depthwise;
} shape;

static const shape shapes[] = {
    { 3, 200, 272, 64, 64 },
    { 3, 100, 136, 128, 128 },
    { 3, 50, 68, 256, 256 },
    { 3, 25, 34, 512, 512 },
    { 3, 200, 272, 256, 256 },
    { 3, 25, 34, 256, 256 },
    { 3, 13, 17, 256, 256 },
    { 3, 7, 9, 256, 256 },
    { 3, 56, 56, 128, 32 },
    { 3, 28, 28, 128, 32 },
    { 3, 14, 14, 128, 32 },
    { 3, 7, 7, 128, 32 },
    { 3, 56, 56, 64, 64 },
    { 3, 28, 28, 128, 128 },
    { 3, 14, 14, 256, 256 },
    { 3, 7, 7, 512, 512 },
    { 1, 200, 272, 64, 256 },
    { 1, 200, 272, 256, 64 },
    { 1, 100, 136, 512, 128 },
    { 1, 100, 136, 128, 512 },
    { 1, 50, 68, 1024, 256 },
    { 1, 50, 68, 256, 1024 },
    { 1, 25, 34, 2048, 512 },
    { 1, 25, 34, 512, 2048 },
    { 1, 56, 56, 128, 128 },
    { 1, 28, 28, 256, 128 },
    { 1, 14, 14, 512, 128 },
    { 1, 7, 7, 768, 128 },
    { 1, 64, 64, 96, 24 },
    { 1, 16, 16, 480, 112 },
    { 3, 200, 272, 128, 128, 2 },
    { 3, 100, 136, 256, 256, 2 },
    { 3, 50, 68, 512, 512, 2 },
    { 3, 160, 160, 32, 64, 2 },
    { 3, 80, 80, 64, 128, 2 },
    { 3, 40, 40, 128, 256, 2 },
    { 7, 800, 1088, 3, 64, 2 },
    /* EfficientNet-B0, RTMDet and ConvNeXt */
    { 1, 256, 256, 16, 96, 1, SX_ACT_SWISH },
    { 1, 128, 128, 24, 144, 1, SX_ACT_SWISH },
    { 1, 64, 64, 40, 240, 1, SX_ACT_SWISH },
    { 1, 32, 32, 112, 672, 1, SX_ACT_SWISH },
    { 1, 16, 16, 192, 1152, 1, SX_ACT_SWISH },
    { 1, 64, 64, 64, 64, 1, SX_ACT_SWISH },
    { 1, 1, 1, 96, 4, 1, SX_ACT_SWISH },
    { 1, 80, 80, 128, 128, 1, SX_ACT_SWISH },
    { 1, 20, 20, 512, 512, 1, SX_ACT_SWISH },
    { 3, 100, 136, 96, 96, 1, SX_ACT_SWISH },
    { 3, 100, 136, 48, 48, 1, SX_ACT_SWISH },
    { 3, 272, 200, 32, 32, 1, SX_ACT_SWISH },
    { 3, 25, 34, 128, 128, 1, SX_ACT_SWISH },
    { 3, 136, 100, 64, 128, 2, SX_ACT_SWISH },
    { 1, 56, 56, 96, 384, 1, SX_ACT_GELU },
    { 1, 14, 14, 384, 1536, 1, SX_ACT_GELU },
    { 3, 256, 256, 32, 32, 1, SX_ACT_SWISH, true },
    { 3, 256, 256, 96, 96, 2, SX_ACT_SWISH, true },
    { 3, 128, 128, 144, 144, 1, SX_ACT_SWISH, true },
    { 5, 64, 64, 240, 240, 1, SX_ACT_SWISH, true },
    { 3, 32, 32, 480, 480, 1, SX_ACT_SWISH, true },
    { 5, 16, 16, 1152, 1152, 1, SX_ACT_SWISH, true },
    { 3, 64, 64, 64, 64, 1, SX_ACT_NONE, true },
    { 5, 40, 40, 128, 128, 1, SX_ACT_SWISH, true },
    { 7, 56, 56, 96, 96, 1, SX_ACT_NONE, true },
};

static const char *const ways[SX_CONV_WAYS] = { "chosen",        "direct",   "winograd f4x4",
                                                "winograd f2x2", "product",  "patches",
                                                "pointwise",     "depthwise" };

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void stop(const sx_error *err) {
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

static sx_graph *graph_of(const shape *s, sx_error *err) {
    sx_graph *g = sx_graph_new(err);
    if (!g) return NULL;
    sx_node *x = sx_input(g, "image", (sx_shape){ 1, s->h, s->w, s->in });
    x = sx_conv2d(g, x, "conv",
                  (sx_conv){ .out = s->out,
                             .kernel = s->kernel,
                             .pad = s->kernel / 2,
                             .stride = s->stride,
                             .groups = s->depthwise ? s->in : 1,
                             .bias = true });
    sx_output(g, "y", sx_activation(g, x, s->act ? s->act : SX_ACT_RELU));
    return g;
}

/* The least seconds of a run. *step: of the convolution, with its candidates. */
static double least_run(sx_plan *p, int runs, sx_step_info *step, sx_error *err) {
    sx_dtype t;
    sx_shape s;
    double least = 1e9;
    float *x = sx_plan_input(p, "image", &t, &s);
    for (int i = 0; i < runs; i++) {
        for (int64_t k = 0; k < sx_shape_count(s); k++)
            x[k] = (float)(k % 17) - 8;
        const double start = seconds();
        if (!sx_plan_run(p, err)) stop(err);
        const double spent = seconds() - start;
        if (spent < least) least = spent;
    }
    *step = sx_plan_step_info(p, sx_plan_steps(p) - 1);
    for (int i = 0; i < sx_plan_steps(p); i++)
        if (strcmp(sx_plan_step_info(p, i).op, "conv2d") == 0) *step = sx_plan_step_info(p, i);
    return least;
}

static double estimate_of(const sx_step_info *s, const char *way) {
    for (int i = 0; i < s->candidate_count; i++)
        if (strcmp(s->candidates[i].name, way) == 0) return s->candidates[i].seconds;
    return -1;
}

static const char *cheapest(const sx_step_info *s) {
    int best = 0;
    for (int i = 1; i < s->candidate_count; i++)
        if (s->candidates[i].seconds < s->candidates[best].seconds) best = i;
    return s->candidates[best].name;
}

/* Prints one shape; adds the logarithms of the chosen way and of the direct one, divided by the
 * fastest, to sum. */
static void measure(const shape *s, int runs, double sum[2]) {
    sx_error err = { 0 };
    sx_graph *g = graph_of(s, &err);
    sx_weights *w = g && sx_graph_finish(g, &err) ? sx_synthetic_weights(g, &err) : NULL;
    sx_store *store = w ? sx_store_open(g, w, (sx_store_options){ .threads = 1 }, &err) : NULL;
    if (!store) stop(&err);
    double fastest = 1e9, direct = 0, chosen = 0;
    printf("%dx%d %3dx%-3d %4d to %-4d", s->kernel, s->kernel, s->w, s->h, s->in, s->out);
    for (int way = SX_CONV_DIRECT; way < SX_CONV_WAYS; way++) {
        sx_plan *p = sx_plan_new(
            g, store, (sx_plan_options){ .threads = 1, .convolution = (sx_conv_way)way }, &err);
        sx_step_info step;
        if (!p) stop(&err);
        step = sx_plan_step_info(p, 0);
        const double least = least_run(p, runs, &step, &err),
                     estimate = estimate_of(&step, ways[way]);
        if (estimate >= 0) {
            printf("  %s %.3f / %.3f", ways[way], least * 1e3, estimate * 1e3);
            if (least < fastest) fastest = least;
            if (way == SX_CONV_DIRECT) direct = least;
            if (strcmp(cheapest(&step), ways[way]) == 0) {
                chosen = least;
                printf(" *");
            }
        }
        sx_plan_free(p);
    }
    printf("\n");
    sum[0] += log(chosen / fastest);
    sum[1] += log(direct / fastest);
    sx_store_free(store);
    sx_weights_free(w);
    sx_graph_free(g);
}

int main(int argc, char **argv) {
    enum { SHAPES = sizeof shapes / sizeof *shapes };
    const int runs = bench_count(argc, argv, 1, 20, "[RUNS]");
    double sum[2] = { 0 };
    for (int i = 0; i < SHAPES; i++) {
        measure(&shapes[i], runs, sum);
        fflush(stdout);
    }
    printf("chosen: %.3f of the fastest way's time\ndirect: %.3f\n", exp(sum[0] / SHAPES),
           exp(sum[1] / SHAPES));
    return 0;
}
