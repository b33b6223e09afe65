/* oneDNN's convolutions with two layouts of their arrays: channels innermost (NHWC), which the
 * engine uses, and blocks of channels (nChw8c; with AVX-512 nChw16c):
 * ONEDNN_MAX_CPU_ISA=AVX2 build/bench/bench-layouts [RUNS]
 *
 * Runs shapes of the networks (f32, bias and ReLU) in one thread. Prints the kernels, the least
 * milliseconds of processor time with each layout, and their ratio; at the end its geometric mean,
 * separately for 3x3 and 1x1. The ratio is what a network could gain at most, since blocks need
 * other kernels for everything else, and pieces of concatenations that begin between blocks must be
 * copied. */
#include <math.h>
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "arguments.h"
#include "base/cpu.h"
#include "base/mem.h"

typedef struct shape {
    int kernel, h, w, in, out;
} shape;

static const shape shapes[] = {
    { 3, 200, 272, 64, 64 },  { 3, 100, 136, 128, 128 }, { 3, 50, 68, 256, 256 },
    { 3, 25, 34, 512, 512 },  { 3, 200, 272, 256, 256 }, { 3, 56, 56, 128, 32 },
    { 3, 28, 28, 128, 32 },   { 3, 14, 14, 128, 32 },    { 3, 7, 7, 128, 32 },
    { 1, 200, 272, 64, 256 }, { 1, 100, 136, 512, 128 }, { 1, 50, 68, 256, 1024 },
    { 1, 25, 34, 2048, 512 }, { 1, 56, 56, 128, 128 },   { 1, 28, 28, 256, 128 },
    { 1, 14, 14, 512, 128 },  { 1, 7, 7, 768, 128 },
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
    const dnnl_memory_desc_t src = describe(1, s->in, s->h, s->w, layout),
                             dst = describe(1, s->out, s->h, s->w, layout),
                             weights =
                                 describe(s->out, s->in, s->kernel, s->kernel, dnnl_format_tag_any);
    dnnl_memory_desc_t bias;
    const dnnl_dims_t out = { s->out }, strides = { 1, 1 }, pad = { s->kernel / 2, s->kernel / 2 };
    dnnl_convolution_desc_t conv;
    dnnl_primitive_attr_t attr;
    dnnl_post_ops_t ops;
    dnnl_primitive_desc_t pd;
    check(dnnl_memory_desc_init_by_tag(&bias, 1, out, dnnl_f32, dnnl_a), "bias");
    check(dnnl_convolution_forward_desc_init(&conv, dnnl_forward_inference, dnnl_convolution_direct,
                                             &src, &weights, &bias, &dst, strides, pad, pad),
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

int main(int argc, char **argv) {
    const int runs = bench_count(argc, argv, 1, 20, "[RUNS]");
    const char *limit = getenv("ONEDNN_MAX_CPU_ISA");
    const bool wide = sx_cpu_get()->avx512 && !limit;
    double sums[4] = { 0 };
    int counts[4] = { 0 };
    omp_set_num_threads(1);
    check(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine");
    check(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags), "stream");
    printf("%-26s %22s %8s %22s %8s %6s\n", "", "NHWC", "ms", "blocks", "ms", "ratio");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const shape *s = &shapes[i];
        const char *plain_kernel, *block_kernel;
        const double plain = least_run(s, dnnl_nhwc, runs, &plain_kernel),
                     block = least_run(s, wide ? dnnl_nChw16c : dnnl_nChw8c, runs, &block_kernel);
        printf("%dx%d %3dx%-3d %4d -> %-4d %22s %8.3f %22s %8.3f %6.2f\n", s->kernel, s->kernel,
               s->h, s->w, s->in, s->out, plain_kernel, plain * 1e3, block_kernel, block * 1e3,
               plain / block);
        sums[s->kernel] += log(plain / block);
        counts[s->kernel]++;
    }
    printf("NHWC / blocks: 3x3 %.3f, 1x1 %.3f\n", exp(sums[3] / counts[3]),
           exp(sums[1] / counts[1]));
    dnnl_stream_destroy(stream);
    dnnl_engine_destroy(engine);
    return 0;
}
