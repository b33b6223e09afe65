#include "data/split.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "data/patients.h"

static uint32_t root_of(uint32_t *parent, uint32_t i) {
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

/* Joins film i with the first film that has this name. */
static bool join_by_name(sx_names *seen, const char *kind, const char *name, uint32_t i,
                         uint32_t *parent, sx_error *err) {
    char key[600];
    bool fresh;
    if (!name[0]) return true;
    snprintf(key, sizeof key, "%s/%s", kind, name);
    if (!sx_names_put(seen, key, i, &fresh, err)) return false;
    if (!fresh) parent[root_of(parent, i)] = root_of(parent, (uint32_t)sx_names_find(seen, key));
    return true;
}

bool sx_film_groups(const sx_manifest *m, uint32_t *group, size_t *groups, sx_error *err) {
    uint32_t *parent = sx_calloc_for(m->film_count, sizeof *parent, "groups of films", err);
    sx_names seen = { 0 };
    const bool numbered = sx_patients_are_numbered(m);
    bool ok = parent != NULL;
    for (uint32_t i = 0; ok && i < m->film_count; i++)
        parent[i] = i;
    for (uint32_t i = 0; ok && i < m->film_count; i++) /* a film in two splits is one film */
        ok = join_by_name(&seen, "film", m->films[i].id, i, parent, err) &&
             join_by_name(&seen, "study", m->films[i].study, i, parent, err) &&
             (!sx_patient_is_known(m->films[i].patient, numbered) ||
              join_by_name(&seen, "patient", m->films[i].patient, i, parent, err));
    *groups = 0;
    for (uint32_t i = 0; ok && i < m->film_count; i++)
        group[i] = UINT32_MAX;
    for (uint32_t i = 0; ok && i < m->film_count; i++) {
        uint32_t root = root_of(parent, i);
        if (group[root] == UINT32_MAX) group[root] = (uint32_t)(*groups)++;
        group[i] = group[root];
    }
    free(parent);
    sx_names_free(&seen);
    return ok;
}

typedef struct dealing {
    const sx_split_plan *plan;
    size_t groups, labels;
    uint32_t *films;     /* [groups] */
    uint8_t *has;        /* [groups][labels] */
    int *assigned;       /* [groups] part; -1: not yet */
    double *want;        /* [parts][labels] */
    double *want_films;  /* [parts] */
    uint64_t key, draws; /* of the random numbers that break ties */
} dealing;

/* The part that lacks most of `label`; of equal ones the one that lacks most films, then at random.
 * label == labels: by films only. */
static int neediest(dealing *d, size_t label) {
    int best = 0, ties = 0;
    for (int p = 0; p < d->plan->part_count; p++) {
        double a = label < d->labels ? d->want[(size_t)p * d->labels + label] : 0;
        double b = label < d->labels ? d->want[(size_t)best * d->labels + label] : 0;
        double diff = a != b ? a - b : d->want_films[p] - d->want_films[best];
        if (p == 0 || diff > 1e-9) {
            best = p;
            ties = 1;
        } else if (diff > -1e-9) {
            ties++;
            if (sx_rng_unit(d->key, d->draws++) * ties < 1) best = p;
        }
    }
    return best;
}

static void deal(dealing *d, size_t g, size_t label) {
    int p = neediest(d, label);
    d->assigned[g] = p;
    d->want_films[p] -= d->films[g];
    for (size_t l = 0; l < d->labels; l++)
        if (d->has[g * d->labels + l]) d->want[(size_t)p * d->labels + l] -= 1;
}

/* The label that the fewest unassigned groups have; labels: they have none. */
static size_t rarest(const dealing *d, size_t *count) {
    size_t best = d->labels;
    for (size_t l = 0; l < d->labels; l++) {
        if (!count[l]) continue;
        if (best == d->labels || count[l] < count[best]) best = l;
    }
    return best;
}

static void deal_all(dealing *d, const uint32_t *order, size_t *count) {
    for (;;) {
        memset(count, 0, d->labels * sizeof *count);
        for (size_t g = 0; g < d->groups; g++)
            for (size_t l = 0; d->assigned[g] < 0 && l < d->labels; l++)
                count[l] += d->has[g * d->labels + l];
        size_t label = rarest(d, count);
        for (size_t i = 0; i < d->groups; i++) {
            size_t g = order[i];
            if (d->assigned[g] < 0 && (label == d->labels || d->has[g * d->labels + label]))
                deal(d, g, label);
        }
        if (label == d->labels) return;
    }
}

static void count_labels(dealing *d, const sx_manifest *m, const uint32_t *group) {
    const size_t classes = m->classes.count;
    for (size_t i = 0; i < m->film_count; i++) {
        uint8_t *has = d->has + group[i] * d->labels;
        d->films[group[i]]++;
        for (size_t k = 0; k < m->films[i].box_count; k++)
            has[m->boxes[m->films[i].first_box + k].label] = 1;
        if (m->films[i].label == 1 && !m->films[i].box_count) has[classes] = 1;
        if (m->films[i].label == 0) has[classes + 1] = 1;
    }
    double sum = 0;
    for (int p = 0; p < d->plan->part_count; p++)
        sum += d->plan->shares[p];
    for (int p = 0; p < d->plan->part_count; p++) {
        double share = d->plan->shares[p] / sum;
        d->want_films[p] = share * (double)m->film_count;
        for (size_t g = 0; g < d->groups; g++)
            for (size_t l = 0; l < d->labels; l++)
                d->want[(size_t)p * d->labels + l] += share * d->has[g * d->labels + l];
    }
}

/* Groups of one label come in random order (Fisher-Yates), not by size. */
static void shuffle(uint32_t *order, size_t n, uint64_t seed) {
    uint64_t key = sx_rng_key("data split order", seed);
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)(sx_rng_u64(key, i) % i);
        uint32_t t = order[i - 1];
        order[i - 1] = order[j];
        order[j] = t;
    }
}

