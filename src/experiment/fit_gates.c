#include "experiment/fit_gates.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "metrics/temperature.h"

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Whether box i counts, and the probability of its film. */
static bool counts(const sx_match_list *l, size_t i, double score, const double *probabilities,
                   double *p) {
    *p = probabilities[l->films[i]];
    return l->scores[i] >= score && !(l->ignored[i] & 1) && !isnan(*p);
}

bool sx_fit_gate(const sx_match_list *l, double score, const double *probabilities,
                 double most_lost, sx_gate_fit *out, sx_error *err) {
    double p;
    *out = (sx_gate_fit){ .gate = (double)NAN };
    double *hits = sx_calloc_for(l->count + 1, sizeof *hits, "gates", err);
    if (!hits) return false;
    for (size_t i = 0; i < l->count; i++)
        if (counts(l, i, score, probabilities, &p)) {
            if (l->hits[i] & 1)
                hits[out->hits++] = p;
            else
                out->false_boxes++;
        }
    qsort(hits, out->hits, sizeof *hits, by_value);
    if (out->hits >= SX_GATE_LEAST_HITS) {
        size_t lost = (size_t)(most_lost * (double)out->hits);
        lost = lost < out->hits ? lost : out->hits - 1;
        out->gate = sx_threshold_below((float)hits[lost]);
    }
    for (size_t i = 0; i < l->count; i++)
        if (counts(l, i, score, probabilities, &p) && p < out->gate) {
            out->lost += l->hits[i] & 1;
            out->removed += !(l->hits[i] & 1);
        }
    if (out->removed == 0) {
        out->gate = (double)NAN;
        out->lost = 0;
    }
    free(hits);
    return true;
}
