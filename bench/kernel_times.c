/* The speed of every kernel of nn/kernels at every level that this processor has, in one thread:
 * build/bench/bench-kernels [f32|bf16] [RUNS]
 *
 * The map has 56 x 56 pixels and 128 channels (1.6 MB in f32), which stays in a second-level cache
 * or a little beyond it. Prints the least microseconds of processor time of a call, which other
 * programs disturb least, and below `GB/s` and `GFLOP/s` what that is for the bytes that a kernel
 * has to read and write and the sums and products that it has to compute. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arguments.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/kernels/kernels.h"

enum { H = 56, W = 56, C = 128, ROWS = H * W, N = ROWS * C, STEPS = 100, HEADS = 4, BOXES = 64 };

typedef struct room {
    void *x, *y, *z; /* [H][W][C]; y and z are written */
    float *a, *b;    /* C numbers at least */
    double *sum, *more;
    float *u, *scratch; /* Winograd's weights and products */
    float *boxes, *map;
} room;

static const sx_shape map_shape = { 1, H, W, C }, half_shape = { 1, H / 2, W / 2, C };

static sx_roi_job regions(const room *r) {
    return (sx_roi_job){ .map = { r->x },
                         .h = { H },
                         .w = { W },
                         .scale = { 0.25F },
                         .n = 1,
                         .c = C,
                         .size = 7,
                         .sampling_ratio = 2,
                         .per_image = BOXES,
                         .levels = 1,
                         .first_level = 2 };
}

static void affine(const sx_kernels *k, const room *r) {
    const sx_piece p[2] = { { r->x, C / 2 }, { r->y, C / 2 } };
    k->affine(r->z, p, 2, r->a, r->b, true, 0, ROWS);
}
static void add(const sx_kernels *k, const room *r) {
    k->add(r->z, r->x, r->y, SX_ACT_RELU, 0, N);
}
static void swish(const sx_kernels *k, const room *r) {
    k->activate(r->z, r->x, SX_ACT_SWISH, 0, N);
}
static void max_pool(const sx_kernels *k, const room *r) {
    const sx_pool_job j = { map_shape, half_shape, 3, 2, 1 };
    k->max_pool(r->z, r->x, &j, 0, H / 2);
}
static void avg_pool(const sx_kernels *k, const room *r) {
    const sx_pool_job j = { map_shape, half_shape, 2, 2, 0 };
    k->avg_pool(r->z, r->x, &j, 0, H / 2);
}
static void global_avg(const sx_kernels *k, const room *r) {
    k->block_sums(r->scratch, r->x, ROWS, C, 0, sx_sum_blocks(ROWS));
    k->mean_of_sums(r->z, r->scratch, ROWS, C);
}
static void upsample(const sx_kernels *k, const room *r) {
    k->upsample2x(r->z, r->x, half_shape, 0, H / 2);
}
static void layer_norm(const sx_kernels *k, const room *r) {
    k->layer_norm(r->z, r->x, r->a, r->b, C, 1e-5F, true, 0, ROWS);
}
static void attention(const sx_kernels *k, const room *r) {
    k->attention(r->z, r->x, STEPS, C, HEADS, 1, r->scratch);
}
static void roi_align(const sx_kernels *k, const room *r) {
    const sx_roi_job j = regions(r);
    k->roi_align(r->z, r->boxes, &j, 0, BOXES);
}
static void winograd(const sx_kernels *k, const room *r, int tile) {
    const sx_winograd_job j = { .tile = tile,
                                .in = map_shape,
                                .out = map_shape,
                                .x = r->x,
                                .u = r->u,
                                .bias = r->a,
                                .act = SX_ACT_RELU,
                                .y = r->z };
    for (int t = 0; t < ROWS / tile / tile; t += 49)
        k->winograd(&j, r->scratch, t, t + 49);
}
static void winograd_4(const sx_kernels *k, const room *r) {
    winograd(k, r, 4);
}
static void winograd_2(const sx_kernels *k, const room *r) {
    winograd(k, r, 2);
}
static void winograd_weights(const sx_kernels *k, const room *r) {
    k->winograd_weights(r->u, r->map, 4, C, C, 0, C);
}
static void winograd_gradient(const sx_kernels *k, const room *r) {
    const sx_winograd_job j = { .in = map_shape, .out = map_shape, .x = r->x, .g = r->y };
    float *v = r->scratch, *m = v + 36 * 98 * C;
    for (int t = 0; t < ROWS / 16; t += 98) {
        k->winograd_grad_tiles(&j, v, m, t, 98, 0, 98);
        k->winograd_grad_sums(r->u, v, m, 98, C, C, t > 0, 0, 36 * C / 32);
    }
    k->winograd_grad_weights(r->map, r->u, C, C, 0, C);
}

