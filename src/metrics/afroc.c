#include "metrics/afroc.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "metrics/sort.h"

static const double unmarked = -INFINITY;

/* The ratings of lesions, or the highest false mark of each film, from the highest to the lowest.
 */
typedef struct ratings {
    double *values;
    uint32_t *films;
    size_t count;
} ratings;

struct sx_afroc {
    size_t film_count;
    uint32_t *lesion_counts; /* [film_count] */
    ratings lesions, films;
};

const char *sx_afroc_key(sx_afroc_area a) {
    static const char *const keys[SX_AFROC_AREAS] = { "afroc", "afroc1", "wafroc", "wafroc1" };
    return keys[a];
}

const char *sx_afroc_name(sx_afroc_area a) {
    static const char *const names[SX_AFROC_AREAS] = { "AFROC", "AFROC1", "wAFROC", "wAFROC1" };
    return names[a];
}

/* ---- */

static bool ratings_make(ratings *r, size_t room, sx_error *err) {
    r->values = sx_calloc_for(room + 1, sizeof *r->values, "ratings", err);
    r->films = sx_calloc_for(room + 1, sizeof *r->films, "ratings", err);
    return r->values && r->films;
}

static void ratings_free(ratings *r) {
    free(r->values);
    free(r->films);
}

static bool sort_ratings(ratings *r, sx_error *err) {
    ratings sorted = { 0 };
    uint32_t *order = sx_calloc_for(r->count + 1, sizeof *order, "ratings", err);
    const bool ok = order && ratings_make(&sorted, r->count, err) &&
                    sx_sort_descending(r->values, r->count, order, err);
    for (size_t i = 0; ok && i < r->count; i++) {
        sorted.values[i] = r->values[order[i]];
        sorted.films[i] = r->films[order[i]];
    }
    free(order);
    if (!ok) {
        ratings_free(&sorted);
        return false;
    }
    sorted.count = r->count;
    ratings_free(r);
    *r = sorted;
    return true;
}

/* Lesions without a hit, and films without a false mark, keep the lowest rating. */
static bool collect(const sx_match_list *l, size_t t, sx_afroc *a, sx_error *err) {
    uint32_t *hits = sx_calloc_for(a->film_count + 1, sizeof *hits, "films", err);
    if (!hits) return false;
    a->films.count = a->film_count;
    for (size_t f = 0; f < a->film_count; f++) {
        a->lesion_counts[f] = l->positives[f];
        a->films.values[f] = unmarked;
        a->films.films[f] = (uint32_t)f;
    }
    for (size_t i = 0; i < l->count; i++) {
        const uint32_t film = l->films[i];
        if (l->ignored[i] >> t & 1) continue;
        if (l->hits[i] >> t & 1) {
            hits[film]++;
            a->lesions.values[a->lesions.count] = l->scores[i];
            a->lesions.films[a->lesions.count++] = film;
        } else
            a->films.values[film] = fmax(a->films.values[film], l->scores[i]);
    }
    for (size_t f = 0; f < a->film_count; f++)
        for (uint32_t k = hits[f]; k < l->positives[f]; k++) {
            a->lesions.values[a->lesions.count] = unmarked;
            a->lesions.films[a->lesions.count++] = (uint32_t)f;
        }
    free(hits);
    return true;
}

sx_afroc *sx_afroc_new(const sx_match_list *l, size_t film_count, size_t t, sx_error *err) {
    size_t lesions = 0;
    for (size_t f = 0; f < film_count; f++)
        lesions += l->positives[f];
    sx_afroc *a = sx_calloc_for(1, sizeof *a, "AFROC", err);
    if (!a) return NULL;
    a->film_count = film_count;
    a->lesion_counts = sx_calloc_for(film_count + 1, sizeof *a->lesion_counts, "films", err);
    if (a->lesion_counts && ratings_make(&a->lesions, lesions, err) &&
        ratings_make(&a->films, film_count, err) && collect(l, t, a, err) &&
        sort_ratings(&a->lesions, err) && sort_ratings(&a->films, err))
        return a;
    sx_afroc_free(a);
    return NULL;
}

