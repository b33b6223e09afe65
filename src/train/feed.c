#include "train/feed.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/stream.h"
#include "data/sampler.h"
#include "image/resize.h"

enum { AHEAD = 2 }; /* batches that are ready before they are asked for */

typedef struct ready {
    sx_example *samples;
    bool full, failed;
    sx_error err;
} ready;

struct sx_feed {
    const sx_feed_film *films;
    size_t count;
    sx_feed_options o;
    sx_batches *batches;
    sx_image *cache; /* [count]; data NULL: not kept */
    size_t cached;
    size_t *chosen; /* [batch] */
    uint64_t number;

    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    ready slot[AHEAD + 1]; /* one more: the one that the caller holds */
    int put, take;
    bool started, stop;
};

/* ---- one sample ---- */

static bool read_film(sx_feed *f, size_t i, sx_image *out, bool *owned, sx_error *err) {
    const sx_feed_film *film = &f->films[i];
    *owned = false;
    if (f->cache[i].data) {
        *out = f->cache[i];
        return true;
    }
    sx_film *file = sx_film_open(film->path, NULL, err);
    bool ok = file && sx_film_to_8bit(file, f->o.pixels, out, err);
    sx_film_free(file);
    if (!ok) return false;
    if (f->cached + sx_image_bytes(out) <= f->o.cache_bytes) {
        f->cache[i] = *out;
        f->cached += sx_image_bytes(out);
    } else
        *owned = true;
    return true;
}

static void free_sample(sx_example *s) {
    sx_image_free(&s->image);
    free(s->boxes);
    free(s->labels);
    free(s->classes);
    *s = (sx_example){ 0 };
}

static bool room(sx_example *s, size_t count, sx_error *err) {
    s->boxes = sx_calloc_for(count + 1, sizeof *s->boxes, "boxes", err);
    s->labels = sx_calloc_for(count + 1, sizeof *s->labels, "boxes", err);
    s->classes = sx_calloc_for(1, sizeof *s->classes, "boxes", err);
    return s->boxes && s->labels && s->classes;
}

/* Classifiers: one size, aspect not kept, a flip. */
static bool make_fixed(const sx_feed *f, const sx_image *film, const sx_draws *draws, sx_example *s,
                       sx_error *err) {
    if (!sx_image_resize(film, f->o.width, f->o.height, &s->image, err)) return false;
    if (draws->uniform(draws->ctx) < f->o.augment.flip) sx_flip_image(&s->image);
    return true;
}

static bool make_boxed(const sx_feed *f, const sx_feed_film *film, const sx_image *im, const sx_draws *draws,
                       sx_example *s, sx_error *err) {
    size_t kept = 0;
    sx_film_box *boxes = sx_calloc_for(film->count + 1, sizeof *boxes, "boxes", err);
    bool ok = boxes && sx_augment_film(im, film->boxes, film->count, &f->o.augment, draws, &s->image, boxes,
                                       &kept, err);
    for (size_t i = 0; ok && i < kept; i++) {
        s->boxes[i] =
            (sx_box){ (float)boxes[i].x0, (float)boxes[i].y0, (float)boxes[i].x1, (float)boxes[i].y1 };
        s->labels[i] = film->labels[boxes[i].source];
    }
    s->count = (int)kept;
    free(boxes);
    return ok;
}

/* `place`: of this sample among all that were ever given out; it alone decides what is drawn. */
static bool make_sample(sx_feed *f, size_t i, uint64_t place, sx_example *s, sx_error *err) {
    const sx_feed_film *film = &f->films[i];
    sx_stream_draws stream = {
        sx_stream_key("train/augment", f->o.seed) ^ (place * UINT64_C(0x9E3779B97F4A7C15)), 0
    };
    const sx_draws draws = sx_draws_from_stream(&stream);
    sx_image im = { 0 };
    bool owned = false;
    free_sample(s);
    s->name = film->id;
    if (!room(s, film->count, err)) return false;
    s->classes[0] = film->target;
    bool ok = read_film(f, i, &im, &owned, err);
    if (!ok && f->o.skip_unreadable && err->code != SX_ERR_MEMORY) {
        sx_log(SX_LOG_WARN, "%s; left out", err->message);
        s->classes[0] = 0.5F; /* a target that asks for nothing */
        return sx_image_new(&s->image, f->o.width > 0 ? f->o.width : 64, f->o.height > 0 ? f->o.height : 64,
                            1, 8, err);
    }
    ok = ok &&
         (f->o.width > 0 ? make_fixed(f, &im, &draws, s, err) : make_boxed(f, film, &im, &draws, s, err));
    if (owned) sx_image_free(&im);
    return ok;
}

/* ---- the thread ---- */

static void fill(sx_feed *f, ready *r) {
    sx_batches_next(f->batches, f->chosen);
    r->failed = false;
    for (int k = 0; !r->failed && k < f->o.batch; k++) {
        r->err = (sx_error){ 0 };
        const uint64_t place = f->number * (uint64_t)f->o.batch + (uint64_t)k;
        r->failed = !make_sample(f, f->chosen[k], place, &r->samples[k], &r->err);
    }
    f->number++;
}

static void *work(void *ctx) {
    sx_feed *f = ctx;
    for (;;) {
        pthread_mutex_lock(&f->lock);
        while (!f->stop && f->slot[f->put].full)
            pthread_cond_wait(&f->changed, &f->lock);
        const bool stop = f->stop;
        pthread_mutex_unlock(&f->lock);
        if (stop) return NULL;
        fill(f, &f->slot[f->put]);
        pthread_mutex_lock(&f->lock);
        f->slot[f->put].full = true;
        f->put = (f->put + 1) % (AHEAD + 1);
        pthread_cond_broadcast(&f->changed);
        pthread_mutex_unlock(&f->lock);
    }
}

