/* The gradient of the weights of a bf16 convolution on AMX: for each tap of the kernel, the product
 * of the output's gradient and the input's pixels shifted by the tap, summed over all pixels.
 * oneDNN 2.6 takes three times as long.
 *
 * Pixels are counted in the geometry of the output. For a 3x3 kernel each line ends with a zero,
 * and a line of zeros separates the images, so that a shift by a tap yields the neighbouring pixel
 * or a zero. With stride 2 the input is split into four images by the parity of line and column.
 * The input is stored in pairs of pixels; a shift by an odd number of pixels needs other pairs, so
 * each image is stored twice. */
#include <omp.h>

#include "base/context_impl.h"
#include "base/cpu.h"
#include "nn/kernels/amx.h"
#include "nn/ops/conv2d.h"
#include "nn/plan.h"

enum {
    BLOCK = SX_AMX_BLOCK,
    SUM = BLOCK * BLOCK, /* numbers of a block of sums */
    CHUNK = 8,           /* panels of pairs that stay in the cache (one tap) */
    MIN_PIXELS = 512,    /* of a strip; with fewer, loading the sums costs too much */
    MAX_PIXELS = 2048,
    STRIP_BYTES = 5 << 18,
    SUMS_BYTES = 32 << 20, /* of all threads */
    MAX_COPIES = 8
};

/* Threads form groups of `members`. Each group sums over its share of the strips, each member over
 * its share of the output's channels. */
typedef struct layout {
    sx_amx_pixels x, g; /* without data */
    int in, out;        /* panels */
    int taps, copies;   /* of the input */
    int copy[9];        /* that a tap reads */
    int64_t shift[9];   /* of a tap, in pixels */
    int before, after;  /* pixels that the taps need outside a strip */
    int strip_pixels, strip_count, groups, members, share;
    int64_t pitch;
    size_t copy_bytes, lines_bytes, member_bytes, sums_bytes; /* sums_bytes: of a group */
} layout;

static int divided(int64_t a, int64_t b) {
    return (int)((a + b - 1) / b);
}

static int least(int64_t a, int64_t b) {
    return (int)(a < b ? a : b);
}

static void divide_work(layout *l, int64_t threads) {
    const int64_t all = (int64_t)l->g.n * l->g.lines * l->g.line;
    int64_t pixels = STRIP_BYTES / ((int64_t)sizeof(uint16_t) * BLOCK * (l->in + l->out));
    if (l->taps > 1 || pixels > MAX_PIXELS) pixels = MAX_PIXELS;
    if (pixels < MIN_PIXELS) pixels = MIN_PIXELS;
    l->sums_bytes = (size_t)l->taps * (size_t)l->in * (size_t)l->out * SUM * sizeof(float);
    const int64_t room = SUMS_BYTES / (int64_t)l->sums_bytes, strip_count = divided(all, pixels);
    l->groups = least(least(threads, strip_count), room > 1 ? room : 1);
    l->members = least(threads / l->groups, l->out);
    l->share = divided(l->out, l->members);
    l->strip_pixels =
        divided(divided(all, (int64_t)divided(strip_count, l->groups) * l->groups), BLOCK) * BLOCK;
    l->strip_count = divided(all, l->strip_pixels);
    l->groups = least(l->groups, l->strip_count);
    /* an odd number of cache lines, so that the lines of a tile fall into different cache sets */
    l->pitch = divided(l->strip_pixels, 2 * BLOCK) * 2 * BLOCK + BLOCK;
    l->lines_bytes = (size_t)(l->share * BLOCK) * (size_t)l->pitch * sizeof(uint16_t);
    l->copy_bytes = (size_t)(l->in * BLOCK) * (size_t)(l->before + l->strip_pixels + l->after) *
                    sizeof(uint16_t);
    l->member_bytes = l->lines_bytes + (size_t)l->copies * l->copy_bytes;
}

/* With stride 2, tap y of a 3x3 kernel reads line 2 Y - 1 + y: taps 0 and 2 read odd lines, those
 * of Y - 1 and of Y. */
static void place_taps(layout *l, int stride) {
    for (int tap = 0; tap < l->taps; tap++) {
        const int y = tap / 3, x = tap % 3;
        const int64_t shift =
            stride == 1 ? (y - 1) * l->g.line + x - 1 : -(y == 0) * l->g.line - (x == 0);
        const int image = stride == 1 ? 0 : (y != 1) * 2 + (x != 1);
        l->copy[tap] = 2 * image + (int)(shift & 1);
        l->shift[tap] = shift;
    }
}

static layout layout_of(const sx_step *s) {
    const sx_conv *a = s->node->attr;
    const sx_shape x = s->inputs[0]->shape, y = s->out->shape;
    const int stride = a->stride > 1 ? a->stride : 1, apart = a->kernel > 1;
    layout l = { .taps = a->kernel * a->kernel,
                 .copies = !apart       ? 1
                           : stride > 1 ? MAX_COPIES
                                        : 2,
                 .in = divided(x.c, BLOCK),
                 .out = divided(y.c, BLOCK) };
    l.g = (sx_amx_pixels){ NULL, y.n, y.h, y.w, y.c, y.w + apart, y.h + apart, 1, 0, 0 };
    l.x = (sx_amx_pixels){ NULL, x.n, x.h, x.w, x.c, y.w + apart, y.h + apart, stride, 0, 0 };
    if (apart) {
        place_taps(&l, stride);
        l.before = divided(l.g.line + 1, BLOCK) * BLOCK;
        l.after = stride == 1 ? l.before : 0;
    }
    divide_work(&l, sx_plan_threads(s->plan));
    return l;
}

