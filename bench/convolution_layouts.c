/* oneDNN's convolutions with two layouts of their arrays: channels innermost (NHWC), which the
 * engine uses, and blocks of channels (nChw8c; with AVX-512 nChw16c):
 * ONEDNN_MAX_CPU_ISA=AVX2 SPINEXR_CPU=avx2 build/bench/bench-layouts [RUNS [NETWORK...]]
 *
 * Runs convolutions of f32 with bias and ReLU in one thread. Prints the kernels, the least
 * milliseconds of processor time with each layout, and their ratio; at the end its geometric mean,
 * separately for 3x3 and 1x1. With networks: the sums over all convolutions of each network at its
 * usual size, but for those of groups, and beside them what the engine's own choice takes for the
 * same layers. The ratio is what a network could gain at most, since blocks need other kernels for
 * everything else, and pieces of concatenations that begin between blocks must be copied. */
#include <math.h>
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arguments.h"
#include "base/cpu.h"
#include "base/mem.h"
#include "experiment/bench.h"
#include "models/model_export.h"
#include "nn/op.h"
#include "nn/ops.h"

typedef struct shape {
    int kernel, h, w, in, out, stride; /* h, w: of the output */
    int h_in, w_in, pad, pad_after;
} shape;

#define SAME(kernel, h, w, in, out)                                                                \
    { kernel, h, w, in, out, 1, h, w, (kernel) / 2, (kernel) / 2 }

static const shape shapes[] = {
    SAME(3, 200, 272, 64, 64),  SAME(3, 100, 136, 128, 128), SAME(3, 50, 68, 256, 256),
    SAME(3, 25, 34, 512, 512),  SAME(3, 200, 272, 256, 256), SAME(3, 56, 56, 128, 32),
    SAME(3, 28, 28, 128, 32),   SAME(3, 14, 14, 128, 32),    SAME(3, 7, 7, 128, 32),
    SAME(1, 200, 272, 64, 256), SAME(1, 100, 136, 512, 128), SAME(1, 50, 68, 256, 1024),
    SAME(1, 25, 34, 2048, 512), SAME(1, 56, 56, 128, 128),   SAME(1, 28, 28, 256, 128),
    SAME(1, 14, 14, 512, 128),  SAME(1, 7, 7, 768, 128),
};

static dnnl_engine_t engine;
static dnnl_stream_t stream;

static void check(dnnl_status_t s, const char *what) {
    if (s == dnnl_success) return;
    fprintf(stderr, "oneDNN: %s: status %d\n", what, (int)s);
    exit(1);
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static dnnl_memory_desc_t describe(int a, int b, int c, int d, dnnl_format_tag_t layout) {
    dnnl_memory_desc_t md;
    const dnnl_dims_t dims = { a, b, c, d };
    check(dnnl_memory_desc_init_by_tag(&md, 4, dims, dnnl_f32, layout), "array");
    return md;
}

/* A memory object with numbers in it. */
static dnnl_memory_t fill(const dnnl_memory_desc_t *md) {
    const size_t bytes = dnnl_memory_desc_get_size(md);
    dnnl_memory_t m;
    float *x = sx_aligned_alloc(bytes + 64);
    if (!x) exit(1);
    for (size_t i = 0; i < bytes / sizeof *x; i++)
        x[i] = (float)(i % 17) / 16 - 0.5F;
    check(dnnl_memory_create(&m, md, engine, x), "memory");
    return m;
}

static void drop(dnnl_memory_t m) {
    void *x;
    check(dnnl_memory_get_data_handle(m, &x), "memory");
    check(dnnl_memory_destroy(m), "memory");
    sx_aligned_free(x);
}

static dnnl_primitive_desc_t choose(const shape *s, dnnl_format_tag_t layout) {
    /* Before blocks, the film itself is one plane after the other: it has less than a block. */
    const dnnl_format_tag_t film = layout == dnnl_nhwc ? dnnl_nhwc : dnnl_nchw;
    const dnnl_memory_desc_t src = describe(1, s->in, s->h_in, s->w_in, s->in < 8 ? film : layout),
                             dst = describe(1, s->out, s->h, s->w, layout),
                             weights =
                                 describe(s->out, s->in, s->kernel, s->kernel, dnnl_format_tag_any);
    dnnl_memory_desc_t bias;
    const dnnl_dims_t out = { s->out }, strides = { s->stride, s->stride },
                      pad = { s->pad, s->pad }, after = { s->pad_after, s->pad_after };
    dnnl_convolution_desc_t conv;
    dnnl_primitive_attr_t attr;
    dnnl_post_ops_t ops;
    dnnl_primitive_desc_t pd;
    check(dnnl_memory_desc_init_by_tag(&bias, 1, out, dnnl_f32, dnnl_a), "bias");
    check(dnnl_convolution_forward_desc_init(&conv, dnnl_forward_inference, dnnl_convolution_direct,
                                             &src, &weights, &bias, &dst, strides, pad, after),
          "convolution");
    check(dnnl_post_ops_create(&ops), "post-ops");
    check(dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_relu, 0, 0), "ReLU");
    check(dnnl_primitive_attr_create(&attr), "attributes");
    check(dnnl_primitive_attr_set_post_ops(attr, ops), "post-ops");
    check(dnnl_primitive_desc_create(&pd, &conv, attr, engine, NULL), "kernel");
    dnnl_post_ops_destroy(ops);
    dnnl_primitive_attr_destroy(attr);
    return pd;
}

