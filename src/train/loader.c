#include "train/loader.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/c_locale.h"
#include "base/clock.h"
#include "base/context_impl.h"
#include "base/mem.h"
#include "data/sampler.h"
#include "train/loader_impl.h"

enum {
    AHEAD = 2,         /* batches that are prepared in advance */
    SLOTS = AHEAD + 1, /* and the one that the caller holds */
    MOST_THREADS = 8
};

/* A batch. Threads make its samples one by one; the result does not depend on the thread. */
typedef struct ready {
    sx_example *samples; /* [batch] */
    size_t *chosen;      /* [ranks * batch]: of all ranks */
    uint64_t number;
    int taken, made, failed; /* samples; the first failed one, -1: none */
    bool open;               /* started, and not returned by the caller */
    sx_error err;
} ready;

struct sx_loader {
    sx_samples samples;
    int batch, first,
        threads; /* this rank's films of a batch, and the number of films before them */
    sx_batches *order;
    uint64_t number; /* of the next batch to begin */
    double waited;

    pthread_t thread[MOST_THREADS];
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    ready slot[SLOTS];
    int put, take; /* slots: the one whose samples are being made; the one that the caller holds */
    int running;   /* threads; 0: not started */
    bool stop;
};

/* ---- the threads ---- */

/* The next sample to make, under the lock; NULL: none until the caller returns a batch. Batches are
 * started one after the other, so that the films keep the sampler's order. */
static ready *next_sample(sx_loader *f, int *k) {
    ready *r = &f->slot[f->put];
    if (r->taken == f->batch) { /* whether or not the caller has returned it */
        const int after = (f->put + 1) % SLOTS;
        if (f->slot[after].open) return NULL;
        f->put = after;
        r = &f->slot[after];
    }
    if (!r->open) {
        sx_batches_next(f->order, r->chosen);
        r->number = f->number++;
        r->taken = r->made = 0;
        r->failed = -1;
        r->open = true;
    }
    *k = r->taken++;
    return r;
}

static void make_sample(sx_loader *f, ready *r, int k) {
    sx_error err = { 0 };
    const uint64_t place = r->number * (uint64_t)f->samples.o.batch + (uint64_t)(f->first + k);
    const bool ok =
        sx_samples_make(&f->samples, r->chosen[f->first + k], place, &r->samples[k], &err);
    pthread_mutex_lock(&f->lock);
    if (!ok && (r->failed < 0 || k < r->failed)) {
        r->failed = k;
        r->err = err;
    }
    if (++r->made == f->batch) pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static void *make_batches(void *ctx) {
    SX_IN_C_LOCALE;
    sx_loader *f = ctx;
    for (;;) {
        int k = 0;
        ready *r = NULL;
        pthread_mutex_lock(&f->lock);
        while (!f->stop && (r = next_sample(f, &k)) == NULL)
            pthread_cond_wait(&f->changed, &f->lock);
        pthread_mutex_unlock(&f->lock);
        if (!r) return NULL;
        make_sample(f, r, k);
    }
}

static bool start(sx_loader *f, sx_error *err) {
    while (f->running < f->threads &&
           pthread_create(&f->thread[f->running], NULL, make_batches, f) == 0)
        f->running++;
    return f->running > 0 ||
           sx_fail(err, SX_ERR_INTERNAL, "cannot start a thread that reads films");
}

const sx_example *sx_loader_next(sx_loader *f, sx_error *err) {
    const double began = sx_now();
    const bool first = f->running == 0;
    if (first && !start(f, err)) return NULL;
    pthread_mutex_lock(&f->lock);
    if (!first) { /* the batch that the caller held may be overwritten */
        f->slot[f->take].open = false;
        f->take = (f->take + 1) % SLOTS;
        pthread_cond_broadcast(&f->changed);
    }
    ready *r = &f->slot[f->take];
    while (!r->open || r->made < f->batch)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
    f->waited += sx_now() - began;
    if (r->failed < 0) return r->samples;
    sx_fail(err, r->err.code, "%s", r->err.message);
    return NULL;
}

int sx_loader_batch(const sx_loader *f) {
    return f->batch;
}

sx_loader_counts sx_loader_count_films(sx_loader *f, sx_comm *comm) {
    sx_samples *s = &f->samples;
    sx_loader_counts counts = { 0 };
    pthread_mutex_lock(&s->lock);
    sx_comm_sum(comm, s->read, s->count);
    sx_comm_sum(comm, s->unreadable, s->count);
    for (size_t i = 0; i < s->count; i++) {
        counts.unreadable += s->unreadable[i] > 0;
        counts.read += s->read[i] > 0 && !(s->unreadable[i] > 0);
    }
    pthread_mutex_unlock(&s->lock);
    return counts;
}

double sx_loader_waited(const sx_loader *f) {
    return f->waited;
}

void sx_loader_seek(sx_loader *f, uint64_t number) {
    f->number = number;
    sx_batches_seek(f->order, number);
}

/* ---- making and freeing ---- */

static bool check_films(const sx_loader_film *films, size_t count, const sx_loader_options *o,
                        sx_error *err) {
    /* of a classifier that only calls films abnormal, labels do not count */
    const int labels = o->width > 0 ? o->classes - 1 : o->classes;
    const bool used = o->width == 0 || labels > 0;
    if (count == 0) return sx_fail(err, SX_ERR_MISSING, "there are no training films");
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; used && k < films[i].count; k++)
            if (films[i].labels[k] < 0 || films[i].labels[k] >= labels)
                return sx_fail(err, SX_ERR_VALUE, "%s: a box of class %d; the network has %d",
                               films[i].id, films[i].labels[k], labels);
    return true;
}

