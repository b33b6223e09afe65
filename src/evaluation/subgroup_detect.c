#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "evaluation/subgroup_impl.h"
#include "evaluation/subgroup_report.h"
#include "metrics/sort.h"

/* ---- lesions found at the operating points ---- */

/* [units of the bootstrap] of one level */
typedef struct unit_counts {
    uint64_t *hits, *lesions;
    size_t count;
    const uint32_t *unit_of; /* [films]; NULL: each film is a unit */
} unit_counts;

static bool unit_counts_make(const sx_groups *draw, unit_counts *u, sx_error *err) {
    const size_t count = sx_group_count(draw);
    *u = (unit_counts){ .count = count, .unit_of = draw->of };
    u->hits = sx_calloc_for(count + 1, 2 * sizeof *u->hits, "subgroups", err);
    if (u->hits) u->lesions = u->hits + count + 1;
    return u->hits != NULL;
}

/* Whether the film belongs to the level; of NULL: every film does. SX_LEVELS_MAX: to any level. */
static bool has_level(const uint32_t *of, size_t film, size_t level) {
    return !of || of[film] == level || (level == SX_LEVELS_MAX && of[film] != SX_LEVEL_UNKNOWN);
}

/* The share of the lesions of one size range that are found, on the films of a level. The hits of
 * a patient's films depend on one another. */
static sx_proportion share_found(const sx_detector_result *r, const sx_matches *m, size_t size,
                                 const uint32_t *of, size_t level, double confidence,
                                 unit_counts *u) {
    memset(u->hits, 0, u->count * sizeof *u->hits);
    memset(u->lesions, 0, u->count * sizeof *u->lesions);
    for (int c = 0; c < m->class_count; c++) {
        const sx_match_list *l = sx_matches_of(m, c, size);
        for (size_t i = 0; i < l->count; i++) {
            const size_t film = l->films[i];
            if (!has_level(of, film, level) || l->scores[i] < r->operating_points[c].threshold)
                continue;
            u->hits[u->unit_of ? u->unit_of[film] : film] += l->hits[i] & 1 & ~l->ignored[i];
        }
        for (size_t f = 0; f < m->film_count; f++)
            if (has_level(of, f, level))
                u->lesions[u->unit_of ? u->unit_of[f] : f] += l->positives[f];
    }
    return sx_proportion_of(u->hits, u->lesions, u->count, confidence);
}

static void put_share(sx_subgroup_row *row, size_t measure, const sx_proportion *p) {
    row->values[measure] = p->value;
    row->intervals[measure] = p->interval;
}

/* ---- films of a level ---- */

typedef struct subset {
    sx_truth_box *true_boxes;
    sx_found_box *found_boxes;
    uint32_t *film; /* [films] its number in the subset + 1; 0: not in it */
    uint32_t *groups, *number;
    sx_boxes boxes;
    size_t group_count;
} subset;

static bool subset_make(const sx_boxes *b, size_t group_count, subset *s, sx_error *err) {
    s->true_boxes = sx_calloc_for(b->true_box_count + 1, sizeof *s->true_boxes, "subgroups", err);
    s->found_boxes =
        sx_calloc_for(b->found_box_count + 1, sizeof *s->found_boxes, "subgroups", err);
    s->film = sx_calloc_for(b->film_count + 1, sizeof *s->film, "subgroups", err);
    s->groups = sx_calloc_for(b->film_count + 1, sizeof *s->groups, "subgroups", err);
    s->number = sx_calloc_for(group_count + 1, sizeof *s->number, "subgroups", err);
    return s->true_boxes && s->found_boxes && s->film && s->groups && s->number;
}

static void subset_free(subset *s) {
    free(s->true_boxes);
    free(s->found_boxes);
    free(s->film);
    free(s->groups);
    free(s->number);
}

