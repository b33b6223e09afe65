#include "data/sampler.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

bool sx_repeat_factors(const size_t *first, const int *classes, size_t films, int class_count,
                       double threshold, double *factors, sx_error *err) {
    const size_t n = (size_t)class_count;
    size_t *seen = sx_calloc_for(n + 1, sizeof *seen, "repeat factors",
                                 err); /* [class] the last film that had it, plus 1 */
    double *repeat = seen ? sx_calloc_for(n + 1, sizeof *repeat, "repeat factors", err) : NULL;
    bool ok = repeat != NULL;
    for (size_t i = 0; ok && i < films; i++)
        for (size_t k = first[i]; ok && k < first[i + 1]; k++) {
            if (classes[k] < 0 || classes[k] >= class_count)
                ok = sx_fail(err, SX_ERR_VALUE, "film %zu has class %d of %d", i, classes[k],
                             class_count);
            else if (seen[classes[k]] != i + 1) {
                seen[classes[k]] = i + 1;
                repeat[classes[k]] += 1;
            }
        }
    for (size_t c = 0; ok && c < n; c++)
        repeat[c] = repeat[c] > 0 ? fmax(1, sqrt(threshold / (repeat[c] / (double)films))) : 1;
    for (size_t i = 0; ok && i < films; i++) {
        factors[i] = 1;
        for (size_t k = first[i]; k < first[i + 1]; k++)
            factors[i] = fmax(factors[i], repeat[classes[k]]);
    }
    free(seen);
    free(repeat);
    return ok;
}

size_t sx_share_factors(const uint8_t *empty, size_t films, double share, double *factors) {
    double with = 0, without = 0;
    size_t n = 0;
    for (size_t i = 0; i < films; i++) {
        n += empty[i] != 0;
        *(empty[i] ? &without : &with) += factors[i];
    }
    for (size_t i = 0; without > 0 && i < films; i++)
        if (empty[i]) factors[i] *= share / (1 - share) * with / without;
    return n;
}

void sx_shard(size_t films, int rank, int world, size_t *begin, size_t *end) {
    const size_t each = films / (size_t)world, more = films % (size_t)world, r = (size_t)rank;
    *begin = each * r + (r < more ? r : more);
    *end = *begin + each + (r < more);
}

/* ---- the sequence of films ---- */

struct sx_sampler {
    size_t films;
    double *factors; /* NULL: all 1 */
    bool in_order;
    uint64_t seed;
    size_t rank, world;
    uint64_t position, epoch;
    size_t *order; /* of this epoch */
    size_t count, at;
};

/* Each epoch has its own random numbers, so that it does not depend on earlier epochs. */
static uint64_t epoch_key(const sx_sampler *s, const char *what) {
    char name[64];
    snprintf(name, sizeof name, "sampler/%s/%llu", what, (unsigned long long)s->epoch);
    return sx_rng_key(name, s->seed);
}

static size_t repeats(const sx_sampler *s, uint64_t key, size_t film) {
    if (!s->factors) return 1;
    const double whole = floor(s->factors[film]);
    return (size_t)whole + (sx_rng_unit(key, film) < s->factors[film] - whole);
}

static size_t epoch_size(const sx_sampler *s) {
    const uint64_t key = epoch_key(s, "repeat");
    size_t n = 0;
    for (size_t i = 0; s->factors && i < s->films; i++)
        n += repeats(s, key, i);
    return s->factors ? n : s->films;
}

static void make_epoch(sx_sampler *s) {
    const uint64_t repeat = epoch_key(s, "repeat"), shuffle = epoch_key(s, "order");
    size_t n = 0;
    for (size_t i = 0; i < s->films; i++)
        for (size_t k = repeats(s, repeat, i); k > 0; k--)
            s->order[n++] = i;
    s->count = n;
    for (size_t i = n; !s->in_order && i > 1; i--) { /* Fisher and Yates */
        const size_t k = (size_t)((sx_rng_u64(shuffle, i) >> 32) * (uint64_t)i >> 32),
                     swap = s->order[i - 1];
        s->order[i - 1] = s->order[k];
        s->order[k] = swap;
    }
}

/* Goes to the epoch that holds element `at` of the common sequence, counted from the start of the
 * current epoch. */
static void settle(sx_sampler *s, uint64_t at) {
    size_t size = epoch_size(s);
    const uint64_t before = s->epoch;
    while (at >= size) {
        at -= size;
        s->epoch++;
        size = epoch_size(s);
    }
    if (s->epoch != before || s->count == 0) make_epoch(s);
    s->at = (size_t)at;
}

void sx_sampler_seek(sx_sampler *s, uint64_t position) {
    s->position = position;
    s->epoch = 0;
    s->count = 0;
    settle(s, position * s->world + s->rank);
}