static void column_sums(const sx_kernels *k, const room *r) {
    k->column_sums(r->sum, r->x, C, 0, ROWS);
}
static void moments(const sx_kernels *k, const room *r) {
    k->moments(r->sum, r->more, r->x, r->a, C, 0, ROWS);
}
static void bn_back(const sx_kernels *k, const room *r) {
    const sx_bn_back_job j = { .dx = r->z,
                               .add = true,
                               .g = r->y,
                               .x = r->x,
                               .scale = r->a,
                               .shift = r->b,
                               .mean = r->b,
                               .c = C,
                               .stride = C,
                               .relu = true };
    k->bn_back(&j, r->sum, r->more, 0, ROWS);
}
static void bn_settle(const sx_kernels *k, const room *r) {
    k->bn_settle(r->z, r->x, r->a, r->b, C, 0, ROWS);
}
static void products(const sx_kernels *k, const room *r) {
    k->products(r->sum, r->x, r->y, C, 0, ROWS);
}
static void dot(const sx_kernels *k, const room *r) {
    r->sum[0] = k->dot(r->x, r->y, 0, N);
}
static void layer_norm_back(const sx_kernels *k, const room *r) {
    k->layer_norm_back(r->z, r->sum, r->more, r->y, r->x, r->a, C, 1e-5F, false, 0, ROWS);
}
static void max_pool_back(const sx_kernels *k, const room *r) {
    const sx_pool_job j = { map_shape, half_shape, 3, 2, 1 };
    k->max_pool_back(r->z, r->y, r->x, &j, 0);
}
static void avg_pool_back(const sx_kernels *k, const room *r) {
    const sx_pool_job j = { map_shape, half_shape, 2, 2, 0 };
    k->avg_pool_back(r->z, r->y, &j, false, 0, H);
}
static void upsample_back(const sx_kernels *k, const room *r) {
    k->upsample2x_back(r->z, r->y, half_shape, false, 0, H / 2);
}
static void attention_back(const sx_kernels *k, const room *r) {
    k->attention_back(r->z, r->y, r->x, STEPS, C, HEADS, 1, r->scratch);
}
static void roi_align_back(const sx_kernels *k, const room *r) {
    const sx_roi_job j = regions(r);
    k->roi_align_back(r->map, r->y, r->boxes, &j, 0, 0, 0, C);
}
static void depthwise_back(const sx_kernels *k, const room *r) {
    const sx_depthwise_job j = { map_shape, map_shape, 3, 1, 1 };
    k->depthwise_back(r->z, r->y, r->map, &j, false, 0, H);
}
static void depthwise_weights(const sx_kernels *k, const room *r) {
    const sx_depthwise_job j = { map_shape, map_shape, 3, 1, 1 };
    k->depthwise_weights(r->sum, r->x, r->y, &j, 0, H);
}
static void channel_scale(const sx_kernels *k, const room *r) {
    const sx_channel_scale_job j = { C, C, ROWS, false };
    k->channel_scale(r->z, r->x, r->y, &j, 0, ROWS);
}
static void weighted_sum(const sx_kernels *k, const room *r) {
    const void *const x[3] = { r->x, r->y, r->x };
    k->weighted_sum(r->z, x, r->a, 3, false, 0, N);
}