static double least_run(const shape *s, dnnl_format_tag_t layout, int runs, const char **kernel) {
    enum { ARRAYS = 4 };
    const dnnl_primitive_desc_t pd = choose(s, layout);
    static const dnnl_query_t asks[ARRAYS] = { dnnl_query_src_md, dnnl_query_weights_md,
                                               dnnl_query_weights_md, dnnl_query_dst_md };
    static const int roles[ARRAYS] = { DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS,
                                       DNNL_ARG_DST };
    dnnl_primitive_t prim;
    dnnl_exec_arg_t args[ARRAYS];
    double least = 1e9;
    check(dnnl_primitive_create(&prim, pd), "primitive");
    check(dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, kernel), "name");
    for (int i = 0; i < ARRAYS; i++)
        args[i] = (dnnl_exec_arg_t){ roles[i], fill(dnnl_primitive_desc_query_md(
                                                   pd, asks[i], roles[i] == DNNL_ARG_BIAS)) };
    for (int i = 0; i < runs; i++) {
        const double start = seconds();
        check(dnnl_primitive_execute(prim, stream, ARRAYS, args), "run");
        const double spent = seconds() - start;
        if (spent < least) least = spent;
    }
    for (int i = 0; i < ARRAYS; i++)
        drop(args[i].memory);
    dnnl_primitive_destroy(prim);
    dnnl_primitive_desc_destroy(pd);
    return least;
}

typedef struct layouts {
    double plain, block; /* seconds */
} layouts;

static layouts compare(const shape *s, dnnl_format_tag_t blocks, int runs, int times) {
    const char *plain_kernel, *block_kernel;
    const layouts t = { .plain = least_run(s, dnnl_nhwc, runs, &plain_kernel),
                        .block = least_run(s, blocks, runs, &block_kernel) };
    printf("%3d x %dx%d %3dx%-3d %4d -> %-4d %22s %8.3f %22s %8.3f %6.2f\n", times, s->kernel,
           s->kernel, s->h, s->w, s->in, s->out, plain_kernel, t.plain * 1e3, block_kernel,
           t.block * 1e3, t.plain / t.block);
    return t;
}

static void compare_shapes(dnnl_format_tag_t blocks, int runs) {
    double sums[4] = { 0 };
    int counts[4] = { 0 };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const layouts t = compare(&shapes[i], blocks, runs, 1);
        sums[shapes[i].kernel] += log(t.plain / t.block);
        counts[shapes[i].kernel]++;
    }
    printf("NHWC / blocks: 3x3 %.3f, 1x1 %.3f\n", exp(sums[3] / counts[3]),
           exp(sums[1] / counts[1]));
}

/* ---- whole networks ---- */

