#include "experiment/fit_familiarity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "metrics/sort.h"

enum { PARTS = 5, COMPONENTS = 8, ROUNDS = 100 };

/* Some of the films. */
typedef struct selection {
    const sx_film_features *of;
    size_t *films; /* [count] */
    size_t count;
} selection;

static const float *features_of(const sx_film_features *of, size_t film) {
    return of->values + film * (size_t)of->count;
}

static const float *selected(const selection *s, size_t i) {
    return features_of(s->of, s->films[i]);
}

/* The films of all parts but one; PARTS: all. */
static void select_films(selection *s, const sx_grouped_films *g, int part) {
    s->count = 0;
    for (size_t i = 0; i < g->count; i++)
        if ((int)(g->items[i] % PARTS) != part) s->films[s->count++] = i;
}

/* A feature that varies hardly or not among these films must not dominate the distance. */
static const double least_scale = 0.01; /* of the mean standard deviation */

static void fit_scales(const selection *s, sx_familiarity *f) {
    const size_t n = s->count;
    const int count = f->features;
    double sum = 0;
    for (int c = 0; c < count; c++) {
        double mean = 0, squares = 0;
        for (size_t i = 0; i < n; i++)
            mean += (double)selected(s, i)[c] / (double)n;
        for (size_t i = 0; i < n; i++)
            squares += pow((double)selected(s, i)[c] - mean, 2) / (double)n;
        f->mean[c] = mean;
        f->scale[c] = sqrt(squares);
        sum += f->scale[c];
    }
    const double least = sum > 0 ? least_scale * sum / count : 1;
    for (int c = 0; c < count; c++)
        f->scale[c] = fmax(f->scale[c], least);
}

/* [films][features], standardised; NULL: no memory. */
static double *standardise(const selection *s, const sx_familiarity *f, sx_error *err) {
    const size_t n = s->count, count = (size_t)f->features;
    double *z = sx_calloc_for(n * count, sizeof *z, "features", err);
    for (size_t i = 0; z && i < n; i++)
        for (size_t c = 0; c < count; c++)
            z[i * count + c] = ((double)selected(s, i)[c] - f->mean[c]) / f->scale[c];
    return z;
}