bool sx_conv_weights_fit(const sx_step *s) {
    const sx_conv *a = s->node->attr;
    const bool one = a->kernel == 1 && a->pad == 0,
               three = a->kernel == 3 && a->stride <= 2 && a->pad == 1;
    return sx_cpu_get()->amx_bf16 && s->inputs[0]->dtype == SX_BF16 && s->out->dtype == SX_BF16 &&
           a->pad_more == 0 && a->groups <= 1 && (one || three);
}

size_t sx_conv_weights_scratch(const sx_step *s) {
    const layout l = layout_of(s);
    return (size_t)(l.groups * l.members) * l.member_bytes + (size_t)l.groups * l.sums_bytes;
}

typedef struct member {
    const layout *l;
    const sx_amx *amx;
    uint16_t *lines, *copy[MAX_COPIES];
    float *sums;    /* of the group: [in][out][taps] blocks */
    int begin, end; /* panels of the output's channels */
} member;

static bool wanted(const layout *l, int copy) {
    for (int tap = 0; tap < l->taps; tap++)
        if (l->copy[tap] == copy) return true;
    return false;
}

static void pack(const member *m, const uint16_t *x, const uint16_t *g, int64_t at) {
    const layout *l = m->l;
    sx_amx_pixels in = l->x, out = l->g;
    in.data = x;
    out.data = g;
    m->amx->pack_lines(m->lines, l->pitch, &out, m->begin, m->end, at, l->strip_pixels);
    for (int i = 0; i < l->copies; i += 2) {
        in.from_y = i / 4;
        in.from_x = i / 2 % 2;
        m->amx->pack_pairs(wanted(l, i) ? m->copy[i] : NULL,
                           wanted(l, i + 1) ? m->copy[i + 1] : NULL, &in, 0, l->in, at - l->before,
                           l->before + l->strip_pixels + l->after);
    }
}

static void multiply(const member *m, bool add) {
    const layout *l = m->l;
    const int64_t panel = (int64_t)BLOCK * (l->before + l->strip_pixels + l->after);
    const int step = l->taps > 1 ? 1 : CHUNK;
    for (int chunk = 0; chunk < l->in; chunk += step)
        for (int o = m->begin; o < m->end; o++)
            for (int i = chunk; i < chunk + step && i < l->in; i++)
                for (int tap = 0; tap < l->taps; tap++)
                    m->amx->multiply(m->sums + (((int64_t)i * l->out + o) * l->taps + tap) * SUM,
                                     add, m->lines + (int64_t)(o - m->begin) * BLOCK * l->pitch,
                                     l->pitch,
                                     m->copy[l->copy[tap]] + i * panel +
                                         (l->before + l->shift[tap] - (l->shift[tap] & 1)) * BLOCK,
                                     l->strip_pixels / BLOCK);
}

static void run_member(const layout *l, int number, const uint16_t *x, const uint16_t *g,
                       char *room, float *sums) {
    const int group = number / l->members, first = number % l->members * l->share;
    char *own = room + (size_t)number * l->member_bytes;
    member m = { .l = l,
                 .amx = sx_amx_get(),
                 .lines = (void *)own,
                 .sums = sums + (size_t)group * (l->sums_bytes / sizeof *sums),
                 .begin = least(first, l->out),
                 .end = least(first + l->share, l->out) };
    for (int i = 0; i < l->copies; i++)
        m.copy[i] = (void *)(own + l->lines_bytes + (size_t)i * l->copy_bytes);
    m.amx->begin();
    for (int i = group; i < l->strip_count; i += l->groups) {
        pack(&m, x, g, (int64_t)i * l->strip_pixels);
        multiply(&m, i > group);
    }
    m.amx->end();
}

typedef struct put_job {
    const layout *l;
    const float *sums;
    float *to; /* [out][in][taps] */
} put_job;

/* Adds the sums of all groups up to the gradient of output channels [begin, end). */
static void sum_groups(void *ctx, int64_t begin, int64_t end) {
    const put_job *j = ctx;
    const layout *l = j->l;
    const int64_t in = l->x.c, group = (int64_t)(l->sums_bytes / sizeof(float));
    for (int64_t o = begin; o < end; o++)
        for (int64_t i = 0; i < in; i += 16)
            for (int tap = 0; tap < l->taps; tap++) {
                const float *sum = j->sums +
                                   ((i / BLOCK * l->out + o / BLOCK) * l->taps + tap) * SUM +
                                   (o % BLOCK / 16 * 2 + i % BLOCK / 16) * 256 + o % 16 * 16;
                for (int64_t k = 0; k < 16 && i + k < in; k++) {
                    float total = 0;
                    for (int n = 0; n < l->groups; n++)
                        total += sum[n * group + k];
                    j->to[(o * in + i + k) * l->taps + tap] = total;
                }
            }
}

void sx_conv_weights_run(sx_step *s, const void *g, float *plain, void *scratch) {
    const layout l = layout_of(s);
    const uint16_t *x = s->inputs[0]->data;
    float *sums = scratch;
    char *room = (char *)scratch + (size_t)l.groups * l.sums_bytes;
    const int threads = l.groups * l.members;
#pragma omp parallel for schedule(static, 1) num_threads(threads) if (threads > 1)
    for (int i = 0; i < threads; i++)
        run_member(&l, i, x, g, room, sums);
    put_job job = { &l, sums, plain };
    sx_share_work(s->plan, l.g.c, (double)l.sums_bytes, sum_groups, &job);
}
