#include "image/resize.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/mem.h"
#include "image/resample.h"
#include "image/resize_weights.h"

/* For each output position: the first input position, the number of taps, and their weights. */
typedef struct filter {
    int taps;
    int *first, *count;
    sx_weight_pair *weight; /* [out][taps / 2] */
} filter;

static void filter_free(filter *f) {
    free(f->first);
    free(f->count);
    free(f->weight);
}

/* The mirrored filter equals the plain one on a mirrored row. Rounding from the right differs from
 * rounding from the left, so the weights are computed first and then reversed. */
static bool filter_new(filter *f, int in, int out, bool mirror, sx_error *err) {
    f->taps = sx_resize_taps(in, out);
    double *w = sx_calloc_for((size_t)f->taps, sizeof *w, "resize filter", err);
    f->first = sx_calloc_for((size_t)out, sizeof *f->first, "resize filter", err);
    f->count = sx_calloc_for((size_t)out, sizeof *f->count, "resize filter", err);
    f->weight =
        sx_calloc_for((size_t)out * (size_t)f->taps / 2, sizeof *f->weight, "resize filter", err);
    const bool ok = w && f->first && f->count && f->weight;
    for (int o = 0; ok && o < out; o++) {
        int low;
        const int count = sx_resize_weights(in, out, o, &low, w);
        f->first[o] = mirror ? in - low - count : low;
        f->count[o] = count;
        sx_weight_pair *pairs = f->weight + (size_t)o * (size_t)f->taps / 2;
        for (int i = 0; i < count; i++)
            sx_weight_set(pairs, mirror ? count - 1 - i : i,
                          (int32_t)(0.5 + w[i] * (double)(1 << SX_RESAMPLE_BITS)));
    }
    free(w);
    return ok;
}

typedef struct job {
    const sx_image *src;
    const filter *f;
    sx_image *dst;
    const sx_resample *loops;
    atomic_bool failed;
} job;

/* Blocks of 64 rows are transposed, so that both passes are sums of whole rows. */
static void pass_x(void *ctx, size_t begin, size_t end) {
    job *j = ctx;
    const size_t c = (size_t)j->src->channels, in = (size_t)j->src->width * c,
                 out = (size_t)j->dst->width * c;
    const size_t pairs = (size_t)j->f->taps / 2;
    uint8_t *wide = sx_aligned_alloc((in + out) * SX_RESAMPLE_ROWS),
            *narrow = wide + in * SX_RESAMPLE_ROWS;
    if (!wide) {
        atomic_store(&j->failed, true);
        return;
    }
    for (size_t block = begin; block < end; block++) {
        const size_t y = block * SX_RESAMPLE_ROWS, left = (size_t)j->src->height - y;
        const int rows = left < SX_RESAMPLE_ROWS ? (int)left : SX_RESAMPLE_ROWS;
        j->loops->turn(wide, sx_image_u8(j->src) + y * in, in, rows, in);
        for (size_t x = 0; x < (size_t)j->dst->width; x++)
            for (size_t k = 0; k < c; k++)
                j->loops->weigh(narrow + (x * c + k) * SX_RESAMPLE_ROWS,
                                wide + ((size_t)j->f->first[x] * c + k) * SX_RESAMPLE_ROWS,
                                c * SX_RESAMPLE_ROWS, j->f->weight + x * pairs, j->f->count[x],
                                SX_RESAMPLE_ROWS);
        j->loops->turn_back(sx_image_u8(j->dst) + y * out, out, narrow, rows, out);
    }
    sx_aligned_free(wide);
}

static void pass_y(void *ctx, size_t begin, size_t end) {
    job *j = ctx;
    const size_t row = (size_t)j->src->width * (size_t)j->src->channels,
                 pairs = (size_t)j->f->taps / 2;
    for (size_t y = begin; y < end; y++)
        j->loops->weigh(sx_image_u8(j->dst) + y * row,
                        sx_image_u8(j->src) + (size_t)j->f->first[y] * row, row,
                        j->f->weight + y * pairs, j->f->count[y], row);
}

static bool pass(const sx_context *context, const sx_image *src, bool vertical, bool mirror,
                 int size, sx_image *dst, sx_error *err) {
    filter f = { 0 };
    bool ok = filter_new(&f, vertical ? src->height : src->width, size, mirror, err) &&
              sx_image_new(dst, vertical ? src->width : size, vertical ? size : src->height,
                           src->channels, 8, err);
    if (ok) {
        job j = { .src = src, .f = &f, .dst = dst, .loops = sx_resample_get() };
        if (vertical)
            sx_parallel_for(context, (size_t)size, 16, pass_y, &j);
        else
            sx_parallel_for(context,
                            ((size_t)src->height + SX_RESAMPLE_ROWS - 1) / SX_RESAMPLE_ROWS, 1,
                            pass_x, &j);
        ok = !atomic_load(&j.failed) || sx_fail(err, SX_ERR_MEMORY, "out of memory for resizing");
    }
    filter_free(&f);
    if (!ok) sx_image_free(dst);
    return ok;
}

static bool resize(const sx_context *context, const sx_image *src, int width, int height,
                   bool mirror, sx_image *dst, sx_error *err) {
    *dst = (sx_image){ 0 };
    if (src->bits != 8 || (src->channels != 1 && src->channels != 3))
        return sx_fail(err, SX_ERR_UNSUPPORTED, "cannot resize an image of %d channels of %d bits",
                       src->channels, src->bits);
    sx_image mid = { 0 };
    const sx_image *from = src;
    if (!sx_image_new(dst, width, height, src->channels, 8, err))
        return false; /* rejects bad sizes early */
    if (width == src->width && height == src->height && !mirror) {
        memcpy(dst->data, src->data, sx_image_bytes(src));
        return true;
    }
    sx_image_free(dst);
    if (width != src->width || mirror) {
        if (!pass(context, src, false, mirror, width, &mid, err)) return false;
        from = &mid;
    }
    bool ok = true;
    if (height != src->height)
        ok = pass(context, from, true, false, height, dst, err);
    else {
        *dst = mid;
        mid = (sx_image){ 0 };
    }
    sx_image_free(&mid);
    return ok;
}

bool sx_image_resize(const sx_context *context, const sx_image *src, int width, int height,
                     sx_image *dst, sx_error *err) {
    return resize(context, src, width, height, false, dst, err);
}

bool sx_image_resize_mirrored(const sx_context *context, const sx_image *src, int width, int height,
                              sx_image *dst, sx_error *err) {
    return resize(context, src, width, height, true, dst, err);
}

void sx_resize_shortest(int width, int height, int min_size, int max_size, int *new_width,
                        int *new_height) {
    const double scale = min_size * 1.0 / (height < width ? height : width);
    double h = height < width ? min_size : scale * height,
           w = height < width ? scale * width : min_size;
    const double longest = h > w ? h : w;
    if (longest > max_size) {
        const double less = max_size * 1.0 / longest;
        h *= less;
        w *= less;
    }
    *new_height = (int)(h + 0.5);
    *new_width = (int)(w + 0.5);
}
