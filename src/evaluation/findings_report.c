#include "evaluation/findings_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- studies ---- */

/* What a study has of one class, or of any. */
typedef struct study {
    uint32_t lesions, boxes, hits;
} study;

static void count_study(const sx_detector_result *r, const sx_box_errors *kinds,
                        const sx_groups *groups, int label, study *studies) {
    memset(studies, 0, groups->count * sizeof *studies);
    for (size_t i = 0; i < r->boxes.true_box_count; i++) {
        const sx_truth_box *t = &r->boxes.true_boxes[i];
        if (t->crowd || (label >= 0 && t->label != label)) continue;
        studies[sx_group_of(groups, t->film)].lesions++;
    }
    for (size_t i = 0; i < r->boxes.found_box_count; i++) {
        const sx_found_box *f = &r->boxes.found_boxes[i];
        const unsigned char kind = kinds->found_kinds[i];
        if (kind == SX_BOX_DROPPED || kind == SX_BOX_IGNORED) continue;
        if (label >= 0 && f->label != label) continue;
        study *s = &studies[sx_group_of(groups, f->film)];
        s->boxes++;
        s->hits += kind == SX_BOX_HIT;
    }
}

/* The studies that the bootstrap draws together. */
typedef struct units {
    uint32_t *of; /* [studies] */
    size_t count;
} units;

/* 1: success; 0: failure; -1: the study does not count. */
static signed char outcome_of(const study *s, int measure) {
    if (measure == 2) return s->lesions ? -1 : s->boxes == 0;
    if (!s->lesions) return -1;
    return measure == 0 ? s->boxes > 0 : s->hits > 0;
}

static bool count_findings(const study *studies, size_t count, const units *u, double level,
                           sx_study_findings *out, sx_error *err) {
    sx_proportion *const to[3] = { &out->detected, &out->localised, &out->clear };
    const sx_groups clusters = { u->of, count, u->count };
    signed char *outcomes = sx_calloc_for(count + 1, 1, "studies", err);
    bool ok = outcomes != NULL;
    uint64_t marks = 0;
    for (int measure = 0; ok && measure < 3; measure++) {
        for (size_t i = 0; i < count; i++)
            outcomes[i] = outcome_of(&studies[i], measure);
        ok = sx_proportion_of_cases(outcomes, &clusters, level, to[measure], err);
    }
    free(outcomes);
    for (size_t i = 0; i < count; i++)
        if (!studies[i].lesions) marks += studies[i].boxes;
    out->abnormal = out->detected.n;
    out->normal = out->clear.n;
    out->false_marks = out->normal ? (double)marks / (double)out->normal : (double)NAN;
    out->false_marks_interval = (sx_interval){ NAN, NAN };
    return ok;
}

/* Draws the bootstrap's units, which contain whole studies. */
static bool resample_marks(const sx_eval_input *in, const study *studies, size_t count,
                           const units *u, sx_study_findings *out, sx_error *err) {
    const size_t n = in->boot.resamples;
    uint32_t *copies = sx_calloc_for(u->count + 1, sizeof *copies, "resamples", err);
    double *values = sx_calloc_for(n + 1, sizeof *values, "resamples", err);
    for (size_t b = 0; copies && values && b < n; b++) {
        double marks = 0, normal = 0;
        sx_resample_groups(in->boot.seed, b, u->count, copies);
        for (size_t i = 0; i < count; i++) {
            if (studies[i].lesions) continue;
            marks += (double)copies[u->of[i]] * studies[i].boxes;
            normal += copies[u->of[i]];
        }
        values[b] = normal > 0 ? marks / normal : (double)NAN;
    }
    const bool ok = copies && values;
    if (ok) out->false_marks_interval = sx_boot_summarise(values, n, in->boot.level).interval;
    free(copies);
    free(values);
    return ok;
}

/* The unit that the bootstrap draws of each study. */
static void find_units(const sx_groups *groups, const sx_eval_draw *draw, sx_unit unit, units *u) {
    u->count = draw->unit >= unit ? draw->groups.count : groups->count;
    for (size_t f = 0; f < groups->case_count; f++) {
        const uint32_t at = sx_group_of(groups, f);
        u->of[at] = draw->unit < unit ? at : sx_group_of(&draw->groups, f);
    }
}