/* The shape of a node; false: no convolution, or one of groups. */
static bool convolution_of(const sx_node *n, shape *s) {
    const sx_conv *c = n->attr;
    if (n->op != &sx_op_conv2d || c->groups > 1) return false;
    const sx_shape in = n->inputs[0]->shape;
    *s = (shape){ .kernel = c->kernel,
                  .h = n->shape.h,
                  .w = n->shape.w,
                  .in = in.c,
                  .out = c->out,
                  .stride = c->stride ? c->stride : 1,
                  .h_in = in.h,
                  .w_in = in.w,
                  .pad = c->pad,
                  .pad_after = c->pad + c->pad_more };
    return true;
}

/* Runs a shape at its first node, for all nodes of this shape. */
static layouts compare_node(const sx_graph *g, size_t at, dnnl_format_tag_t blocks, int runs) {
    shape s, other;
    int times = 0;
    if (!convolution_of(sx_graph_node(g, at), &s)) return (layouts){ 0 };
    for (size_t i = 0; i < sx_graph_node_count(g); i++) {
        if (!convolution_of(sx_graph_node(g, i), &other) || memcmp(&s, &other, sizeof s) != 0)
            continue;
        if (i < at) return (layouts){ 0 };
        times++;
    }
    const layouts t = compare(&s, blocks, runs, times);
    return (layouts){ t.plain * times, t.block * times };
}

typedef struct own_sum {
    const sx_graph *g;
    double seconds;
} own_sum;

static bool is_counted(const sx_graph *g, const char *name) {
    shape s;
    for (size_t i = 0; i < sx_graph_node_count(g); i++)
        if (strcmp(sx_graph_node(g, i)->name, name) == 0)
            return convolution_of(sx_graph_node(g, i), &s);
    return false;
}

static void add_steps(void *user, const sx_plan *p) {
    own_sum *o = user;
    for (int i = 0; i < sx_plan_steps(p); i++) {
        const sx_step_info step = sx_plan_step_info(p, i);
        if (is_counted(o->g, step.name)) o->seconds += step.least_seconds;
    }
}

static bool compare_network(const char *name, dnnl_format_tag_t blocks, int runs, sx_error *err) {
    const sx_arch *arch = sx_arch_find(name);
    sx_network net;
    sx_bench_result result = { 0 };
    layouts sum = { 0 };
    own_sum own = { 0 };
    sx_bench_options o = {
        .net = &net, .dtype = SX_F32, .runs = runs, .steps = add_steps, .user = &own
    };
    if (!arch) return sx_fail(err, SX_ERR_USAGE, "%s: no such network", name);
    sx_network_default(&net, arch, 0);
    if (!sx_network_usual_shape(&net, NULL, &o.shape, err)) return false;
    sx_graph *g = sx_network_build(&net, o.shape, SX_WHOLE, err);
    own.g = g;
    for (size_t i = 0; g && i < sx_graph_node_count(g); i++) {
        const layouts t = compare_node(g, i, blocks, runs);
        sum.plain += t.plain;
        sum.block += t.block;
    }
    const bool ok = g && sx_bench_forward(&o, &result, err);
    if (ok)
        printf("%s: NHWC %.2f ms, blocks %.2f ms, the engine's choice %.2f ms\n", name,
               sum.plain * 1e3, sum.block * 1e3, own.seconds * 1e3);
    sx_bench_result_free(&result);
    sx_graph_free(g);
    return ok;
}

int main(int argc, char **argv) {
    const int runs = bench_count(argc, argv, 1, 20, "[RUNS [NETWORK...]]");
    const bool wide = sx_cpu_get()->avx512 && !getenv("ONEDNN_MAX_CPU_ISA");
    const dnnl_format_tag_t blocks = wide ? dnnl_nChw16c : dnnl_nChw8c;
    sx_error err = { 0 };
    bool ok = true;
    omp_set_num_threads(1);
    check(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine");
    check(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags), "stream");
    printf("%-32s %22s %8s %22s %8s %6s\n", "", "NHWC", "ms", "blocks", "ms", "ratio");
    if (argc <= 2) compare_shapes(blocks, runs);
    for (int i = 2; i < argc && ok; i++)
        ok = compare_network(argv[i], blocks, runs, &err);
    if (!ok) fprintf(stderr, "%s\n", err.message);
    dnnl_stream_destroy(stream);
    dnnl_engine_destroy(engine);
    return ok ? 0 : 1;
}
