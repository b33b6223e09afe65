#include "detect/anchor_match.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/team.h"

enum { WORTH_SHARING = 1 << 14 }; /* with fewer boxes a second thread does not pay */

static inline float overlap(sx_box a, float area, sx_box b) {
    const float x0 = a.x0 > b.x0 ? a.x0 : b.x0, y0 = a.y0 > b.y0 ? a.y0 : b.y0;
    const float x1 = a.x1 < b.x1 ? a.x1 : b.x1, y1 = a.y1 < b.y1 ? a.y1 : b.y1;
    const float w = x1 - x0 > 0 ? x1 - x0 : 0, h = y1 - y0 > 0 ? y1 - y0 : 0, inter = w * h;
    const float all = area + (b.x1 - b.x0) * (b.y1 - b.y0) - inter;
    return inter > 0 ? inter / all : 0;
}

static float area_of(sx_box b) {
    return (b.x1 - b.x0) * (b.y1 - b.y0);
}

/* Updates each box's best IoU with true box t. Returns the largest IoU of t. */
static float raise(const sx_anchor_match *m, int t, float *value, int *truth_of) {
    const sx_box truth = m->truth[t], *boxes = m->boxes;
    const float area = area_of(truth);
    float most = 0;
#pragma omp parallel for simd reduction(max                                                        \
                                        : most)                                                    \
    num_threads(sx_team_size(m->threads)) if (m->count > WORTH_SHARING)
    for (int64_t i = 0; i < m->count; i++) {
        const float v = overlap(truth, area, boxes[i]);
        const bool more = v > value[i];
        value[i] = more ? v : value[i];
        truth_of[i] = more ? t : truth_of[i];
        most = v > most ? v : most;
    }
    return most;
}

static void take_best(const sx_anchor_match *m, int t, float most, int8_t *label) {
    const sx_box truth = m->truth[t], *boxes = m->boxes;
    const float area = area_of(truth);
    if (!(most > 0)) return;
#pragma omp parallel for simd num_threads(sx_team_size(m->threads)) if (m->count > WORTH_SHARING)
    for (int64_t i = 0; i < m->count; i++)
        label[i] = overlap(truth, area, boxes[i]) == most ? SX_MATCH_OBJECT : label[i];
}

/* Assigns the first box whose IoU is `most`, unless an earlier true box has taken it (its value is
 * then -1). */
static void take_first(const sx_anchor_match *m, int t, float most, float *value, int *truth_of,
                       int8_t *label) {
    const float area = area_of(m->truth[t]);
    for (int64_t i = 0; most > 0 && i < m->count; i++) {
        if (overlap(m->truth[t], area, m->boxes[i]) != most) continue;
        if (value[i] >= 0) {
            value[i] = -1;
            truth_of[i] = t;
            label[i] = SX_MATCH_OBJECT;
        }
        return;
    }
}

bool sx_match_anchors(const sx_anchor_match *m, int *truth_of, int8_t *label, sx_error *err) {
    const size_t n = (size_t)m->count;
    float *value = sx_calloc_for(n + (size_t)m->truth_count + 1, sizeof *value, "matching", err);
    if (!value) return false;
    float *most = value + n;
    memset(truth_of, 0, n * sizeof *truth_of);
    for (int t = 0; t < m->truth_count; t++)
        most[t] = raise(m, t, value, truth_of);
    for (size_t i = 0; i < n; i++)
        label[i] = value[i] >= m->rule.high  ? SX_MATCH_OBJECT
                   : value[i] >= m->rule.low ? SX_MATCH_IGNORED
                                             : SX_MATCH_BACKGROUND;
    for (int t = 0; m->rule.best && t < m->truth_count; t++)
        take_best(m, t, most[t], label);
    for (int t = 0; m->rule.first_best && t < m->truth_count; t++)
        take_first(m, t, most[t], value, truth_of, label);
    free(value);
    return true;
}
