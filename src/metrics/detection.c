#include "metrics/detection.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "metrics/proportion.h"

struct sx_detect {
    /* `ap` has the thresholds of the options, then iou_one if it is not among them. */
    sx_matches ap, froc;
    sx_match_list pooled;
    uint32_t *hits, *false_positives; /* [film_count] of all boxes, as matched for FROC */
    size_t film_count, iou_count, one, most_per_film;
    int class_count;
};

size_t sx_detect_ap(const sx_detect_numbers *n, int label) {
    (void)n;
    return (size_t)(label + 1) * 10;
}

size_t sx_detect_ap_one(const sx_detect_numbers *n, int label) {
    return sx_detect_ap(n, label) + 1;
}

size_t sx_detect_froc(const sx_detect_numbers *n, int label, int rate) {
    return sx_detect_ap(n, label) + 3 + (size_t)rate;
}

size_t sx_detect_number_count(int class_count) {
    return 10 * ((size_t)class_count + 1) + 3;
}

size_t sx_detect_specificity(const sx_detect_numbers *n) {
    return sx_detect_number_count(n->class_count) - 3;
}

size_t sx_detect_found_share(const sx_detect_numbers *n) {
    return sx_detect_number_count(n->class_count) - 2;
}

size_t sx_detect_fp_per_image(const sx_detect_numbers *n) {
    return sx_detect_number_count(n->class_count) - 1;
}

static const sx_size_range every_size = { 0, INFINITY };

/* The pooled list, and the hits and false positives of each film. */
static bool pool(sx_detect *d, sx_error *err) {
    if (!sx_matches_pool(&d->froc, &d->pooled, err)) return false;
    d->hits = sx_calloc_for(d->film_count + 1, 2 * sizeof *d->hits, "films", err);
    if (!d->hits) return false;
    d->false_positives = d->hits + d->film_count + 1;
    for (size_t i = 0; i < d->pooled.count; i++) {
        bool hit = d->pooled.hits[i] & 1, counts = !(d->pooled.ignored[i] & 1);
        if (counts) (hit ? d->hits : d->false_positives)[d->pooled.films[i]]++;
    }
    return true;
}

sx_detect *sx_detect_new(const sx_boxes *b, const sx_detect_options *o, sx_error *err) {
    if (b->class_count < 1 || b->class_count > SX_CLASSES_MAX) {
        sx_fail(err, SX_ERR_LIMIT, "%d classes; 1 to %d", b->class_count, SX_CLASSES_MAX);
        return NULL;
    }
    if (o->iou_count == 0 || o->iou_count >= SX_IOUS_MAX) {
        sx_fail(err, SX_ERR_USAGE, "%zu IoU thresholds; 1 to %d", o->iou_count, SX_IOUS_MAX - 1);
        return NULL;
    }
    sx_detect *d = sx_calloc_for(1, sizeof *d, "matches", err);
    if (!d) return NULL;
    double iou[SX_IOUS_MAX];
    d->film_count = b->film_count;
    d->class_count = b->class_count;
    d->most_per_film = o->most_per_film;
    d->iou_count = d->one = o->iou_count;
    for (size_t t = 0; t < o->iou_count; t++) {
        iou[t] = o->ious[t];
        if (iou[t] == o->iou_one) d->one = t;
    }
    iou[o->iou_count] = o->iou_one;
    size_t all = d->one < d->iou_count ? d->iou_count : d->iou_count + 1;
    sx_match_options ap = { SX_MATCH_COCO, iou, all, &every_size, 1, o->most_per_film };
    sx_match_options froc = { o->froc, &o->iou_one, 1, &every_size, 1, 0 };
    if (sx_match_boxes(b, &ap, &d->ap, err) && sx_match_boxes(b, &froc, &d->froc, err) &&
        pool(d, err))
        return d;
    sx_detect_free(d);
    return NULL;
}

void sx_detect_free(sx_detect *d) {
    if (!d) return;
    sx_matches_free(&d->ap);
    sx_matches_free(&d->froc);
    sx_match_list_free(&d->pooled);
    free(d->hits);
    free(d);
}

sx_detect *sx_detect_filter(const sx_detect *d, const bool *keep, sx_error *err) {
    sx_detect *f = sx_calloc_for(1, sizeof *f, "matches", err);
    if (!f) return NULL;
    *f = *d;
    f->ap.lists = f->froc.lists = NULL;
    f->pooled = (sx_match_list){ 0 };
    f->hits = NULL;
    if (sx_matches_filter(&d->ap, keep, &f->ap, err) &&
        sx_matches_filter(&d->froc, keep, &f->froc, err) && pool(f, err))
        return f;
    sx_detect_free(f);
    return NULL;
}

