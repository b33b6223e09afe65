/* Which algorithm computes a convolution: a cost model with constants for each instruction set. It
 * measures nothing while a plan is made, and estimates the time of one image on one thread, so that
 * a film has the same result in any batch, on any number of threads or ranks. docs/performance.md
 * says how the constants were found. */
#include "nn/kernels/kernels.h"
#include "nn/ops/conv2d.h"
#include "nn/plan.h"

enum { CACHE_FLOATS = 1 << 21 };

/* Rates of one core, in 10^9 per second. */
typedef struct rates {
    double direct;    /* FLOPs of oneDNN's 3x3 convolution */
    double strided;   /* FLOPs of the same with a stride, on a map larger than the cache */
    double pointwise; /* FLOPs of its 1x1 convolution */
    double product;   /* FLOPs of its matrix product */
    double tiles;     /* FLOPs of Winograd's products, with full register blocks */
    double transform; /* bytes of transformed tiles, written and read */
    double weights;   /* bytes of transformed weights, read for each block of tiles */
    int rows;         /* tiles of a register block (kernels/vector.h) */
} rates;

static const rates of_level[SX_KERNEL_LEVELS] = {
    [SX_KERNELS_GENERIC] = { 30, 10, 39, 34, 34, 80, 12, 4 },
    [SX_KERNELS_AVX2] = { 125, 35, 114, 103, 115, 80, 17, 6 },
    [SX_KERNELS_AVX512] = { 203, 203, 175, 174, 200, 80, 25, 12 },
};

static sx_kernel_level level_of_cpu(void) {
    int level = SX_KERNEL_LEVELS - 1;
    while (level > 0 && !sx_kernels_at((sx_kernel_level)level, SX_F32))
        level--;
    return (sx_kernel_level)level;
}

static double flops_of_image(const sx_step *s) {
    return s->op->flops(s->node) / s->out->shape.n;
}

static double seconds_direct(const sx_step *s, const rates *r) {
    const sx_conv *a = s->node->attr;
    const sx_shape x = s->inputs[0]->shape;
    const bool far = a->stride > 1 && (int64_t)x.h * x.w * x.c > CACHE_FLOATS;
    const double rate = a->kernel == 1 ? r->pointwise : far ? r->strided : r->direct;
    return flops_of_image(s) / rate * 1e-9;
}

static double seconds_product(const sx_step *s, const rates *r) {
    return flops_of_image(s) / r->product * 1e-9;
}

/* Patches are written and read once, and not shared. */
static double seconds_patches(const sx_step *s, const rates *r) {
    const sx_conv *a = s->node->attr;
    const sx_shape y = s->out->shape;
    const double patches = (double)y.h * y.w * a->kernel * a->kernel * s->inputs[0]->shape.c;
    return (2 * patches * y.c / r->tiles + 8 * patches / r->transform) * 1e-9;
}

static double seconds_winograd(const sx_step *s, const rates *r, int tile) {
    const sx_shape y = s->out->shape;
    const double in = s->inputs[0]->shape.c, out = y.c, places = (tile + 2) * (tile + 2);
    const int64_t tiles = (int64_t)((y.h + tile - 1) / tile) * ((y.w + tile - 1) / tile);
    const int64_t block = sx_conv_winograd_block(s, tile, tiles, 1);
    const int64_t blocks = (tiles + block - 1) / block;
    const int64_t rows = (block + r->rows - 1) / r->rows * r->rows;
    const double products = 2 * places * (double)rows * in * out / r->tiles;
    const double moved = 8 * places * (double)block * (in + out) / r->transform;
    const double weights = 4 * places * in * out / r->weights;
    return (products + moved + weights) * 1e-9 * (double)blocks;
}

static bool is_product(const sx_step *s) {
    const sx_conv *a = s->node->attr;
    return a->kernel == 1 && a->stride <= 1 && !a->pad && !a->pad_more && a->groups <= 1 &&
           s->inputs[0]->dtype == s->out->dtype;
}

static void add_candidate(sx_step *s, const char *name, double seconds, sx_conv_way *ways,
                          sx_conv_way way) {
    ways[s->candidate_count] = way;
    s->candidates[s->candidate_count++] = (sx_candidate){ name, seconds };
}

bool sx_conv_choose(sx_plan *p, sx_step *s, sx_conv_way *way, sx_error *err) {
    const sx_plan_options *o = sx_plan_get_options(p);
    const rates *r = &of_level[level_of_cpu()];
    sx_conv_way ways[SX_CONV_WAYS];
    *way = SX_CONV_DIRECT;
    if (o->plain || s->out->dtype != SX_F32) return true;
    s->candidates = sx_plan_alloc(p, SX_CONV_WAYS, sizeof *s->candidates);
    if (!s->candidates) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    add_candidate(s, "direct", seconds_direct(s, r), ways, SX_CONV_DIRECT);
    if (sx_conv_winograd_fits(s, 4))
        add_candidate(s, "winograd f4x4", seconds_winograd(s, r, 4), ways, SX_CONV_WINOGRAD4);
    if (sx_conv_winograd_fits(s, 2))
        add_candidate(s, "winograd f2x2", seconds_winograd(s, r, 2), ways, SX_CONV_WINOGRAD2);
    if (is_product(s)) add_candidate(s, "product", seconds_product(s, r), ways, SX_CONV_PRODUCT);
    if (sx_conv_patches_fit(s))
        add_candidate(s, "patches", seconds_patches(s, r), ways, SX_CONV_PATCHES);
    int best = 0;
    for (int i = 1; i < s->candidate_count; i++)
        if (o->convolution == ways[i] || (o->convolution == SX_CONV_AUTO &&
                                          s->candidates[i].seconds < s->candidates[best].seconds))
            best = i;
    *way = ways[best];
    return true;
}

int sx_conv_choose_back(const sx_plan *p, const sx_step *s) {
    const sx_plan_options *o = sx_plan_get_options(p);
    const rates *r = &of_level[level_of_cpu()];
    if (o->plain || !sx_conv_winograd_back_apart(s)) return ((const sx_conv_state *)s->state)->tile;
    if (o->convolution == SX_CONV_WINOGRAD2) return 2;
    if (o->convolution != SX_CONV_AUTO) return o->convolution == SX_CONV_WINOGRAD4 ? 4 : 0;
    return seconds_winograd(s, r, 4) < seconds_direct(s, r) ? 4 : 0;
}
