#include "experiment/fit_fused_threshold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "metrics/roc.h"
#include "metrics/temperature.h"

bool sx_film_scores_copy(sx_film_scores *to, const sx_film_set *films, const sx_film_scores *from,
                         sx_error *err) {
    const size_t n = films->count, classes = n * (size_t)from->class_count;
    *to = (sx_film_scores){ .count = n, .class_count = from->class_count };
    to->labels = sx_calloc_for(n + 1, sizeof *to->labels, "labels", err);
    to->scores = to->labels ? sx_calloc_for(n + 1, sizeof *to->scores, "scores", err) : NULL;
    to->classes =
        to->scores ? sx_calloc_for(classes + 1, sizeof *to->classes, "scores", err) : NULL;
    bool ok = to->classes != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        bool fresh;
        to->labels[i] = from->labels[i];
        to->scores[i] = from->scores[i];
        ok = sx_names_put(&to->ids, films->films[i].id, (uint32_t)i, &fresh, err);
    }
    for (size_t i = 0; ok && i < classes; i++)
        to->classes[i] = from->classes[i];
    return ok;
}

void sx_film_scores_free(sx_film_scores *s) {
    sx_names_free(&s->ids);
    free(s->labels);
    free(s->scores);
    free(s->classes);
    *s = (sx_film_scores){ 0 };
}

static bool measure(const unsigned char *labels, const double *scores, size_t n, double *auroc,
                    double *youden, sx_error *err) {
    sx_ranking r = { 0 };
    sx_levels l = { 0 };
    const bool ok = sx_ranking_make(&r, labels, scores, n, err) && sx_levels_make(&l, &r, err);
    if (ok) {
        *auroc = sx_auroc(&l);
        *youden = sx_youden(&l);
    }
    sx_levels_free(&l);
    sx_ranking_free(&r);
    return ok;
}

/* The films that both have, and their scores without and with the boxes. */
static size_t join_films(const sx_film_scores *s, const sx_film_set *films, const double *best,
                         unsigned char *labels, double *alone, double *fused) {
    size_t n = 0;
    for (size_t i = 0; i < films->count; i++) {
        const long at = sx_names_find(&s->ids, films->films[i].id);
        if (at < 0) continue;
        labels[n] = s->labels[at];
        alone[n] = s->scores[at];
        fused[n++] = (s->scores[at] + best[i]) / 2;
    }
    return n;
}

bool sx_fused_threshold_fit(const sx_film_scores *s, const sx_film_set *films, const double *best,
                            sx_fused_threshold *out, sx_error *err) {
    *out = (sx_fused_threshold){ 0, NAN, NAN, NAN };
    unsigned char *labels = sx_calloc_for(films->count + 1, sizeof *labels, "labels", err);
    double *alone =
               labels ? sx_calloc_for(films->count + 1, 2 * sizeof *alone, "scores", err) : NULL,
           *fused = alone ? alone + films->count + 1 : NULL, youden = NAN, of_alone;
    bool ok = alone != NULL;
    if (ok) out->film_count = join_films(s, films, best, labels, alone, fused);
    if (ok && out->film_count)
        ok = measure(labels, alone, out->film_count, &out->auroc_alone, &of_alone, err) &&
             measure(labels, fused, out->film_count, &out->auroc, &youden, err);
    if (!isnan(youden)) out->threshold = sx_threshold_below((float)fmin(youden, 1));
    free(alone);
    free(labels);
    return ok;
}