size_t sx_detect_longest(const sx_detect *d) {
    return d->pooled.count;
}

const sx_matches *sx_detect_froc_lists(const sx_detect *d) {
    return &d->froc;
}

const sx_match_list *sx_detect_pooled(const sx_detect *d) {
    return &d->pooled;
}

const sx_matches *sx_detect_ap_lists(const sx_detect *d) {
    return &d->ap;
}

static void put_froc(sx_detect_numbers *out, int label, sx_froc f) {
    out->values[sx_detect_froc(out, label, -1)] = f.mean;
    for (int r = 0; r < SX_FROC_RATES; r++)
        out->values[sx_detect_froc(out, label, r)] = f.sensitivities[r];
}

void sx_detect_measure(const sx_detect *d, const uint32_t *weight, sx_ap_scratch *s,
                       sx_detect_numbers *out) {
    double sum = 0, sum_one = 0;
    int present = 0;
    out->class_count = d->class_count;
    out->count = sx_detect_number_count(d->class_count);
    for (int c = 0; c < d->class_count; c++) {
        const sx_match_list *l = sx_matches_of(&d->ap, c, 0);
        sx_pr_curve curve;
        double mean = 0, one = 0;
        sx_ap_prepare(l, weight, s);
        for (size_t t = 0; t < d->ap.iou_count; t++) {
            sx_pr_accumulate(l, d->film_count, t, d->most_per_film, weight, s, &curve);
            double ap = sx_ap_of(&curve);
            if (t < d->iou_count) mean += ap / (double)d->iou_count;
            if (t == d->one) one = ap;
        }
        out->values[sx_detect_ap(out, c)] = mean;
        out->values[sx_detect_ap_one(out, c)] = one;
        put_froc(out, c, sx_froc_of(sx_matches_of(&d->froc, c, 0), d->film_count, 0, weight));
        if (isnan(mean)) continue;
        sum += mean;
        sum_one += one;
        present++;
    }
    out->values[sx_detect_ap(out, -1)] = present ? sum / present : NAN;
    out->values[sx_detect_ap_one(out, -1)] = present ? sum_one / present : NAN;
    put_froc(out, -1, sx_froc_of(&d->pooled, d->film_count, 0, weight));
    double hits = 0, false_positives = 0, positives = 0, films = 0, normal = 0, clean = 0;
    for (size_t f = 0; f < d->film_count; f++) {
        double w = weight ? weight[f] : 1;
        films += w;
        hits += w * d->hits[f];
        false_positives += w * d->false_positives[f];
        positives += w * d->pooled.positives[f];
        if (d->pooled.positives[f]) continue;
        normal += w;
        clean += d->false_positives[f] == 0 ? w : 0;
    }
    out->values[sx_detect_specificity(out)] = normal > 0 ? clean / normal : NAN;
    out->values[sx_detect_found_share(out)] = positives > 0 ? hits / positives : NAN;
    out->values[sx_detect_fp_per_image(out)] = films > 0 ? false_positives / films : NAN;
}

/* ---- bootstrap ---- */

typedef struct boot_job {
    const sx_detect *d;
    const sx_match_list *list; /* not NULL: the rates of this list at `threshold` instead of d */
    double threshold;
    const sx_groups *groups;
    const sx_bootstrap *how;
    sx_detect_boot *out;
    atomic_bool failed;
} boot_job;

static void measure_one(const boot_job *job, size_t b, const uint32_t *weight, sx_ap_scratch *s) {
    double *column = job->out->values + b;
    const size_t resamples = job->how->resamples;
    if (job->d) {
        sx_detect_numbers n;
        sx_detect_measure(job->d, weight, s, &n);
        for (size_t k = 0; k < n.count; k++)
            column[k * resamples] = n.values[k];
        return;
    }
    const sx_detection_rates r =
        sx_detection_at(job->list, job->groups->case_count, 0, job->threshold, weight);
    column[0] = r.f1;
    column[resamples] = r.fp_per_image;
}

static void boot_range(void *ctx, size_t begin, size_t end) {
    boot_job *job = ctx;
    sx_ap_scratch *s = sx_ap_scratch_new(job->d ? sx_detect_longest(job->d) : 1, NULL);
    uint32_t *weight = sx_calloc(job->groups->case_count + 1, sizeof *weight);
    uint32_t *scratch = sx_calloc(job->groups->of ? job->groups->count : 1, sizeof *scratch);
    bool ok = s && weight && scratch;
    for (size_t b = begin; ok && b < end; b++) {
        sx_resample_cases(job->groups, job->how->seed, b, scratch, weight);
        measure_one(job, b, weight, s);
    }
    if (!ok) atomic_store(&job->failed, true);
    sx_ap_scratch_free(s);
    free(weight);
    free(scratch);
}