static void choose_films(const sx_boxes *b, const sx_groups *draw, const sx_subgroup *g,
                         uint32_t level, subset *s) {
    memset(s->number, 0, draw->count * sizeof *s->number);
    s->boxes = (sx_boxes){ .class_count = b->class_count };
    s->group_count = 0;
    for (size_t f = 0; f < b->film_count; f++) {
        s->film[f] = 0;
        if (g->of[f] == SX_LEVEL_UNKNOWN || (level != SX_LEVELS_MAX && g->of[f] != level)) continue;
        uint32_t *number = &s->number[sx_group_of(draw, f)];
        if (!*number) *number = (uint32_t)++s->group_count;
        s->groups[s->boxes.film_count] = *number - 1;
        s->film[f] = (uint32_t)++s->boxes.film_count;
    }
}

static void subset_fill(const sx_boxes *b, const sx_groups *draw, const sx_subgroup *g,
                        uint32_t level, subset *s) {
    choose_films(b, draw, g, level, s);
    for (size_t i = 0; i < b->true_box_count; i++) {
        if (!s->film[b->true_boxes[i].film]) continue;
        sx_truth_box *to = &s->true_boxes[s->boxes.true_box_count++];
        *to = b->true_boxes[i];
        to->film = s->film[to->film] - 1;
    }
    for (size_t i = 0; i < b->found_box_count; i++) {
        if (!s->film[b->found_boxes[i].film]) continue;
        sx_found_box *to = &s->found_boxes[s->boxes.found_box_count++];
        *to = b->found_boxes[i];
        to->film = s->film[to->film] - 1;
    }
    s->boxes.true_boxes = s->true_boxes;
    s->boxes.found_boxes = s->found_boxes;
}

static bool resample(const sx_eval_input *in, const sx_detect *lists, const subset *s,
                     const size_t numbers[2], sx_subgroup_row *row, double variances[2],
                     sx_error *err) {
    const sx_groups groups = { s->groups, s->boxes.film_count, s->group_count };
    const size_t n = in->boot.resamples;
    sx_detect_boot boot;
    if (!n) return true;
    if (!sx_detect_bootstrap(lists, &groups, &in->boot, &boot, err)) return false;
    for (size_t k = 0; k < 2; k++) {
        const sx_boot_summary summary =
            sx_boot_summarise(boot.values + numbers[k] * n, n, in->boot.level);
        row->intervals[k] = summary.interval;
        variances[k] = summary.se * summary.se;
    }
    row->lacking = boot.lacking.any;
    sx_detect_boot_free(&boot);
    return true;
}

/* mAP and FROC of the films of a level. */
static bool measure(const sx_eval_input *in, const sx_detect_report_options *o, const subset *s,
                    sx_subgroup_row *row, double variances[2], sx_error *err) {
    const sx_detect_options how = { &o->iou_one, 1, o->iou_one,
                                    o->centre ? SX_MATCH_CENTRE : SX_MATCH_COCO, o->most_per_film };
    sx_detect_numbers point;
    row->n = s->boxes.film_count;
    row->positives = s->boxes.true_box_count;
    for (int k = 0; k < 2; k++) {
        row->values[k] = variances[k] = (double)NAN;
        row->intervals[k] = (sx_interval){ NAN, NAN };
    }
    if (!s->boxes.film_count) return true;
    sx_detect *lists = sx_detect_new(&s->boxes, &how, err);
    sx_ap_scratch *scratch = lists ? sx_ap_scratch_new(sx_detect_longest(lists), err) : NULL;
    bool ok = scratch != NULL;
    if (ok) {
        sx_detect_measure(lists, NULL, scratch, &point);
        const size_t numbers[2] = { sx_detect_ap_one(&point, -1), sx_detect_froc(&point, -1, -1) };
        for (int k = 0; k < 2; k++)
            row->values[k] = point.values[numbers[k]];
        ok = resample(in, lists, s, numbers, row, variances, err);
    }
    sx_ap_scratch_free(scratch);
    sx_detect_free(lists);
    return ok;
}

