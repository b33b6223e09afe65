/* RTMDet's outputs to boxes, before suppression. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "detect/nms.h"
#include "models/rtmdet.h"

enum { TOP_K = 30000 }; /* of each level, as the published configuration */
static const float least_score = 0.001F;

sx_box sx_rtmdet_box(int column, int row, int stride, const float d[4]) {
    const float s = (float)stride, x = s * (float)column, y = s * (float)row;
    return (sx_box){ x - s * d[0], y - s * d[1], x + s * d[2], y + s * d[3] };
}

/* One level of one image. */
typedef struct level_maps {
    sx_shape shape; /* of the logits */
    int stride;
    float *all_logits, *all_distances; /* of the batch, owned */
    const float *logits, *distances;
} level_maps;

static bool read_output(const sx_plan *p, const char *what, int level, float **out, sx_shape *shape,
                        sx_error *err) {
    char name[32];
    snprintf(name, sizeof name, "%s%d", what, level);
    *shape = sx_plan_output_shape(p, name);
    const int64_t count = sx_shape_count(*shape);
    *out = sx_calloc_for((size_t)count + 1, sizeof **out, "detections", err);
    return *out && sx_plan_output(p, name, *out, count, err);
}

static bool open_level(level_maps *l, const sx_plan *p, int level, int image, sx_error *err) {
    sx_shape boxes;
    *l = (level_maps){ .stride = SX_RTMDET_STRIDE << level };
    if (!read_output(p, "logits", level, &l->all_logits, &l->shape, err) ||
        !read_output(p, "distances", level, &l->all_distances, &boxes, err))
        return false;
    l->logits = l->all_logits + sx_shape_count(l->shape) / l->shape.n * image;
    l->distances = l->all_distances + sx_shape_count(boxes) / boxes.n * image;
    return true;
}

static void close_level(level_maps *l) {
    free(l->all_logits);
    free(l->all_distances);
}

/* Scores of all pairs, 0 for those that do not exceed the least score; the number of the others. */
static size_t score_pairs(const float *logits, size_t pairs, float *scores) {
    size_t n = 0;
    for (size_t i = 0; i < pairs; i++) {
        const float s = 1.0F / (1.0F + expf(-logits[i]));
        scores[i] = s > least_score ? s : 0;
        n += s > least_score;
    }
    return n;
}

static float held(float v, float most) {
    return v < 0 ? 0 : v > most ? most : v; /* keeps NaN */
}

static void add_pair(const level_maps *l, int pair, float score, sx_candidates *out) {
    const int cell = pair / l->shape.c;
    const float width = (float)(l->shape.w * l->stride), height = (float)(l->shape.h * l->stride);
    sx_box b = sx_rtmdet_box(cell % l->shape.w, cell / l->shape.w, l->stride,
                             l->distances + 4 * (int64_t)cell);
    b = (sx_box){ held(b.x0, width), held(b.y0, height), held(b.x1, width), held(b.y1, height) };
    if (b.x1 <= b.x0 || b.y1 <= b.y0 || out->count == out->cap) return;
    out->boxes[out->count] = b;
    out->scores[out->count] = score;
    out->labels[out->count++] = pair % l->shape.c;
}

static bool decode_level(const level_maps *l, sx_candidates *out, sx_error *err) {
    const size_t pairs = (size_t)(sx_shape_count(l->shape) / l->shape.n);
    float *scores = sx_calloc_for(pairs + 1, sizeof *scores, "detections", err);
    const size_t most = scores ? score_pairs(l->logits, pairs, scores) : 0;
    int *order = scores ? sx_calloc_for(most + 1, sizeof *order, "detections", err) : NULL;
    size_t n = 0;
    const bool ok = order && sx_order_by_score(scores, pairs, least_score, TOP_K, order, &n, err);
    for (size_t i = 0; ok && i < n; i++)
        add_pair(l, order[i], scores[order[i]], out);
    free(order);
    free(scores);
    return ok;
}

bool sx_rtmdet_decode(const void *config, const sx_plan *p, int i, int most, sx_candidates *out,
                      sx_error *err) {
    (void)config;
    (void)most; /* suppression decides which are the best */
    bool ok = true;
    for (int k = 0; ok && k < SX_RTMDET_LEVELS; k++) {
        level_maps l;
        ok = open_level(&l, p, k, i, err) && decode_level(&l, out, err);
        close_level(&l);
    }
    return ok;
}