static double dot(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Makes `v` orthogonal to the components before it and of length 1. */
static void orthonormalise(const sx_familiarity *f, int components, double *v) {
    const size_t n = (size_t)f->features;
    for (int k = 0; k < components; k++) {
        const double *axis = f->basis + (size_t)k * n, along = dot(axis, v, n);
        for (size_t c = 0; c < n; c++)
            v[c] -= along * axis[c];
    }
    const double length = sqrt(dot(v, v, n));
    for (size_t c = 0; length > 0 && c < n; c++)
        v[c] /= length;
}

/* v = covariance v; the result's component along the old v is the variance there. */
static double multiply(const double *z, size_t films, size_t n, double *v, double *next) {
    double variance = 0;
    memset(next, 0, n * sizeof *next);
    for (size_t i = 0; i < films; i++) {
        const double *row = z + i * n, along = dot(row, v, n);
        variance += along * along / (double)films;
        for (size_t c = 0; c < n; c++)
            next[c] += along * row[c] / (double)films;
    }
    memcpy(v, next, n * sizeof *v);
    return variance;
}

/* The next principal component, by power iteration from a fixed start. Directions of nearly equal
 * variance may mix, which does not change the distance much. */
static void find_component(const double *z, size_t films, sx_familiarity *f, int k,
                           double *scratch) {
    const size_t n = (size_t)f->features;
    double *v = f->basis + (size_t)k * n;
    for (size_t c = 0; c < n; c++)
        v[c] = 1 + 0.5 * sin((double)(c + 1) * (k + 1));
    orthonormalise(f, k, v);
    for (int round = 0; round < ROUNDS; round++) {
        (void)multiply(z, films, n, v, scratch);
        orthonormalise(f, k, v);
    }
    memcpy(scratch + n, v, n * sizeof *v);
    f->variance[k] = multiply(z, films, n, v, scratch);
    memcpy(v, scratch + n, n * sizeof *v);
}

static void find_components(const double *z, size_t films, sx_familiarity *f, double *scratch) {
    const size_t n = (size_t)f->features;
    double rest = dot(z, z, films * n) / (double)films;
    for (int k = 0; k < f->components; k++) {
        find_component(z, films, f, k, scratch);
        rest -= f->variance[k];
    }
    /* where the films span no more directions, a small share of the mean variance */
    const double least = 1e-3;
    f->rest = fmax(rest / (f->features - f->components), least);
    for (int k = 0; k < f->components; k++)
        f->variance[k] = fmax(f->variance[k], f->rest);
}

static sx_familiarity *fit_one(const selection *s, sx_error *err) {
    const int count = s->of->count, half = (count - 1) / 2,
              k = half < COMPONENTS ? half : COMPONENTS;
    sx_familiarity *f = sx_familiarity_new(count, k, err);
    if (!f) return NULL;
    fit_scales(s, f);
    double *z = standardise(s, f, err),
           *scratch = z ? sx_calloc_for(2 * (size_t)count, sizeof *scratch, "features", err) : NULL;
    if (scratch) find_components(z, s->count, f, scratch);
    if (!scratch) {
        free(f);
        f = NULL;
    }
    free(scratch);
    free(z);
    return f;
}

/* Adds the distances of the films of one part, by a fit to the other parts. A part without films,
 * or with all of them, adds those of a fit to all films. */
static bool measure_part(selection *s, const sx_grouped_films *g, int part, int classifiers,
                         double *distances, sx_error *err) {
    select_films(s, g, part);
    if (s->count == 0) select_films(s, g, PARTS);
    sx_familiarity *f = fit_one(s, err);
    for (size_t i = 0; f && i < g->count; i++)
        if ((int)(g->items[i] % PARTS) == part)
            distances[i] += sx_familiarity_distance(f, features_of(s->of, i)) / classifiers;
    const bool ok = f != NULL;
    free(f);
    return ok;
}

/* The quantile between order statistics (Hyndman and Fan, type 7). */
static double quantile(const double *sorted, size_t n, double p) {
    const double at = p * (double)(n - 1);
    const size_t low = (size_t)floor(at), high = low + 1 < n ? low + 1 : low;
    return sorted[low] + (at - (double)low) * (sorted[high] - sorted[low]);
}

static bool fit_classifier(selection *s, const sx_grouped_films *g, int classifiers,
                           double *distances, sx_familiarity **out, sx_error *err) {
    for (int part = 0; part < PARTS; part++)
        if (!measure_part(s, g, part, classifiers, distances, err)) return false;
    select_films(s, g, PARTS);
    *out = fit_one(s, err);
    return *out != NULL;
}

bool sx_fit_familiarity(const sx_film_features *features, int classifiers,
                        const sx_grouped_films *groups, double unfamiliar, sx_familiarity **out,
                        double *limit, sx_error *err) {
    const size_t n = groups->count;
    double *distances = sx_calloc_for(n, sizeof *distances, "distances", err);
    size_t *films = distances ? sx_calloc_for(n, sizeof *films, "films", err) : NULL;
    bool ok = films != NULL;
    for (int c = 0; c < classifiers; c++)
        out[c] = NULL;
    for (int c = 0; ok && c < classifiers; c++) {
        selection s = { .of = &features[c], .films = films };
        ok = fit_classifier(&s, groups, classifiers, distances, &out[c], err);
    }
    if (ok) {
        sx_sort_values(distances, n);
        *limit = fmax(quantile(distances, n, 1 - unfamiliar), 1e-6); /* 0: equal films */
        for (int c = 0; c < classifiers; c++)
            out[c]->limit = *limit;
    }
    free(films);
    free(distances);
    return ok;
}