static bool repeat_factors(const sx_loader *f, double *factors, sx_error *err) {
    size_t boxes = 0;
    for (size_t i = 0; i < f->samples.count; i++)
        boxes += f->samples.films[i].count;
    size_t *first = sx_calloc_for(f->samples.count + 1, sizeof *first, "sampler", err);
    int *classes = sx_calloc_for(boxes + 1, sizeof *classes, "sampler", err);
    bool ok = first && classes;
    for (size_t i = 0; ok && i < f->samples.count; i++) {
        first[i + 1] = first[i] + f->samples.films[i].count;
        for (size_t k = 0; k < f->samples.films[i].count; k++)
            classes[first[i] + k] = f->samples.films[i].labels[k];
    }
    ok = ok && sx_repeat_factors(first, classes, f->samples.count, f->samples.o.classes,
                                 f->samples.o.repeat_threshold, factors, err);
    free(first);
    free(classes);
    return ok;
}

/* How often each film is drawn. */
static bool draw_factors(const sx_loader *f, double *factors, sx_error *err) {
    const sx_loader_options *o = &f->samples.o;
    const size_t count = f->samples.count;
    for (size_t i = 0; i < count; i++)
        factors[i] = 1;
    if (o->repeat_threshold > 0 && !repeat_factors(f, factors, err)) return false;
    if (o->empty_share <= 0) return true;
    uint8_t *empty = sx_calloc_for(count, 1, "sampler", err);
    for (size_t i = 0; empty && i < count; i++)
        empty[i] = f->samples.films[i].count == 0;
    if (empty && sx_share_factors(empty, count, o->empty_share, factors) == 0)
        sx_log(o->context, SX_LOG_WARNING,
               "every film has boxes: there are none without, which were to be %g of the draws",
               o->empty_share);
    free(empty);
    return empty != NULL;
}

static bool make_order(sx_loader *f, sx_error *err) {
    double *factors = sx_calloc_for(f->samples.count, sizeof *factors, "sampler", err);
    uint8_t *group = sx_calloc_for(f->samples.count, 1, "sampler", err);
    const bool repeat = f->samples.o.repeat_threshold > 0 || f->samples.o.empty_share > 0;
    bool ok = factors && group && (!repeat || draw_factors(f, factors, err));
    for (size_t i = 0; ok && f->samples.o.group_by_aspect && i < f->samples.count; i++)
        group[i] = sx_aspect_group(f->samples.films[i].width, f->samples.films[i].height);
    sx_sampler *s = ok ? sx_sampler_new(&(sx_sampler_options){ .film_count = f->samples.count,
                                                               .factors = repeat ? factors : NULL,
                                                               .seed = f->samples.o.seed,
                                                               .world = 1 },
                                        err)
                       : NULL;
    f->order = s ? sx_batches_new(s, group, f->samples.count, f->samples.o.group_by_aspect ? 2 : 1,
                                  (size_t)f->samples.o.batch, err)
                 : NULL;
    free(factors);
    free(group);
    return f->order != NULL;
}

sx_loader *sx_loader_new(const sx_loader_film *films, size_t count, const sx_loader_options *o,
                         sx_error *err) {
    if (!check_films(films, count, o, err)) return NULL;
    if (o->store && sx_film_cache_count(o->store) != count) {
        sx_fail(err, SX_ERR_USAGE, "the cache has %zu films, the loader %zu",
                sx_film_cache_count(o->store), count);
        return NULL;
    }
    const int ranks = o->ranks > 0 ? o->ranks : 1;
    if (o->batch % ranks != 0) {
        sx_fail(err, SX_ERR_USAGE, "a batch of %d films cannot be divided evenly among %d ranks",
                o->batch, ranks);
        return NULL;
    }
    sx_loader *f = sx_calloc_for(1, sizeof *f, "training films", err);
    if (!f) return NULL;
    f->batch = o->batch / ranks;
    f->first = o->rank * f->batch;
    f->threads = o->threads > 0 ? o->threads : sx_threads_of(o->context);
    if (f->threads > MOST_THREADS) f->threads = MOST_THREADS;
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    bool ok = sx_samples_init(&f->samples, films, count, o, err) && make_order(f, err);
    for (int i = 0; ok && i < SLOTS; i++) {
        f->slot[i].samples = sx_calloc_for((size_t)f->batch, sizeof(sx_example), "batch", err);
        f->slot[i].chosen = sx_calloc_for((size_t)o->batch, sizeof(size_t), "batch", err);
        ok = f->slot[i].samples && f->slot[i].chosen;
    }
    if (ok) return f;
    sx_loader_free(f);
    return NULL;
}

void sx_loader_free(sx_loader *f) {
    if (!f) return;
    pthread_mutex_lock(&f->lock);
    f->stop = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
    for (int i = 0; i < f->running; i++)
        pthread_join(f->thread[i], NULL);
    for (int i = 0; i < SLOTS; i++) {
        for (int k = 0; f->slot[i].samples && k < f->batch; k++)
            sx_sample_free(&f->slot[i].samples[k]);
        free(f->slot[i].samples);
        free(f->slot[i].chosen);
    }
    sx_samples_free(&f->samples);
    sx_batches_free(f->order);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    free(f);
}
