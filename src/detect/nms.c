#include "detect/nms.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "detect/select.h"

static inline float max_f(float a, float b) {
    return a > b ? a : b;
}

static inline float min_f(float a, float b) {
    return a < b ? a : b;
}

float sx_iou(sx_box a, sx_box b) {
    float w = max_f(min_f(a.x1, b.x1) - max_f(a.x0, b.x0), 0.0F);
    float h = max_f(min_f(a.y1, b.y1) - max_f(a.y0, b.y0), 0.0F);
    float inter = w * h;
    if (!(inter > 0.0F)) return 0.0F;
    return inter / ((a.x1 - a.x0) * (a.y1 - a.y0) + (b.x1 - b.x0) * (b.y1 - b.y0) - inter);
}

/* ---- order ---- */

/* Ascending keys are descending scores, then ascending indices. All keys differ, so any sort gives
 * the same result. */
static uint64_t order_key(float score, uint32_t index) {
    union {
        float f;
        uint32_t u;
    } v = { .f = score + 0.0F }; /* -0 ties with +0 */
    uint32_t rising = v.u & 0x80000000U ? ~v.u : v.u | 0x80000000U;
    return (uint64_t)~rising << 32 | index;
}

static int by_key(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t *ordered_keys(const float *scores, size_t n, float min_score, size_t top_k,
                              size_t *count, sx_error *err) {
    if (n > INT32_MAX) {
        sx_fail(err, SX_ERR_LIMIT, "too many boxes: %zu", n);
        return NULL;
    }
    uint64_t *key = sx_calloc_for(n ? n : 1, sizeof *key, "box order", err);
    if (!key) return NULL;
    float least = min_score == 0 ? -INFINITY : min_score; /* the comparison is false for NaN */
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (scores[i] >= least) key[m++] = order_key(scores[i], (uint32_t)i);
    if (top_k && top_k < m) {
        sx_select_smallest(key, m, top_k);
        m = top_k;
    }
    qsort(key, m, sizeof *key, by_key);
    *count = m;
    return key;
}

bool sx_order_by_score(const float *scores, size_t n, float min_score, size_t top_k, int *order,
                       size_t *count, sx_error *err) {
    uint64_t *key = ordered_keys(scores, n, min_score, top_k, count, err);
    if (!key) return false;
    for (size_t i = 0; i < *count; i++)
        order[i] = (int)(uint32_t)key[i];
    free(key);
    return true;
}

/* ---- suppression ---- */

/* The kept boxes of one label, each coordinate in its own array, so that a candidate is compared
 * with many at a time. */
typedef struct kept_set {
    float *x0, *y0, *x1, *y1, *area;
    size_t n;
} kept_set;

enum { CHUNK = 64 };

static bool overlaps_kept(const kept_set *k, sx_box b, float area, float iou) {
    for (size_t at = 0; at < k->n; at += CHUNK) {
        size_t end = at + CHUNK < k->n ? at + CHUNK : k->n;
        int hit = 0;
#pragma omp simd reduction(| : hit)
        for (size_t i = at; i < end; i++) {
            float w = max_f(min_f(k->x1[i], b.x1) - max_f(k->x0[i], b.x0), 0.0F);
            float h = max_f(min_f(k->y1[i], b.y1) - max_f(k->y0[i], b.y0), 0.0F);
            float inter = w * h; /* 0 / 0 is NaN, which is not greater than iou */
            hit |= inter / (k->area[i] + area - inter) > iou;
        }
        if (hit) return true;
    }
    return false;
}

static void keep_box(kept_set *k, sx_box b, float area) {
    k->x0[k->n] = b.x0;
    k->y0[k->n] = b.y0;
    k->x1[k->n] = b.x1;
    k->y1[k->n] = b.y1;
    k->area[k->n++] = area;
}

typedef struct by_label {
    int label;
    uint32_t place; /* in the order of scores */
} by_label;

static int by_label_then_place(const void *a, const void *b) {
    const by_label *x = a, *y = b;
    if (x->label != y->label) return x->label < y->label ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* Sets marks[place] of the boxes that are kept. */
static void suppress(const sx_box *boxes, const uint64_t *key, const by_label *items, size_t m,
                     const sx_nms_options *o, kept_set *k, unsigned char *marks) {
    for (size_t i = 0; i < m; i++) {
        if (i == 0 || items[i].label != items[i - 1].label) k->n = 0;
        if (o->max_kept && k->n >= o->max_kept) continue;
        sx_box b = boxes[(uint32_t)key[items[i].place]];
        float area = (b.x1 - b.x0) * (b.y1 - b.y0);
        if (overlaps_kept(k, b, area, o->iou)) continue;
        keep_box(k, b, area);
        marks[items[i].place] = 1;
    }
}

bool sx_nms(const sx_box *boxes, const float *scores, const int *labels, size_t n,
            const sx_nms_options *o, int *keep, size_t *kept, sx_error *err) {
    size_t m = 0;
    uint64_t *key = ordered_keys(scores, n, o->min_score, o->top_k, &m, err);
    if (!key) return false;
    float *space = sx_calloc(m ? m : 1, 5 * sizeof *space);
    by_label *items = sx_calloc(m ? m : 1, sizeof *items);
    unsigned char *marks = sx_calloc(m ? m : 1, 1);
    bool ok = space && items && marks;
    if (ok) {
        for (size_t i = 0; i < m; i++)
            items[i] = (by_label){ labels ? labels[(uint32_t)key[i]] : 0, (uint32_t)i };
        if (labels) qsort(items, m, sizeof *items, by_label_then_place);
        kept_set k = { space, space + m, space + 2 * m, space + 3 * m, space + 4 * m, 0 };
        suppress(boxes, key, items, m, o, &k, marks);
        *kept = 0;
        for (size_t i = 0; i < m && !(o->max_kept && *kept >= o->max_kept); i++)
            if (marks[i]) keep[(*kept)++] = (int)(uint32_t)key[i];
    } else {
        sx_fail(err, SX_ERR_MEMORY, "out of memory for %zu boxes", m);
    }
    free(marks);
    free(items);
    free(space);
    free(key);
    return ok;
}