void sx_afroc_free(sx_afroc *a) {
    if (!a) return;
    ratings_free(&a->lesions);
    ratings_free(&a->films);
    free(a->lesion_counts);
    free(a);
}

/* ---- areas ---- */

/* Films with a rating above, and at, the one being looked at: [0] without lesions, [1] all. */
typedef struct above {
    double above[2], equal[2], total[2];
    size_t next;
} above;

static void count_films(const sx_afroc *a, const uint32_t *weight, above *n) {
    *n = (above){ 0 };
    for (size_t i = 0; i < a->films.count; i++) {
        const uint32_t film = a->films.films[i];
        const double w = weight ? weight[film] : 1;
        n->total[1] += w;
        if (!a->lesion_counts[film]) n->total[0] += w;
    }
}

/* Moves to a lower rating. */
static void advance(const sx_afroc *a, const uint32_t *weight, double rating, above *n) {
    for (int k = 0; k < 2; k++) {
        n->above[k] += n->equal[k];
        n->equal[k] = 0;
    }
    while (n->next < a->films.count && a->films.values[n->next] >= rating) {
        const uint32_t film = a->films.films[n->next];
        const double w = weight ? weight[film] : 1;
        double *to = a->films.values[n->next++] > rating ? n->above : n->equal;
        to[1] += w;
        if (!a->lesion_counts[film]) to[0] += w;
    }
}

void sx_afroc_areas(const sx_afroc *a, const uint32_t *weight, double out[SX_AFROC_AREAS]) {
    above n;
    double sums[2][2] = { { 0 } }, lesions = 0, diseased = 0; /* [weighted][all films] */
    count_films(a, weight, &n);
    for (size_t i = 0; i < a->lesions.count; i++) {
        const uint32_t film = a->lesions.films[i];
        const double w = weight ? weight[film] : 1, share = w / a->lesion_counts[film];
        if (i == 0 || a->lesions.values[i] < a->lesions.values[i - 1])
            advance(a, weight, a->lesions.values[i], &n);
        for (int all = 0; all < 2; all++) {
            const double wins = n.total[all] - n.above[all] - n.equal[all] / 2;
            sums[0][all] += w * wins;
            sums[1][all] += share * wins;
        }
        lesions += w;
        diseased += share;
    }
    for (int all = 0; all < 2; all++) {
        const bool defined = lesions > 0 && n.total[all] > 0;
        out[all ? SX_AFROC1 : SX_AFROC] =
            defined ? sums[0][all] / lesions / n.total[all] : (double)NAN;
        out[all ? SX_WAFROC1 : SX_WAFROC] =
            defined ? sums[1][all] / diseased / n.total[all] : (double)NAN;
    }
}

size_t sx_wafroc_curve(const sx_afroc *a, sx_afroc_point *out, size_t cap) {
    above n;
    double diseased = 0, found = 0;
    size_t count = 0, marked = 0;
    count_films(a, NULL, &n);
    for (size_t i = 0; i < a->lesions.count; i++)
        diseased += 1.0 / a->lesion_counts[a->lesions.films[i]];
    if (!(diseased > 0) || !(n.total[0] > 0) || cap < 3) return 0;
    while (marked < a->lesions.count && a->lesions.values[marked] > unmarked)
        marked++;
    const size_t step = marked / (cap - 2) + 1;
    out[count++] = (sx_afroc_point){ 0, 0 };
    for (size_t i = 0; i < marked; i++) {
        found += 1.0 / a->lesion_counts[a->lesions.films[i]];
        advance(a, NULL, a->lesions.values[i], &n);
        if ((i + 1) % step == 0 && i + 1 < marked)
            out[count++] =
                (sx_afroc_point){ (n.above[0] + n.equal[0]) / n.total[0], found / diseased };
    }
    /* the last point has every mark, also those below the last lesion found */
    double false_positives = 0;
    for (size_t i = 0; i < a->films.count; i++)
        false_positives += a->films.values[i] > unmarked && !a->lesion_counts[a->films.films[i]];
    out[count++] = (sx_afroc_point){ false_positives / n.total[0], found / diseased };
    return count;
}