static bool run_job(boot_job *job, size_t numbers, sx_error *err) {
    *job->out = (sx_detect_boot){ .number_count = numbers, .resamples = job->how->resamples };
    job->out->values = sx_calloc_for(job->how->resamples + 1, numbers * sizeof *job->out->values,
                                     "bootstrap resamples", err);
    if (!job->out->values) return false;
    const sx_resample_work w = { .fn = boot_range,
                                 .ctx = job,
                                 .grain = 8,
                                 .values = job->out->values,
                                 .number_count = numbers,
                                 .failed = &job->failed };
    if (sx_resample_all(job->how, &w, err)) return true;
    sx_detect_boot_free(job->out);
    return false;
}

static bool has_true_box(const sx_detect *d, int c) {
    const sx_match_list *l = sx_matches_of(&d->ap, c, 0);
    size_t f = 0;
    while (f < d->film_count && !l->positives[f])
        f++;
    return f < d->film_count;
}

static sx_lacking count_lacking(const sx_detect *d, const sx_detect_boot *boot) {
    const sx_detect_numbers n = { .class_count = d->class_count };
    bool present[SX_CLASSES_MAX];
    sx_lacking out = { 0 };
    for (int c = 0; c < d->class_count; c++)
        present[c] = has_true_box(d, c);
    for (size_t b = 0; b < boot->resamples; b++) {
        bool any = false;
        for (int c = 0; c < d->class_count; c++) {
            const double ap = boot->values[sx_detect_ap(&n, c) * boot->resamples + b];
            if (!present[c] || !isnan(ap)) continue;
            out.classes[c]++;
            any = true;
        }
        out.any += any;
    }
    return out;
}

bool sx_detect_bootstrap(const sx_detect *d, const sx_groups *groups, const sx_bootstrap *how,
                         sx_detect_boot *out, sx_error *err) {
    boot_job job = { .d = d, .groups = groups, .how = how, .out = out };
    if (!run_job(&job, sx_detect_number_count(d->class_count), err)) return false;
    out->lacking = count_lacking(d, out);
    return true;
}

void sx_detect_boot_free(sx_detect_boot *b) {
    free(b->values);
    *b = (sx_detect_boot){ 0 };
}

/* Hits of all lesions, and of all boxes that are hits or false positives. */
static bool shares_of(const sx_match_list *l, const sx_groups *groups, double threshold,
                      double level, sx_rate_intervals *out, sx_error *err) {
    const size_t units = sx_group_count(groups);
    uint64_t *hits = sx_calloc_for(units + 1, 3 * sizeof *hits, "films", err);
    if (!hits) return false;
    uint64_t *lesions = hits + units + 1, *boxes = lesions + units + 1;
    for (size_t f = 0; f < groups->case_count; f++)
        lesions[sx_group_of(groups, f)] += l->positives[f];
    for (size_t i = 0; i < l->count && l->scores[i] >= threshold; i++) {
        const size_t unit = sx_group_of(groups, l->films[i]);
        if (l->ignored[i] & 1) continue;
        hits[unit] += l->hits[i] & 1;
        boxes[unit]++;
    }
    out->sensitivity = sx_proportion_of(hits, lesions, units, level).interval;
    out->precision = sx_proportion_of(hits, boxes, units, level).interval;
    free(hits);
    return true;
}

bool sx_detect_rate_intervals(const sx_match_list *l, const sx_groups *groups, double threshold,
                              const sx_bootstrap *how, sx_rate_intervals *out, sx_error *err) {
    sx_detect_boot boot;
    boot_job job = {
        .list = l, .threshold = threshold, .groups = groups, .how = how, .out = &boot
    };
    out->f1 = out->fp_per_image = (sx_interval){ NAN, NAN };
    if (!shares_of(l, groups, threshold, how->level, out, err)) return false;
    if (!how->resamples) return true;
    if (!run_job(&job, 2, err)) return false;
    sx_interval *const to[2] = { &out->f1, &out->fp_per_image };
    for (size_t k = 0; k < 2; k++)
        *to[k] = sx_boot_summarise(boot.values + k * how->resamples, how->resamples, how->level)
                     .interval;
    sx_detect_boot_free(&boot);
    return true;
}