bool sx_split_films(const sx_manifest *m, const sx_split_plan *plan, int *part, sx_error *err) {
    if (plan->part_count < 2 || plan->part_count > 64)
        return sx_fail(err, SX_ERR_USAGE, "2 to 64 parts, not %d", plan->part_count);
    for (int p = 0; p < plan->part_count; p++)
        if (!(plan->shares[p] > 0 && plan->shares[p] < 1e6))
            return sx_fail(err, SX_ERR_USAGE, "a share of %g", plan->shares[p]);
    dealing d = { .plan = plan, .key = sx_rng_key("data split ties", plan->seed) };
    d.labels = m->classes.count + 2;
    const size_t parts = (size_t)plan->part_count;
    uint32_t *group = sx_calloc_for(m->film_count, sizeof *group, "a split", err), *order = NULL;
    size_t *count = NULL;
    bool ok = group && sx_film_groups(m, group, &d.groups, err);
    if (ok && d.groups < parts)
        ok = sx_fail(err, SX_ERR_USAGE, "%zu %s cannot be split into %d parts", d.groups,
                     sx_noun(d.groups, "patient", "patients"), plan->part_count);
    if (ok) {
        order = sx_calloc(d.groups, sizeof *order);
        count = sx_calloc(d.labels, sizeof *count);
        d.films = sx_calloc(d.groups, sizeof *d.films);
        d.has = sx_calloc(d.groups, d.labels);
        d.assigned = sx_calloc(d.groups, sizeof *d.assigned);
        d.want = sx_calloc(parts, d.labels * sizeof *d.want);
        d.want_films = sx_calloc(parts, sizeof *d.want_films);
        ok = (order && count && d.films && d.has && d.assigned && d.want && d.want_films) ||
             sx_fail(err, SX_ERR_MEMORY, "out of memory for a split");
    }
    if (ok) {
        memset(d.assigned, -1, d.groups * sizeof *d.assigned);
        count_labels(&d, m, group);
        shuffle(order, d.groups, plan->seed);
        deal_all(&d, order, count);
        for (size_t i = 0; i < m->film_count; i++)
            part[i] = d.assigned[group[i]];
    }
    free(group), free(order), free(count), free(d.films);
    free(d.has), free(d.assigned), free(d.want), free(d.want_films);
    return ok;
}