static bool fill_rows(const sx_eval_input *in, const sx_detect_report_options *o,
                      const sx_detector_result *r, const sx_groups *draw, subset *s, unit_counts *u,
                      sx_subgroup_table *t, sx_error *err) {
    const sx_subgroup *g = t->subgroup;
    const sx_matches *m = sx_detect_froc_lists(r->lists);
    double values[2][SX_LEVELS_MAX + 1], variances[2][SX_LEVELS_MAX + 1], two[2];
    sx_proportion found[SX_LEVELS_MAX + 1];
    for (size_t k = 0; k <= g->level_count; k++) {
        const bool all = k == g->level_count;
        const uint32_t level = all ? SX_LEVELS_MAX : (uint32_t)k;
        sx_subgroup_row *row = all ? &t->all : &t->rows[k];
        row->level = all ? "all of these" : g->levels[k];
        subset_fill(&r->boxes, draw, g, level, s);
        if (!measure(in, o, s, row, two, err)) return false;
        found[k] = share_found(r, m, 0, g->of, level, in->boot.level, u);
        put_share(row, 2, &found[k]);
        for (size_t n = 0; n < 3; n++)
            row->counts[n] = (size_t)found[k].n;
        for (int n = 0; n < 2; n++) {
            values[n][k] = row->values[n];
            variances[n][k] = two[n];
        }
    }
    t->row_count = g->level_count;
    t->unknown = g->unknown;
    for (int n = 0; n < 2; n++)
        t->q[n] = sx_cochran_q(values[n], variances[n], g->level_count);
    t->q[2] = sx_cochran_q_proportions(found, g->level_count);
    return true;
}

/* Of all films, those without a level too. */
static void measure_all_films(const sx_eval_input *in, const sx_detector_result *r, unit_counts *u,
                              double values[3]) {
    const sx_matches *m = sx_detect_froc_lists(r->lists);
    values[0] = r->point.values[sx_detect_ap_one(&r->point, -1)];
    values[1] = r->point.values[sx_detect_froc(&r->point, -1, -1)];
    values[2] = share_found(r, m, 0, NULL, 0, in->boot.level, u).value;
}

static bool film_table(const sx_eval_input *in, const sx_detect_report_options *o,
                       const sx_detect_result *d, const sx_detector_result *r, sx_subgroup_table *t,
                       sx_error *err) {
    char ap[40];
    snprintf(ap, sizeof ap, "mAP@%.2f", o->iou_one);
    const char *const names[] = { ap, "FROC mean", "sensitivity" };
    const char *const boot = in->boot.resamples ? "bootstrap" : "none";
    const char *const hows[] = { boot, boot, "Wilson" };
    const sx_groups *draw = &d->draw.groups;
    const size_t films = r->boxes.film_count;
    subset s = { 0 };
    unit_counts u = { 0 };
    const char *const counted[] = { "lesions", "lesions", "lesions" };
    sx_subgroup_name_measures(t, names, hows, counted, 3);
    t->unit = "films";
    bool ok = unit_counts_make(draw, &u, err) && subset_make(&r->boxes, draw->count, &s, err);
    if (ok) measure_all_films(in, r, &u, t->overall);
    ok = ok && fill_rows(in, o, r, draw, &s, &u, t, err) &&
         sx_subgroup_count_shared(t->subgroup, NULL, draw->of, films, draw->count, &t->shared, err);
    subset_free(&s);
    free(u.hits);
    return ok;
}

/* ---- lesions by size ---- */

/* The areas that divide the true boxes into thirds. */
static bool find_thirds(const sx_boxes *b, double cuts[2], sx_error *err) {
    double *areas = sx_calloc_for(b->true_box_count + 1, sizeof *areas, "lesions", err);
    if (!areas) return false;
    for (size_t i = 0; i < b->true_box_count; i++)
        areas[i] = b->true_boxes[i].area;
    sx_sort_values(areas, b->true_box_count);
    cuts[0] = areas[b->true_box_count / 3];
    cuts[1] = areas[b->true_box_count * 2 / 3];
    free(areas);
    return true;
}

