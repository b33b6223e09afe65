#include "metrics/classification.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "train/comm.h"

static const struct {
    const char *key, *name;
} measure_names[SX_MEASURES] = {
    [SX_AUROC] = { "auroc", "AUROC" },
    [SX_AP] = { "average_precision", "average precision" },
    [SX_SENSITIVITY] = { "sensitivity", "sensitivity" },
    [SX_SPECIFICITY] = { "specificity", "specificity" },
    [SX_PRECISION] = { "precision", "precision (PPV)" },
    [SX_NPV] = { "npv", "NPV" },
    [SX_ACCURACY] = { "accuracy", "accuracy" },
    [SX_BALANCED_ACCURACY] = { "balanced_accuracy", "balanced accuracy" },
    [SX_F1] = { "f1", "F1" },
    [SX_MCC] = { "mcc", "Matthews correlation" },
    [SX_BRIER] = { "brier", "Brier score" },
};

const char *sx_measure_key(sx_measure m) {
    return measure_names[m].key;
}

const char *sx_measure_name(sx_measure m) {
    return measure_names[m].name;
}

static void from_levels(const sx_levels *l, double threshold, double out[SX_MEASURES]) {
    sx_rates r = sx_rates_of(sx_confusion_at(l, threshold));
    out[SX_AUROC] = sx_auroc(l);
    out[SX_AP] = sx_average_precision(l);
    out[SX_SENSITIVITY] = r.sensitivity;
    out[SX_SPECIFICITY] = r.specificity;
    out[SX_PRECISION] = r.precision;
    out[SX_NPV] = r.npv;
    out[SX_ACCURACY] = r.accuracy;
    out[SX_BALANCED_ACCURACY] = r.balanced_accuracy;
    out[SX_F1] = r.f1;
    out[SX_MCC] = r.mcc;
    double squares = 0;
    for (size_t k = 0; k < l->count; k++) {
        double s = l->scores[k];
        squares += l->pos[k] * (1 - s) * (1 - s) + l->neg[k] * s * s;
    }
    out[SX_BRIER] = squares / (double)(l->positives + l->negatives);
}

bool sx_measure_all(const unsigned char *label, const double *score, size_t n, double threshold,
                    double out[SX_MEASURES], sx_error *err) {
    sx_ranking r;
    sx_levels l;
    if (!sx_ranking_make(&r, label, score, n, err)) return false;
    bool ok = sx_levels_make(&l, &r, err);
    if (ok) from_levels(&l, threshold, out);
    if (ok) sx_levels_free(&l);
    sx_ranking_free(&r);
    return ok;
}

/* ---- proportions ---- */

/* 1: a success of the measure; 0: a failure; -1: it does not count. */
static signed char outcome_of(sx_measure m, bool abnormal, bool called) {
    switch (m) {
    case SX_SENSITIVITY:
        return abnormal ? called : -1;
    case SX_SPECIFICITY:
        return abnormal ? -1 : !called;
    case SX_PRECISION:
        return called ? abnormal : -1;
    case SX_NPV:
        return called ? -1 : !abnormal;
    case SX_ACCURACY:
        return called == abnormal;
    default:
        return -1;
    }
}

bool sx_class_proportions(const sx_cases *c, double threshold, double level,
                          sx_proportion out[SX_MEASURES], sx_error *err) {
    signed char *outcomes = sx_calloc_for(c->count + 1, 1, "cases", err);
    bool ok = outcomes != NULL;
    for (int m = 0; ok && m < SX_MEASURES; m++) {
        for (size_t i = 0; i < c->count; i++)
            outcomes[i] =
                outcome_of((sx_measure)m, c->labels[i] != 0, c->scores[0][i] >= threshold);
        ok = sx_proportion_of_cases(outcomes, &c->groups, level, &out[m], err);
    }
    free(outcomes);
    return ok;
}

/* ---- bootstrap ---- */

typedef struct boot_job {
    const sx_cases *cases;
    const sx_ranking *ranking; /* [models] */
    const double *threshold;
    const sx_bootstrap *how;
    sx_class_boot *out;
    atomic_size_t one_class;
    atomic_bool failed;
} boot_job;