static bool measure_studies(const sx_eval_input *in, const sx_detect_result *d,
                            const sx_detector_result *r, sx_findings_result *out, sx_error *err) {
    sx_groups groups;
    units u = { 0 };
    const int classes = r->boxes.class_count;
    out->unit = in->truth->study_count ? SX_UNIT_STUDY : SX_UNIT_FILM;
    if (!sx_truth_groups(in->truth, out->unit, &groups, err)) return false;
    study *studies = sx_calloc_for(groups.count + 1, sizeof *studies, "studies", err);
    u.of = sx_calloc_for(groups.count + 1, sizeof *u.of, "studies", err);
    bool ok = studies && u.of;
    if (ok) find_units(&groups, &d->draw, out->unit, &u);
    for (int c = 0; ok && c <= classes; c++) {
        count_study(r, &out->kinds, &groups, c < classes ? c : -1, studies);
        sx_study_findings *to = &out->studies[c];
        ok = count_findings(studies, groups.count, &u, in->boot.level, to, err) &&
             (!in->boot.resamples || !to->normal ||
              resample_marks(in, studies, groups.count, &u, to, err));
    }
    free(studies);
    free(u.of);
    return ok;
}

/* ---- kinds of errors ---- */

static void count_errors(const sx_detector_result *r, sx_findings_result *out) {
    const int classes = r->boxes.class_count;
    for (size_t i = 0; i < r->boxes.found_box_count; i++) {
        out->errors[r->boxes.found_boxes[i].label].boxes[out->kinds.found_kinds[i]]++;
        out->errors[classes].boxes[out->kinds.found_kinds[i]]++;
    }
    for (size_t i = 0; i < r->boxes.true_box_count; i++) {
        out->errors[r->boxes.true_boxes[i].label].lesions[out->kinds.lesion_kinds[i]]++;
        out->errors[classes].lesions[out->kinds.lesion_kinds[i]]++;
    }
}

/* ---- AFROC ---- */

static bool measure_area(const sx_eval_input *in, const sx_detect_result *d, const sx_match_list *l,
                         int row, sx_findings_result *out, sx_error *err) {
    sx_afroc *a = sx_afroc_new(l, in->truth->films.count, 0, err);
    if (!a) return false;
    sx_afroc_areas(a, NULL, out->areas[row]);
    const bool ok = sx_afroc_errors_of(a, &d->draw.groups, &in->boot, &out->area_errors[row], err);
    out->curve_count = sx_wafroc_curve(a, out->curve, SX_PAGE_POINTS);
    sx_afroc_free(a);
    return ok;
}

static bool measure_areas(const sx_eval_input *in, const sx_detect_result *d,
                          const sx_detector_result *r, sx_findings_result *out, sx_error *err) {
    const int classes = r->boxes.class_count;
    bool ok = true;
    for (int c = 0; ok && c < classes; c++)
        ok = measure_area(in, d, sx_matches_of(sx_detect_froc_lists(r->lists), c, 0), c, out, err);
    /* last: the curve that is kept */
    return ok && measure_area(in, d, sx_detect_pooled(r->lists), classes, out, err);
}

/* ---- */

sx_findings_result *sx_findings_compute(const sx_eval_input *in, const sx_detect_report_options *o,
                                        const sx_detect_result *d, const sx_detector_result *r,
                                        sx_error *err) {
    double thresholds[SX_CLASSES_MAX];
    sx_findings_result *out = sx_calloc_for(1, sizeof *out, "results", err);
    if (!out) return NULL;
    out->name = r->name;
    for (int c = 0; c < r->boxes.class_count; c++)
        thresholds[c] = r->operating_points[c].threshold;
    const double near = fmin(SX_NEAR_IOU, o->iou_one);
    if (sx_box_errors_of(&r->boxes, thresholds, o->iou_one, near, &out->kinds, err) &&
        measure_studies(in, d, r, out, err) && measure_areas(in, d, r, out, err)) {
        count_errors(r, out);
        return out;
    }
    sx_findings_free(out);
    return NULL;
}

void sx_findings_free(sx_findings_result *r) {
    if (!r) return;
    sx_box_errors_free(&r->kinds);
    free(r);
}
