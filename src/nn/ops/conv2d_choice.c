/* Which algorithm computes a convolution: a cost model with constants for each instruction set. It
 * measures nothing while a plan is made, and estimates the time of one image on one thread, so that
 * a film is computed in the same ways in any batch, on any number of threads or ranks.
 * docs/performance.md says how the constants were found. */
#include "nn/kernels/kernels.h"
#include "nn/ops/conv2d.h"
#include "nn/plan.h"

enum { CACHE_FLOATS = 1 << 21 };

/* Numbers of Swish, which is also taken for the other activations but ReLU, and of GELU. */
typedef struct activation_rates {
    double swish, gelu;
} activation_rates;

/* Rates of one core, in 10^9 per second. */
typedef struct rates {
    double direct;     /* FLOPs of oneDNN's 3x3 convolution */
    double strided;    /* FLOPs of the same with a stride, on a map larger than the cache */
    double pointwise;  /* FLOPs of its 1x1 convolution */
    double product;    /* FLOPs of its matrix product */
    double tiles;      /* FLOPs of Winograd's products, with full register blocks */
    double transform;  /* bytes of transformed tiles, written and read */
    double weights;    /* bytes of transformed weights, read for each block of tiles */
    int rows, columns; /* tiles and outputs of a register block (kernels/vector.h) */
    activation_rates theirs, ours; /* oneDNN's post-ops; our kernels (kernels/dense.inc) */
    double our_pointwise;          /* FLOPs of the 1x1 convolution of kernels/pointwise.inc */
    double stored;                 /* its outputs, loaded and stored beside the products */
    double depthwise[2];           /* FLOPs of oneDNN's depthwise 3x3, and of larger kernels */
    double our_depthwise;          /* FLOPs of kernels/depthwise.inc */
} rates;

/* clang-format off */
static const rates of_level[SX_KERNEL_LEVELS] = {
    [SX_KERNELS_GENERIC] = {
        .direct = 30, .strided = 10, .pointwise = 39, .product = 34,
        .tiles = 34, .transform = 80, .weights = 12, .rows = 4, .columns = 8,
        .theirs = { .swish = 0.5, .gelu = 0.2 }, .ours = { .swish = 0.9, .gelu = 0.2 },
        .our_pointwise = 36, .stored = 40, .depthwise = { 20, 20 }, .our_depthwise = 25,
    },
    [SX_KERNELS_AVX2] = {
        .direct = 125, .strided = 35, .pointwise = 114, .product = 103,
        .tiles = 115, .transform = 80, .weights = 17, .rows = 6, .columns = 16,
        .theirs = { .swish = 1.6, .gelu = 0.85 }, .ours = { .swish = 3.2, .gelu = 1.3 },
        .our_pointwise = 110, .stored = 40, .depthwise = { 45, 75 }, .our_depthwise = 60,
    },
    [SX_KERNELS_AVX512] = {
        .direct = 203, .strided = 203, .pointwise = 175, .product = 174,
        .tiles = 200, .transform = 80, .weights = 25, .rows = 12, .columns = 32,
        .theirs = { .swish = 2.4, .gelu = 1.5 }, .ours = { .swish = 3.9, .gelu = 1.5 },
        .our_pointwise = 190, .stored = 20, .depthwise = { 45, 70 }, .our_depthwise = 60,
    },
};
/* clang-format on */

static sx_kernel_level level_of_cpu(void) {
    int level = SX_KERNEL_LEVELS - 1;
    while (level > 0 && !sx_kernels_at((sx_kernel_level)level, SX_F32))
        level--;
    return (sx_kernel_level)level;
}

static double flops_of_image(const sx_step *s) {
    return s->op->flops(s->node) / s->out->shape.n;
}

/* ReLU takes no time beside the products. */
static double seconds_activation(const sx_step *s, const activation_rates *r) {
    const sx_shape y = s->out->shape;
    if (s->act == SX_ACT_NONE || s->act == SX_ACT_RELU) return 0;
    return (double)y.h * y.w * y.c / (s->act == SX_ACT_GELU ? r->gelu : r->swish) * 1e-9;
}

static double seconds_direct(const sx_step *s, const rates *r) {
    const sx_conv *a = s->node->attr;
    const sx_shape x = s->inputs[0]->shape;
    const bool far = a->stride > 1 && (int64_t)x.h * x.w * x.c > CACHE_FLOATS;
    const double rate = sx_conv_depthwise_fits(s) ? r->depthwise[a->kernel > 3]
                        : a->kernel == 1          ? r->pointwise
                        : far                     ? r->strided
                                                  : r->direct;
    return flops_of_image(s) / rate * 1e-9 + seconds_activation(s, &r->theirs);
}

static double seconds_product(const sx_step *s, const rates *r) {
    return flops_of_image(s) / r->product * 1e-9 + seconds_activation(s, &r->theirs);
}

/* Patches are written and read once, and not shared. */
static double seconds_patches(const sx_step *s, const rates *r) {
    const sx_conv *a = s->node->attr;
    const sx_shape y = s->out->shape;
    const double patches = (double)y.h * y.w * a->kernel * a->kernel * s->inputs[0]->shape.c;
    return (2 * patches * y.c / r->tiles + 8 * patches / r->transform) * 1e-9 +
           seconds_activation(s, &r->ours);
}

/* Outputs with those that fill the last register block. */
static double block_columns(const sx_step *s, const rates *r) {
    const int blocks = (s->out->shape.c + r->columns - 1) / r->columns;
    return blocks * r->columns;
}

static double seconds_winograd(const sx_step *s, const rates *r, int tile) {
    const sx_shape y = s->out->shape;
    const double in = s->inputs[0]->shape.c, out = y.c, places = (tile + 2) * (tile + 2);
    const int64_t tiles = (int64_t)((y.h + tile - 1) / tile) * ((y.w + tile - 1) / tile);
    const int64_t block = sx_conv_winograd_block(s, tile, tiles, 1);
    const int64_t blocks = (tiles + block - 1) / block;
    const int64_t rows = (block + r->rows - 1) / r->rows * r->rows;
    const double products = 2 * places * (double)rows * in * block_columns(s, r) / r->tiles;
    const double moved = 8 * places * (double)block * (in + out) / r->transform;
    const double weights = 4 * places * in * out / r->weights;
    return (products + moved + weights) * 1e-9 * (double)blocks + seconds_activation(s, &r->ours);
}

static double seconds_pointwise(const sx_step *s, const rates *r) {
    const sx_shape y = s->out->shape;
    return flops_of_image(s) * block_columns(s, r) / y.c / r->our_pointwise * 1e-9 +
           (double)y.h * y.w * y.c / r->stored * 1e-9 + seconds_activation(s, &r->ours);
}

static double seconds_depthwise(const sx_step *s, const rates *r) {
    return flops_of_image(s) / r->our_depthwise * 1e-9 + seconds_activation(s, &r->ours);
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
    if (sx_conv_pointwise_fits(s))
        add_candidate(s, "pointwise", seconds_pointwise(s, r), ways, SX_CONV_POINTWISE);
    if (sx_conv_depthwise_forward_fits(s))
        add_candidate(s, "depthwise", seconds_depthwise(s, r), ways, SX_CONV_DEPTHWISE);
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