/* maps: read and written, in numbers of the network's type per N; flops: of a call. */
static const struct {
    const char *name;
    void (*call)(const sx_kernels *k, const room *r);
    double maps, flops;
    bool f32_only;
} kernels[] = {
    { "affine", affine, 2, 2.0 * N, false },
    { "add + ReLU", add, 3, N, false },
    { "swish", swish, 2, 20.0 * N, false },
    { "max_pool 3/2", max_pool, 1.25, 9.0 / 4 * N, false },
    { "avg_pool 2/2", avg_pool, 1.25, N, false },
    { "global_avg", global_avg, 1, N, false },
    { "upsample2x", upsample, 1.25, 0, false },
    { "layer_norm", layer_norm, 2, 6.0 * N, false },
    { "attention", attention, 4.0 * STEPS / HEADS / ROWS, 4.0 * STEPS *STEPS *C / HEADS, false },
    { "roi_align 7", roi_align, (double)BOXES * 49 / ROWS, 8.0 * BOXES * 49 * 4 * C, false },
    { "winograd f4x4", winograd_4, 2, 18.0 * N *C, true },
    { "winograd f2x2", winograd_2, 2, 18.0 * N *C, true },
    { "winograd weights", winograd_weights, 45.0 * C / ROWS, 0, true },
    { "column_sums", column_sums, 1, N, false },
    { "moments", moments, 1, 4.0 * N, false },
    { "bn_back", bn_back, 4, 9.0 * N, false },
    { "bn_settle", bn_settle, 3, 3.0 * N, false },
    { "products", products, 2, 2.0 * N, false },
    { "dot", dot, 2, 2.0 * N, false },
    { "layer_norm_back", layer_norm_back, 3, 15.0 * N, false },
    { "max_pool_back", max_pool_back, 2.25, 5.0 * N, false },
    { "avg_pool_back", avg_pool_back, 1.25, N, false },
    { "upsample2x_back", upsample_back, 1.25, N, false },
    { "attention_back", attention_back, 7.0 * STEPS / HEADS / ROWS, 10.0 * STEPS *STEPS *C / HEADS,
      false },
    { "roi_align_back", roi_align_back, (double)BOXES * 49 / ROWS, 8.0 * BOXES * 49 * 4 * C,
      false },
    { "depthwise_back 3", depthwise_back, 2, 18.0 * N, false },
    { "depthwise_weights", depthwise_weights, 2, 18.0 * N, false },
    { "channel_scale", channel_scale, 2, N, false },
    { "weighted_sum", weighted_sum, 3, 5.0 * N, false },
    { "winograd gradient", winograd_gradient, 2, 18.0 * N *C, true },
};

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void *numbers(int64_t count, sx_dtype t, float scale) {
    void *p = sx_aligned_alloc((size_t)count * 4);
    if (!p) exit(1);
    const uint64_t key = sx_rng_key("bench", (uint64_t)count);
    for (int64_t i = 0; i < count; i++) {
        const float v = scale * (float)(2 * sx_rng_unit(key, (uint64_t)i) - 1);
        if (t == SX_BF16)
            ((uint16_t *)p)[i] = sx_f32_to_bf16(v);
        else
            ((float *)p)[i] = v;
    }
    return p;
}

static room new_room(sx_dtype t) {
    room r = { .x = numbers(N, t, 1),
               .y = numbers(N, t, 1),
               .z = numbers(N, t, 1),
               .a = numbers(C, SX_F32, 1),
               .b = numbers(C, SX_F32, 1),
               .sum = calloc(9 * C, sizeof(double)),
               .more = calloc(C, sizeof(double)),
               .u = numbers(36 * C * C, SX_F32, 0.01F),
               .scratch = numbers(36 * 98 * 2 * C, SX_F32, 1),
               .boxes = numbers((int64_t)4 * BOXES, SX_F32, 20),
               .map = numbers(N, SX_F32, 1) };
    for (int i = 0; i < BOXES; i++) {
        r.boxes[4 * i + 2] = r.boxes[4 * i] + 60 + (float)i;
        r.boxes[4 * i + 3] = r.boxes[4 * i + 1] + 60 + (float)i;
    }
    return r;
}

static double least_seconds(size_t i, const sx_kernels *k, const room *r, int runs) {
    double least = 1e9;
    for (int n = 0; n < runs; n++) {
        const double start = seconds();
        kernels[i].call(k, r);
        const double spent = seconds() - start;
        if (spent < least) least = spent;
    }
    return least;
}

int main(int argc, char **argv) {
    static const char *const levels[] = { "SSE2", "AVX2", "AVX-512" };
    static const char usage[] = "[f32|bf16 [RUNS]]";
    const sx_dtype t = argc > 1 && strcmp(argv[1], "bf16") == 0 ? SX_BF16 : SX_F32;
    if (argc > 1 && t == SX_F32 && strcmp(argv[1], "f32") != 0) bench_usage(argv[0], usage);
    const int runs = bench_count(argc, argv, 2, 200, usage);
    const room r = new_room(t);
    printf("%-18s", t == SX_BF16 ? "bf16" : "f32");
    for (int level = 0; level < SX_KERNEL_LEVELS; level++)
        if (sx_kernels_at((sx_kernel_level)level, t))
            printf("%12s us   GB/s GFLOP/s", levels[level]);
    printf("\n");
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        if (kernels[i].f32_only && t != SX_F32) continue;
        printf("%-18s", kernels[i].name);
        for (int level = 0; level < SX_KERNEL_LEVELS; level++) {
            const sx_kernels *k = sx_kernels_at((sx_kernel_level)level, t);
            if (!k) continue;
            const double s = least_seconds(i, k, &r, kernels[i].flops > 1e8 ? runs / 10 + 1 : runs);
            const double bytes = kernels[i].maps * N * (t == SX_BF16 ? 2 : 4);
            printf("%15.1f %6.1f %7.1f", s * 1e6, bytes / s * 1e-9, kernels[i].flops / s * 1e-9);
        }
        printf("\n");
    }
    return 0;
}