static void one_resample(boot_job *job, size_t b, sx_levels *levels, const uint32_t *weight) {
    bool one_class = false;
    for (size_t m = 0; m < job->cases->model_count; m++) {
        double v[SX_MEASURES];
        sx_levels_count(&levels[m], &job->ranking[m], weight);
        one_class = !levels[m].positives || !levels[m].negatives;
        if (!one_class) from_levels(&levels[m], job->threshold[m], v);
        for (size_t k = 0; k < SX_MEASURES; k++)
            job->out->values[(m * SX_MEASURES + k) * job->how->resamples + b] =
                one_class ? NAN : v[k];
    }
    if (one_class) atomic_fetch_add(&job->one_class, 1);
}

static void boot_range(void *ctx, size_t begin, size_t end) {
    boot_job *job = ctx;
    const sx_cases *c = job->cases;
    size_t made = 0;
    sx_levels *levels = sx_calloc(c->model_count, sizeof *levels);
    uint32_t *weight = sx_calloc(c->count, sizeof *weight);
    uint32_t *scratch = sx_calloc(c->groups.of ? c->groups.count : 1, sizeof *scratch);
    bool ok = levels && weight && scratch;
    while (ok && made < c->model_count)
        if ((ok = sx_levels_make(&levels[made], &job->ranking[made], NULL))) made++;
    for (size_t b = begin; ok && b < end; b++) {
        sx_resample_cases(&c->groups, job->how->seed, b, scratch, weight);
        one_resample(job, b, levels, weight);
    }
    if (!ok) atomic_store(&job->failed, true);
    while (made > 0)
        sx_levels_free(&levels[--made]);
    free(levels);
    free(weight);
    free(scratch);
}

bool sx_class_bootstrap(const sx_cases *c, const double *threshold, const sx_bootstrap *how,
                        sx_class_boot *out, sx_error *err) {
    *out = (sx_class_boot){ .model_count = c->model_count, .resamples = how->resamples };
    sx_ranking *ranking = sx_calloc_for(c->model_count, sizeof *ranking, "models", err);
    if (!ranking) return false;
    size_t ranked = 0;
    bool ok = true;
    while (ok && ranked < c->model_count) {
        ok = sx_ranking_make(&ranking[ranked], c->labels, c->scores[ranked], c->count, err);
        ranked += ok;
    }
    if (ok) {
        out->values =
            sx_calloc_for(how->resamples, c->model_count * SX_MEASURES * sizeof *out->values,
                          "bootstrap resamples", err);
        ok = out->values != NULL;
    }
    if (ok) {
        boot_job job = {
            .cases = c, .ranking = ranking, .threshold = threshold, .how = how, .out = out
        };
        ok = sx_resample_all(how,
                             &(sx_resample_work){ .fn = boot_range,
                                                  .ctx = &job,
                                                  .grain = 50,
                                                  .values = out->values,
                                                  .number_count = c->model_count * SX_MEASURES,
                                                  .failed = &job.failed },
                             err);
        double one_class = (double)atomic_load(&job.one_class);
        sx_comm_sum(how->comm, &one_class, 1);
        out->one_class = (size_t)one_class;
    }
    while (ranked > 0)
        sx_ranking_free(&ranking[--ranked]);
    free(ranking);
    if (!ok) sx_class_boot_free(out);
    return ok;
}

void sx_class_boot_free(sx_class_boot *b) {
    free(b->values);
    *b = (sx_class_boot){ 0 };
}

double *sx_class_boot_values(const sx_class_boot *b, size_t model, sx_measure m) {
    return b->values + (model * SX_MEASURES + m) * b->resamples;
}

/* ---- films into studies and patients ---- */

void sx_pool_scores(const unsigned char *label, const double *score, const sx_groups *groups,
                    sx_pooling how, unsigned char *out_label, double *out_score) {
    for (size_t g = 0; g < groups->count; g++) {
        out_label[g] = 0;
        out_score[g] = NAN;
    }
    for (size_t i = 0; i < groups->case_count; i++) {
        const size_t g = sx_group_of(groups, i);
        bool first = isnan(out_score[g]);
        out_label[g] |= label[i] != 0;
        if (how == SX_POOL_MAX)
            out_score[g] = first ? score[i] : fmax(out_score[g], score[i]);
        else
            out_score[g] = first ? score[i] : 1 - (1 - out_score[g]) * (1 - score[i]);
    }
}
