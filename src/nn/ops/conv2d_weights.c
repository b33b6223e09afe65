/* The weights' gradient of a convolution as matrix products g^T x: one for a 1x1 kernel, one for each tap of a 3x3
 * kernel. In bf16 oneDNN's products on AMX take a third of the time of its convolutions. */
#include <string.h>

#include "nn/ops/conv2d.h"

enum { MIN_CHANNELS = 64 }; /* a 3x3 kernel's nine products read the input nine times */

typedef struct geometry {
    int n, h, w, line; /* of g; pixels of a line with its padding */
    int64_t rows;      /* pixels that a product runs over */
    int64_t guard;     /* zero pixels before and after */
} geometry;

/* 3x3: one zero pixel ends each line and begins the next; one zero line parts the images. Shifted by a tap, each pixel
 * then meets its neighbour or a zero. */
static geometry layout_of(const sx_step *s) {
    const sx_conv *a = s->node->attr;
    const sx_shape y = s->out->shape;
    if (a->kernel == 1) return (geometry){ y.n, y.h, y.w, y.w, sx_rows(y), 0 };
    return (geometry){ y.n, y.h, y.w, y.w + 1, (int64_t)y.n * (y.h + 1) * (y.w + 1), y.w + 2 };
}

bool sx_conv_weights_fit(const sx_step *s) {
    const sx_conv *a = s->node->attr;
    const bool one = a->kernel == 1 && a->pad == 0, three = a->kernel == 3 && a->stride <= 1 && a->pad == 1 &&
                                                            s->out->shape.c >= MIN_CHANNELS &&
                                                            s->in[0]->shape.c >= MIN_CHANNELS;
    return s->in[0]->dtype == SX_BF16 && s->out->dtype == SX_BF16 && a->pad_more == 0 && a->groups <= 1 &&
           (one || three);
}

static bool is_plain(const sx_step *s) {
    const sx_conv *a = s->node->attr;
    return a->kernel == 1 && a->stride <= 1;
}

static size_t rounded(size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

static size_t padded_bytes(const geometry *l, int c) {
    return rounded((size_t)(l->rows + 2 * l->guard) * (size_t)c * sizeof(uint16_t));
}

sx_prim *sx_conv_weights_prepare(const sx_step *s, size_t *scratch, sx_error *err) {
    const geometry l = layout_of(s);
    const int64_t n = s->out->shape.c, k = s->in[0]->shape.c, m = l.rows;
    sx_prim *p = sx_prim_matmul(&(sx_matmul_desc){ .batch = 1,
                                                   .m = n,
                                                   .n = k,
                                                   .k = m,
                                                   .a_stride = { m * n, 1, n },
                                                   .b_stride = { m * k, k, 1 },
                                                   .c_stride = { n * k, k, 1 },
                                                   .a_dtype = SX_BF16,
                                                   .b_dtype = SX_BF16,
                                                   .c_dtype = SX_F32 },
                                err);
    if (!p) return NULL;
    *scratch = rounded(sx_prim_scratch(p));
    if (!is_plain(s))
        *scratch += padded_bytes(&l, (int)k) + padded_bytes(&l, (int)n) + (size_t)(n * k) * sizeof(float);
    return p;
}

/* Lines of `from` (every `stride`th pixel of every `stride`th line) in the padded layout. */
typedef struct copy_job {
    const uint16_t *from;
    uint16_t *to; /* after the guard */
    sx_shape shape;
    int stride;
    geometry l;
} copy_job;

static void copy_lines(void *ctx, int64_t begin, int64_t end) {
    const copy_job *j = ctx;
    const int c = j->shape.c, lines = j->l.h + (j->l.guard > 0);
    for (int64_t i = begin; i < end; i++) {
        const int64_t image = i / lines, y = i % lines;
        uint16_t *to = j->to + i * j->l.line * c;
        if (y == j->l.h) {
            memset(to, 0, (size_t)j->l.line * (size_t)c * sizeof *to);
            continue;
        }
        const uint16_t *from = j->from + (image * j->shape.h + y * j->stride) * j->shape.w * c;
        if (j->stride == 1) memcpy(to, from, (size_t)j->l.w * (size_t)c * sizeof *to);
        for (int x = 0; j->stride > 1 && x < j->l.w; x++)
            memcpy(to + x * c, from + x * j->stride * c, (size_t)c * sizeof *to);
        memset(to + j->l.w * c, 0, (size_t)(j->l.line - j->l.w) * (size_t)c * sizeof *to);
    }
}

static const uint16_t *pad(const geometry *l, const void *from, sx_shape shape, int stride, void *room) {
    const size_t guard = (size_t)l->guard * (size_t)shape.c;
    uint16_t *to = room;
    copy_job j = { from, to + guard, shape, stride, *l };
    memset(to, 0, guard * sizeof *to);
    memset(to + guard + l->rows * shape.c, 0, guard * sizeof *to);
    sx_share_work((int64_t)l->n * (l->h + (l->guard > 0)), (double)padded_bytes(l, shape.c), copy_lines, &j);
    return j.to;
}

/* grad[out][in][3][3] from the taps' products. */
static void put_tap(float *grad, const float *tap, int64_t count, int at) {
#pragma omp parallel for simd if (count > 1 << 15)
    for (int64_t i = 0; i < count; i++)
        grad[i * 9 + at] = tap[i];
}

void sx_conv_weights_run(sx_step *s, sx_prim *p, const void *g, float *plain, void *scratch) {
    const sx_conv *a = s->node->attr;
    const geometry l = layout_of(s);
    const sx_shape x = s->in[0]->shape, y = s->out->shape;
    sx_prim_args args = { .src = g, .weights = s->in[0]->data, .dst = plain, .scratch = scratch };
    if (!is_plain(s)) {
        char *room = (char *)scratch + rounded(sx_prim_scratch(p));
        args.weights = pad(&l, s->in[0]->data, x, a->stride > 1 ? a->stride : 1, room);
        room += padded_bytes(&l, x.c);
        if (a->kernel == 3) args.src = pad(&l, g, y, 1, room);
        room += padded_bytes(&l, y.c);
        if (a->kernel == 3) args.dst = room;
    }
    if (a->kernel == 1) {
        sx_prim_run(p, &args);
        return;
    }
    const uint16_t *centre = args.weights;
    for (int tap = 0; tap < 9; tap++) {
        args.weights = centre + ((tap / 3 - 1) * l.line + tap % 3 - 1) * x.c;
        sx_prim_run(p, &args);
        put_tap(plain, args.dst, (int64_t)x.c * y.c, tap);
    }
}
