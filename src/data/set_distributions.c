#include "data/set_distributions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* What the parts of the count share. */
typedef struct counting {
    const sx_manifest *m;
    sx_distributions *d;
    int group_of[SX_SPLITS];           /* -1: has no films */
    uint32_t classes[SX_DIST_CLASSES]; /* those that are counted, the most frequent first */
} counting;

static int group_of(const counting *c, const sx_manifest_film *film) {
    return c->group_of[film->split];
}

static void find_groups(counting *c) {
    static const char *const names[SX_SPLITS] = { "no split", "train", "val", "test" };
    sx_distributions *d = c->d;
    size_t films[SX_SPLITS] = { 0 };
    for (size_t i = 0; i < c->m->film_count; i++)
        films[c->m->films[i].split]++;
    for (int k = 0; k < SX_SPLITS; k++) {
        c->group_of[k] = films[k] ? (int)d->group_count : -1;
        if (!films[k]) continue;
        d->groups[d->group_count++] =
            (sx_dist_group){ .name = names[k], .film_count = films[k], .mean_age = NAN };
    }
    if (d->group_count == 1 && c->group_of[SX_SPLIT_NONE] == 0) d->groups[0].name = "all";
}

/* ---- findings ---- */

static bool choose_classes(counting *c, sx_error *err) {
    const sx_manifest *m = c->m;
    size_t *boxes = sx_calloc_for(m->classes.count + 1, sizeof *boxes, "counts of boxes", err);
    if (!boxes) return false;
    for (size_t b = 0; b < m->box_count; b++)
        boxes[m->boxes[b].label]++;
    size_t shown = 0;
    for (uint32_t k = 0; k < m->classes.count; k++) {
        size_t at = shown < SX_DIST_CLASSES ? shown++ : SX_DIST_CLASSES;
        if (at == SX_DIST_CLASSES) {
            if (boxes[k] <= boxes[c->classes[at - 1]]) continue;
            at--;
        }
        for (; at && boxes[c->classes[at - 1]] < boxes[k]; at--)
            c->classes[at] = c->classes[at - 1];
        c->classes[at] = k;
    }
    for (size_t i = 0; i < shown; i++)
        c->d->class_names[i] = m->classes.items[c->classes[i]];
    c->d->class_count = shown;
    c->d->all_class_count = m->classes.count;
    free(boxes);
    return true;
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(const double *sorted, size_t n, double q) {
    if (!n) return NAN;
    const double at = q * (double)(n - 1);
    const size_t i = (size_t)at;
    return i + 1 < n ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

/* Counts the film's boxes of a class; adds the square roots of their areas to `sizes`. */
static size_t count_boxes(const sx_manifest *m, const sx_manifest_film *film, uint32_t label,
                          double *sizes, size_t *n) {
    size_t boxes = 0;
    for (size_t b = film->first_box; b < film->first_box + film->box_count; b++) {
        const float *v = m->boxes[b].xyxy;
        if (m->boxes[b].label != label) continue;
        const double area = ((double)v[2] - (double)v[0]) * ((double)v[3] - (double)v[1]);
        boxes++;
        if (area > 0 && isfinite(area)) sizes[(*n)++] = sqrt(area);
    }
    return boxes;
}

static void count_class(const counting *c, size_t row, size_t group, double *sizes) {
    sx_distributions *d = c->d;
    const size_t at = group * d->class_count + row;
    size_t n = 0, films = 0, boxes = 0;
    for (size_t i = 0; i < c->m->film_count; i++) {
        const sx_manifest_film *film = &c->m->films[i];
        if (group_of(c, film) != (int)group) continue;
        const size_t found = count_boxes(c->m, film, c->classes[row], sizes, &n);
        boxes += found;
        films += found > 0;
    }
    qsort(sizes, n, sizeof *sizes, by_value);
    d->class_boxes[at] = (double)boxes;
    d->film_percents[at] = 100 * (double)films / (double)d->groups[group].film_count;
    d->box_sizes[at] = percentile(sizes, n, 0.5);
    d->box_sizes_low[at] = percentile(sizes, n, 0.1);
    d->box_sizes_high[at] = percentile(sizes, n, 0.9);
}

static bool count_classes(counting *c, sx_error *err) {
    if (!choose_classes(c, err)) return false;
    double *sizes = sx_calloc_for(c->m->box_count + 1, sizeof *sizes, "sizes of boxes", err);
    for (size_t row = 0; sizes && row < c->d->class_count; row++)
        for (size_t g = 0; g < c->d->group_count; g++)
            count_class(c, row, g, sizes);
    free(sizes);
    return sizes != NULL;
}

/* ---- patients ---- */

static void count_ages(const counting *c, size_t group) {
    sx_dist_group *g = &c->d->groups[group];
    double bin[SX_DIST_AGES] = { 0 }, sum = 0;
    for (size_t i = 0; i < c->m->film_count; i++) {
        const sx_manifest_film *f = &c->m->films[i];
        if (group_of(c, f) != (int)group || !(f->age >= 0)) continue;
        bin[(int)fmin(f->age / 5, SX_DIST_AGES - 1)]++;
        sum += f->age;
        g->age_count++;
    }
    if (!g->age_count) return;
    for (int k = 0; k < SX_DIST_AGES; k++)
        g->age_percents[k] = 100 * bin[k] / (double)g->age_count;
    g->mean_age = sum / (double)g->age_count;
}

static void count_people(const counting *c) {
    static const char *const names[SX_DIST_PEOPLE] = { "women",         "men",    "other",
                                                       "sex not known", "normal", "abnormal",
                                                       "no label" };
    static const bool always[SX_DIST_PEOPLE] = { true, true, false, false, true, true, false };
    sx_distributions *d = c->d;
    size_t count[SX_DIST_PEOPLE][SX_SPLITS] = { { 0 } }, total[SX_DIST_PEOPLE] = { 0 };
    for (size_t i = 0; i < c->m->film_count; i++) {
        const sx_manifest_film *f = &c->m->films[i];
        const int sex = f->sex == 'F' ? 0 : f->sex == 'M' ? 1 : f->sex ? 2 : 3;
        const int label = f->label == 0 ? 4 : f->label == 1 ? 5 : 6;
        count[sex][group_of(c, f)]++;
        count[label][group_of(c, f)]++;
        total[sex]++;
        total[label]++;
    }
    int shown[SX_DIST_PEOPLE];
    for (int k = 0; k < SX_DIST_PEOPLE; k++) {
        if (!always[k] && !total[k]) continue;
        shown[d->people_count] = k;
        d->people_names[d->people_count++] = names[k];
    }
    for (size_t g = 0; g < d->group_count; g++)
        for (size_t r = 0; r < d->people_count; r++)
            d->people_percents[g * d->people_count + r] =
                100 * (double)count[shown[r]][g] / (double)d->groups[g].film_count;
}

/* ---- film sizes ---- */

/* One film for each cell of a grid: ten thousand marks would hide each other. */
static bool count_sizes(const counting *c, size_t group, sx_error *err) {
    enum { CELLS = SX_DIST_CELLS };
    sx_dist_group *g = &c->d->groups[group];
    const size_t most =
        g->film_count < (size_t)CELLS * CELLS ? g->film_count : (size_t)CELLS * CELLS;
    bool taken[CELLS][CELLS] = { { false } };
    g->widths = sx_calloc_for(2 * most, sizeof *g->widths, "film sizes", err);
    if (!g->widths) return false;
    g->heights = g->widths + most;
    for (size_t i = 0; i < c->m->film_count; i++) {
        const sx_manifest_film *f = &c->m->films[i];
        if (group_of(c, f) != (int)group || f->width <= 0 || f->height <= 0) continue;
        const size_t x = (size_t)((CELLS - 1) * f->width / c->d->width);
        const size_t y = (size_t)((CELLS - 1) * f->height / c->d->height);
        if (taken[y][x]) continue;
        taken[y][x] = true;
        g->widths[g->size_count] = f->width;
        g->heights[g->size_count++] = f->height;
    }
    return true;
}

bool sx_distributions_of(const sx_manifest *m, sx_distributions *d, sx_error *err) {
    counting c = { .m = m, .d = d };
    *d = (sx_distributions){ .box_count = m->box_count };
    find_groups(&c);
    bool ok = count_classes(&c, err);
    for (size_t i = 0; i < m->film_count; i++) {
        d->width = fmax(d->width, m->films[i].width);
        d->height = fmax(d->height, m->films[i].height);
    }
    for (size_t g = 0; ok && g < d->group_count; g++) {
        count_ages(&c, g);
        ok = count_sizes(&c, g, err);
    }
    if (ok)
        count_people(&c);
    else
        sx_distributions_free(d);
    return ok;
}

void sx_distributions_free(sx_distributions *d) {
    for (size_t g = 0; g < d->group_count; g++)
        free(d->groups[g].widths);
    *d = (sx_distributions){ 0 };
}