sx_sampler *sx_sampler_new(const sx_sampler_options *o, sx_error *err) {
    const int world = o->world > 0 ? o->world : 1;
    double most = o->factors ? 0 : 1, sure = most * (double)o->film_count, total = sure;
    for (size_t i = 0; o->factors && i < o->film_count; i++) {
        if (!(o->factors[i] >= 0 && o->factors[i] <= 1e6)) {
            sx_fail(err, SX_ERR_VALUE, "film %zu is to be repeated %g times", i, o->factors[i]);
            return NULL;
        }
        sure += floor(o->factors[i]);
        total += ceil(o->factors[i]);
    }
    if (o->film_count == 0 || sure < 1 || o->film_count > UINT32_MAX || total > 1e9 ||
        o->rank < 0 || o->rank >= world) {
        sx_fail(err, SX_ERR_VALUE, "cannot sample %zu films (at least %g draws) for rank %d of %d",
                o->film_count, sure, o->rank, world);
        return NULL;
    }
    sx_sampler *s = sx_calloc_for(1, sizeof *s, "sampler", err);
    if (!s) return NULL;
    s->films = o->film_count;
    s->in_order = o->in_order;
    s->seed = o->seed;
    s->rank = (size_t)o->rank;
    s->world = (size_t)world;
    s->order = sx_calloc_for((size_t)total, sizeof *s->order, "sampler", err);
    if (s->order && o->factors)
        s->factors = sx_calloc_for(s->films, sizeof *s->factors, "sampler", err);
    if (!s->order || (o->factors && !s->factors)) {
        sx_sampler_free(s);
        return NULL;
    }
    if (o->factors) memcpy(s->factors, o->factors, s->films * sizeof *s->factors);
    sx_sampler_seek(s, 0);
    return s;
}

void sx_sampler_free(sx_sampler *s) {
    if (!s) return;
    free(s->factors);
    free(s->order);
    free(s);
}

size_t sx_sampler_next(sx_sampler *s) {
    if (s->at >= s->count) settle(s, s->at);
    const size_t film = s->order[s->at];
    s->at += s->world;
    s->position++;
    return film;
}

uint64_t sx_sampler_position(const sx_sampler *s) {
    return s->position;
}

uint64_t sx_sampler_epoch(const sx_sampler *s) {
    return s->epoch;
}

/* ---- batches ---- */

struct sx_batches {
    sx_sampler *sampler;
    uint8_t *group;
    int groups;
    size_t batch;
    size_t *waiting; /* [groups][batch] */
    size_t *count;   /* [groups] */
};

void sx_batches_free(sx_batches *b) {
    if (!b) return;
    sx_sampler_free(b->sampler);
    free(b->group);
    free(b->waiting);
    free(b->count);
    free(b);
}

sx_batches *sx_batches_new(sx_sampler *sampler, const uint8_t *group, size_t films, int groups,
                           size_t batch, sx_error *err) {
    sx_batches *b = sx_calloc_for(1, sizeof *b, "batches", err);
    if (!b) {
        sx_sampler_free(sampler);
        return NULL;
    }
    *b = (sx_batches){ .sampler = sampler, .groups = groups, .batch = batch };
    size_t room = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < films; i++)
        if (group[i] >= groups)
            ok = sx_fail(err, SX_ERR_VALUE, "film %zu is in group %d of %d", i, group[i], groups);
    if (ok && (films != sampler->films || batch == 0 || groups <= 0 ||
               !sx_mul_size((size_t)groups, batch, &room)))
        ok =
            sx_fail(err, SX_ERR_VALUE, "cannot make batches of %zu out of %zu films", batch, films);
    ok = ok && (b->group = sx_calloc_for(films, 1, "batches", err)) &&
         (b->waiting = sx_calloc_for(room, sizeof *b->waiting, "batches", err)) &&
         (b->count = sx_calloc_for((size_t)groups, sizeof *b->count, "batches", err));
    if (!ok) {
        sx_batches_free(b);
        return NULL;
    }
    memcpy(b->group, group, films);
    return b;
}

/* Takes one film. The batch that it completes, or NULL. */
static const size_t *take_batch(sx_batches *b) {
    const size_t film = sx_sampler_next(b->sampler), g = b->group[film];
    size_t *waiting = b->waiting + g * b->batch;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): sx_batches_new allocated it */
    waiting[b->count[g]++] = film;
    if (b->count[g] < b->batch) return NULL;
    b->count[g] = 0;
    return waiting;
}

void sx_batches_next(sx_batches *b, size_t *films) {
    const size_t *full = NULL;
    while (!full)
        full = take_batch(b);
    memcpy(films, full, b->batch * sizeof *films);
}

/* The films waiting in the groups depend on all earlier films, so these are drawn again, which is
 * quick. */
void sx_batches_seek(sx_batches *b, uint64_t number) {
    memset(b->count, 0, (size_t)b->groups * sizeof *b->count);
    sx_sampler_seek(b->sampler, 0);
    while (number > 0)
        number -= take_batch(b) != NULL;
}
