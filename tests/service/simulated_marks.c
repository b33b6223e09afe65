#include "service/simulated_marks.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "service/reading/reading_clusters.h"
#include "support/check.h"

const sim_person sim_people[SIM_PEOPLE] = {
    { "truth", 0, 0, 0, 0 },
    { "ann", 0.05, 0.10, 0.03, 0.05 },
    { "ben", 0.10, 0.25, 0.08, 0.05 },
    { "cho", 0.05, 0.10, 0.15, 0.20 },
    { "jo", 0, 0, 0, 0 },
};

/* ---- errors ---- */

/* To a side on which the box stays on its film. */
static void shift_box(double corners[4], double by, bool left, int film_width) {
    if (left ? corners[0] - by < 0 : corners[2] + by > film_width) by = -by;
    if (left) by = -by;
    corners[0] += by;
    corners[2] += by;
}

static void draw_mark(const sx_manifest *truth, size_t box, const sim_person *p, uint64_t key,
                      sim_mark *out) {
    enum { MISS, WRONG, OTHER, SIDE, DRAWS };
    const sx_manifest_box *b = &truth->boxes[box];
    const uint64_t at = (uint64_t)box * DRAWS;
    const uint32_t classes = (uint32_t)truth->classes.count;
    /* film draws come from the other end of the stream */
    out->drawn = sx_rng_unit(key, UINT64_MAX - 1 - b->film) >= p->overlook &&
                 sx_rng_unit(key, at + MISS) >= p->miss;
    out->wrong = classes > 1 && sx_rng_unit(key, at + WRONG) < p->wrong;
    out->label = b->label;
    if (out->wrong)
        out->label =
            (b->label + 1 + (uint32_t)(sx_rng_unit(key, at + OTHER) * (classes - 1))) % classes;
    for (int i = 0; i < 2; i++) {
        out->corners[i] = b->xywh[i];
        out->corners[i + 2] = b->xywh[i] + b->xywh[i + 2];
    }
    shift_box(out->corners, p->shift * b->xywh[2], sx_rng_unit(key, at + SIDE) < 0.5,
              truth->films[b->film].width);
}

void sim_marks_make(const sx_manifest *truth, uint64_t seed, sim_marks *out) {
    out->truth = truth;
    for (int p = 0; p < SIM_PEOPLE; p++) {
        const uint64_t key = sx_rng_key(sim_people[p].login, seed);
        out->of[p] = calloc(truth->box_count + 1, sizeof *out->of[p]);
        assert_non_null(out->of[p]);
        for (size_t i = 0; p != SIM_ADJUDICATOR && i < truth->box_count; i++)
            draw_mark(truth, i, &sim_people[p], key, &out->of[p][i]);
    }
}

void sim_marks_free(sim_marks *m) {
    for (int p = 0; p < SIM_PEOPLE; p++)
        free(m->of[p]);
}

/* ---- adjudication ---- */

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t n) {
    qsort(values, n, sizeof *values, by_value);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static uint32_t most_frequent(sim_mark *const *marks, size_t n, const int64_t *rank) {
    size_t most = 0;
    uint32_t label = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t other = marks[i]->label;
        size_t count = 0;
        for (size_t k = 0; k < n; k++)
            count += marks[k]->label == other;
        if (count > most || (count == most && rank[other] < rank[label])) {
            most = count;
            label = other;
        }
    }
    return label;
}

void sim_marks_adjudicate(sim_marks *m, const int64_t *rank) {
    for (size_t i = 0; i < m->truth->box_count; i++) {
        sim_mark *drawn[SIM_READERS], *out = &m->of[SIM_ADJUDICATOR][i];
        size_t n = 0;
        for (int p = SIM_FIRST_READER; p < SIM_ADJUDICATOR; p++)
            if (m->of[p][i].drawn) drawn[n++] = &m->of[p][i];
        out->drawn = n >= 2;
        if (!out->drawn) continue;
        out->label = most_frequent(drawn, n, rank);
        out->wrong = out->label != m->truth->boxes[i].label;
        for (int c = 0; c < 4; c++) {
            double values[SIM_READERS];
            for (size_t k = 0; k < n; k++)
                values[k] = drawn[k]->corners[c];
            out->corners[c] = median(values, n);
        }
    }
}

/* ---- agreement ---- */

bool sim_film_is_marked(const sim_marks *m, int person, size_t film) {
    const sx_manifest_film *f = &m->truth->films[film];
    for (size_t i = 0; i < f->box_count; i++)
        if (m->of[person][f->first_box + i].drawn) return true;
    return false;
}

/* Two marks of one class on one film. */
typedef struct mark_pair {
    size_t first, second; /* boxes of the data set */
    double iou;
} mark_pair;

static int by_iou(const void *a, const void *b) {
    const mark_pair *x = a, *y = b;
    if (x->iou != y->iou) return (x->iou < y->iou) - (x->iou > y->iou);
    if (x->first != y->first) return (x->first > y->first) - (x->first < y->first);
    return (x->second > y->second) - (x->second < y->second);
}

enum { MOST_MARKS = 200 };

/* By falling IoU, each mark once. */
static void pair_marks(const sim_marks *m, int first, int second, const sx_manifest_film *f,
                       sim_agreement *out) {
    static mark_pair pairs[MOST_MARKS * MOST_MARKS];
    bool taken[2][MOST_MARKS] = { { false } };
    size_t n = 0;
    assert_true(f->box_count <= MOST_MARKS);
    for (size_t i = 0; i < f->box_count; i++)
        for (size_t k = 0; k < f->box_count; k++) {
            const sim_mark *x = &m->of[first][f->first_box + i],
                           *y = &m->of[second][f->first_box + k];
            const double iou = sx_cluster_iou(x->corners, y->corners);
            if (x->drawn && y->drawn && x->label == y->label && iou >= 0.5)
                pairs[n++] = (mark_pair){ i, k, iou };
        }
    qsort(pairs, n, sizeof *pairs, by_iou);
    for (size_t p = 0; p < n; p++) {
        if (taken[0][pairs[p].first] || taken[1][pairs[p].second]) continue;
        taken[0][pairs[p].first] = taken[1][pairs[p].second] = true;
        out->paired++;
        out->mean_iou += pairs[p].iou;
    }
}

sim_agreement sim_expect(const sim_marks *m, int first, int second) {
    sim_agreement a = { 0 };
    size_t same = 0;
    for (size_t i = 0; i < m->truth->box_count; i++) {
        a.first_boxes += m->of[first][i].drawn;
        a.second_boxes += m->of[second][i].drawn;
    }
    for (size_t f = 0; f < m->truth->film_count; f++) {
        pair_marks(m, first, second, &m->truth->films[f], &a);
        same += sim_film_is_marked(m, first, f) == sim_film_is_marked(m, second, f);
    }
    a.mean_iou /= (double)a.paired; /* NaN: none */
    a.same_films = (double)same / (double)m->truth->film_count;
    return a;
}