static void name_thirds(const double cuts[2], sx_subgroup_table *t) {
    const double a = sqrt(cuts[0]), b = sqrt(cuts[1]);
    snprintf(t->level_texts[0], sizeof *t->level_texts, "side under %.0f px", a);
    snprintf(t->level_texts[1], sizeof *t->level_texts, "side %.0f to under %.0f px", a, b);
    snprintf(t->level_texts[2], sizeof *t->level_texts, "side %.0f px and over", b);
}

/* levels: [units] all 0 */
static void put_sizes(const sx_eval_input *in, const sx_detector_result *r, const sx_matches *m,
                      unit_counts *u, unsigned char *levels, sx_subgroup_table *t) {
    sx_proportion found[4];
    t->row_count = 3;
    for (size_t k = 0; k <= 3; k++) {
        sx_subgroup_row *row = k == 3 ? &t->all : &t->rows[k];
        row->level = k == 3 ? "all lesions" : t->level_texts[k];
        found[k] = share_found(r, m, k, NULL, 0, in->boot.level, u);
        row->n = row->counts[0] = (size_t)found[k].n;
        put_share(row, 0, &found[k]);
        for (size_t i = 0; k < 3 && i < u->count; i++)
            t->shared += u->lesions[i] && ++levels[i] == 2;
    }
    t->overall[0] = t->all.values[0];
    t->q[0] = sx_cochran_q_proportions(found, 3);
}

static bool lesion_table(const sx_eval_input *in, const sx_detect_report_options *o,
                         const sx_groups *draw, const sx_detector_result *r, sx_subgroup_table *t,
                         sx_error *err) {
    const char *const names[] = { "sensitivity" }, *const hows[] = { "Wilson" },
                      *const counted[] = { "lesions" };
    double cuts[2];
    sx_matches m;
    sx_subgroup_name_measures(t, names, hows, counted, 1);
    t->unit = "lesions";
    t->lesions = true;
    t->overall[0] = (double)NAN;
    if (!r->boxes.true_box_count) return true;
    if (!find_thirds(&r->boxes, cuts, err)) return false;
    const sx_size_range sizes[4] = { { 0, nextafter(cuts[0], 0) },
                                     { cuts[0], nextafter(cuts[1], 0) },
                                     { cuts[1], INFINITY },
                                     { 0, INFINITY } };
    const sx_match_options how = {
        o->centre ? SX_MATCH_CENTRE : SX_MATCH_COCO, &o->iou_one, 1, sizes, 4, 0
    };
    unit_counts u;
    if (!unit_counts_make(draw, &u, err)) return false;
    unsigned char *levels = sx_calloc_for(u.count + 1, 1, "subgroups", err);
    const bool ok = levels && sx_match_boxes(&r->boxes, &how, &m, err);
    if (ok) {
        name_thirds(cuts, t);
        put_sizes(in, r, &m, &u, levels, t);
        sx_matches_free(&m);
    }
    free(levels);
    free(u.hits);
    return ok;
}

bool sx_subgroups_detect(const sx_eval_input *in, const sx_detect_report_options *o,
                         const sx_detect_result *r, sx_subgroup_result *out, sx_error *err) {
    *out = (sx_subgroup_result){ 0 };
    out->tables = sx_calloc_for(r->model_count * in->subgroups->count + 1, sizeof *out->tables,
                                "subgroups", err);
    bool ok = out->tables != NULL;
    for (size_t m = 0; ok && m < r->model_count; m++)
        for (size_t k = 0; ok && k < in->subgroups->count; k++) {
            sx_subgroup_table *t = &out->tables[out->count++];
            t->subgroup = &in->subgroups->items[k];
            t->detection = true;
            t->shared_unit = r->draw.unit;
            if (r->model_count > 1)
                snprintf(t->model, sizeof t->model, "%.120s", r->models[m].name);
            ok = t->subgroup->of ? film_table(in, o, r, &r->models[m], t, err)
                                 : lesion_table(in, o, &r->draw.groups, &r->models[m], t, err);
        }
    if (!ok) sx_subgroup_result_free(out);
    return ok;
}