/* ---- jackknife and bootstrap ---- */

typedef struct job {
    const sx_afroc *a;
    const sx_groups *groups;
    const sx_bootstrap *how;
    double *values; /* [SX_AFROC_AREAS][count] */
    size_t count;
    bool jackknife;
    atomic_bool failed;
} job;

static void weigh(const job *j, size_t b, uint32_t *scratch, uint32_t *weight) {
    if (!j->jackknife) {
        sx_resample_cases(j->groups, j->how->seed, b, scratch, weight);
        return;
    }
    for (size_t i = 0; i < j->groups->case_count; i++)
        weight[i] = sx_group_of(j->groups, i) != b;
}

static void area_range(void *ctx, size_t begin, size_t end) {
    job *j = ctx;
    uint32_t *weight = sx_calloc(j->groups->case_count + 1, sizeof *weight);
    uint32_t *scratch = sx_calloc(j->groups->count + 1, sizeof *scratch);
    for (size_t b = begin; weight && scratch && b < end; b++) {
        double areas[SX_AFROC_AREAS];
        weigh(j, b, scratch, weight);
        sx_afroc_areas(j->a, weight, areas);
        for (size_t k = 0; k < SX_AFROC_AREAS; k++)
            j->values[k * j->count + b] = areas[k];
    }
    if (!weight || !scratch) atomic_store(&j->failed, true);
    free(weight);
    free(scratch);
}

static bool run_job(job *j, size_t count, const sx_bootstrap *how, sx_error *err) {
    sx_bootstrap all = *how;
    all.resamples = j->count = count;
    j->values = sx_calloc_for(count + 1, SX_AFROC_AREAS * sizeof *j->values, "resamples", err);
    const sx_resample_work w = { .fn = area_range,
                                 .ctx = j,
                                 .grain = 50,
                                 .values = j->values,
                                 .number_count = SX_AFROC_AREAS,
                                 .failed = &j->failed };
    return j->values && sx_resample_all(&all, &w, err);
}

static double jackknife_se(const double *values, size_t n) {
    double mean = 0, square = 0;
    for (size_t i = 0; i < n; i++)
        mean += values[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        square += (values[i] - mean) * (values[i] - mean);
    return n > 1 ? sqrt(square * (double)(n - 1) / (double)n) : (double)NAN;
}

bool sx_afroc_errors_of(const sx_afroc *a, const sx_groups *groups, const sx_bootstrap *how,
                        sx_afroc_errors *out, sx_error *err) {
    double areas[SX_AFROC_AREAS];
    job leave_out = { .a = a, .groups = groups, .how = how, .jackknife = true };
    job boot = { .a = a, .groups = groups, .how = how };
    const size_t units = groups->of ? groups->count : groups->case_count;
    sx_afroc_areas(a, NULL, areas);
    bool ok = run_job(&leave_out, units, how, err);
    for (size_t k = 0; ok && k < SX_AFROC_AREAS; k++) {
        out->jackknife_se[k] = jackknife_se(leave_out.values + k * units, units);
        out->jackknife[k] = sx_normal_interval(areas[k], out->jackknife_se[k], how->level, 0, 1);
        out->boot[k] = (sx_interval){ NAN, NAN };
    }
    if (ok && how->resamples) {
        ok = run_job(&boot, how->resamples, how, err);
        for (size_t k = 0; ok && k < SX_AFROC_AREAS; k++)
            out->boot[k] =
                sx_boot_summarise(boot.values + k * how->resamples, how->resamples, how->level)
                    .interval;
    }
    free(leave_out.values);
    free(boot.values);
    return ok;
}