static bool start(sx_feed *f, sx_error *err) {
    if (f->started) return true;
    f->started = pthread_create(&f->thread, NULL, work, f) == 0;
    return f->started || sx_fail(err, SX_ERR_INTERNAL, "cannot start the thread that reads films");
}

const sx_example *sx_feed_next(sx_feed *f, sx_error *err) {
    const bool first = !f->started;
    if (!start(f, err)) return NULL;
    pthread_mutex_lock(&f->lock);
    if (!first) { /* the batch that was held until now may be written over */
        f->slot[f->take].full = false;
        f->take = (f->take + 1) % (AHEAD + 1);
        pthread_cond_broadcast(&f->changed);
    }
    ready *r = &f->slot[f->take];
    while (!r->full)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
    if (!r->failed) return r->samples;
    sx_fail(err, r->err.code, "%s", r->err.message);
    return NULL;
}

int sx_feed_batch(const sx_feed *f) {
    return f->o.batch;
}

void sx_feed_seek(sx_feed *f, uint64_t number) {
    f->number = number;
    sx_batches_seek(f->batches, number);
}

/* ---- making and freeing ---- */

static bool check_films(const sx_feed_film *films, size_t count, const sx_feed_options *o, sx_error *err) {
    if (count == 0) return sx_fail(err, SX_ERR_MISSING, "no films to learn from");
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; o->width == 0 && k < films[i].count; k++)
            if (films[i].labels[k] < 0 || films[i].labels[k] >= o->classes)
                return sx_fail(err, SX_ERR_VALUE, "%s: a box of class %d; the network has %d", films[i].id,
                               films[i].labels[k], o->classes);
    return true;
}

static bool repeat_factors(const sx_feed *f, double *factors, sx_error *err) {
    size_t boxes = 0;
    for (size_t i = 0; i < f->count; i++)
        boxes += f->films[i].count;
    size_t *first = sx_calloc_for(f->count + 1, sizeof *first, "sampler", err);
    int *classes = sx_calloc_for(boxes + 1, sizeof *classes, "sampler", err);
    bool ok = first && classes;
    for (size_t i = 0; ok && i < f->count; i++) {
        first[i + 1] = first[i] + f->films[i].count;
        for (size_t k = 0; k < f->films[i].count; k++)
            classes[first[i] + k] = f->films[i].labels[k];
    }
    ok = ok && sx_repeat_factors(first, classes, f->count, f->o.classes, f->o.repeat_threshold, factors, err);
    free(first);
    free(classes);
    return ok;
}

static bool make_order(sx_feed *f, sx_error *err) {
    double *factors = sx_calloc_for(f->count, sizeof *factors, "sampler", err);
    uint8_t *group = sx_calloc_for(f->count, 1, "sampler", err);
    const bool repeat = f->o.repeat_threshold > 0;
    bool ok = factors && group && (!repeat || repeat_factors(f, factors, err));
    for (size_t i = 0; ok && f->o.group_by_aspect && i < f->count; i++)
        group[i] = sx_aspect_group(f->films[i].width, f->films[i].height);
    sx_sampler *s = ok ? sx_sampler_new(&(sx_sampler_options){ .films = f->count,
                                                               .factors = repeat ? factors : NULL,
                                                               .seed = f->o.seed,
                                                               .world = 1 },
                                        err)
                       : NULL;
    f->batches =
        s ? sx_batches_new(s, group, f->count, f->o.group_by_aspect ? 2 : 1, (size_t)f->o.batch, err) : NULL;
    free(factors);
    free(group);
    return f->batches != NULL;
}

sx_feed *sx_feed_new(const sx_feed_film *films, size_t count, const sx_feed_options *o, sx_error *err) {
    if (!check_films(films, count, o, err)) return NULL;
    sx_feed *f = sx_calloc_for(1, sizeof *f, "training films", err);
    if (!f) return NULL;
    f->films = films;
    f->count = count;
    f->o = *o;
    if (f->o.cache_bytes == 0) f->o.cache_bytes = (size_t)1 << 30;
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    f->cache = sx_calloc_for(count, sizeof *f->cache, "training films", err);
    f->chosen = sx_calloc_for((size_t)o->batch, sizeof *f->chosen, "batch", err);
    bool ok = f->cache && f->chosen && make_order(f, err);
    for (int i = 0; ok && i <= AHEAD; i++) {
        f->slot[i].samples = sx_calloc_for((size_t)o->batch, sizeof(sx_example), "batch", err);
        ok = f->slot[i].samples != NULL;
    }
    if (ok) return f;
    sx_feed_free(f);
    return NULL;
}

void sx_feed_free(sx_feed *f) {
    if (!f) return;
    if (f->started) {
        pthread_mutex_lock(&f->lock);
        f->stop = true;
        pthread_cond_broadcast(&f->changed);
        pthread_mutex_unlock(&f->lock);
        pthread_join(f->thread, NULL);
    }
    for (int i = 0; i <= AHEAD; i++) {
        for (int k = 0; f->slot[i].samples && k < f->o.batch; k++)
            free_sample(&f->slot[i].samples[k]);
        free(f->slot[i].samples);
    }
    for (size_t i = 0; f->cache && i < f->count; i++)
        sx_image_free(&f->cache[i]);
    sx_batches_free(f->batches);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    free(f->cache);
    free(f->chosen);
    free(f);
}
