#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/mem.h"
#include "base/rng.h"
#include "image/resize.h"
#include "train/loader_impl.h"

/* A film at the size for training; the pixels do not depend on its source. */
typedef struct source {
    sx_fitted film;
    bool owned;
} source;

static bool kept_in_memory(sx_samples *s, size_t i, sx_fitted *out) {
    pthread_mutex_lock(&s->lock);
    *out = s->kept[i];
    pthread_mutex_unlock(&s->lock);
    return out->image.data != NULL;
}

/* True: the memory cache owns it from now on. If two threads have read the same film, the second
 * keeps its own copy. */
static bool keep(sx_samples *s, size_t i, const sx_fitted *film) {
    const size_t bytes = sx_image_bytes(&film->image);
    pthread_mutex_lock(&s->lock);
    const bool ok = !s->kept[i].image.data && s->bytes + bytes <= s->o.cache_bytes;
    if (ok) {
        s->kept[i] = *film;
        s->bytes += bytes;
    }
    pthread_mutex_unlock(&s->lock);
    return ok;
}

static bool is_first(sx_samples *s, double *outcome, size_t i) {
    pthread_mutex_lock(&s->lock);
    const bool first = outcome[i] == 0;
    outcome[i] = 1;
    pthread_mutex_unlock(&s->lock);
    return first;
}

static bool find_film(sx_samples *s, size_t i, source *out, sx_error *err) {
    *out = (source){ 0 };
    out->owned = s->o.store && sx_film_cache_get(s->o.store, i, &out->film);
    if (out->owned) return true;
    if (kept_in_memory(s, i, &out->film)) return true;
    if (!sx_fit_film(s->films[i].path, s->o.pixels, &s->fit, &out->film, err)) return false;
    out->owned = !keep(s, i, &out->film);
    return true;
}

/* ---- from film to sample ---- */

static int output_count(const sx_samples *s) {
    return s->o.classes > 1 ? s->o.classes : 1;
}

static bool room(sx_example *e, size_t count, int classes, sx_error *err) {
    e->boxes = sx_calloc_for(count + 1, sizeof *e->boxes, "boxes", err);
    e->labels = sx_calloc_for(count + 1, sizeof *e->labels, "boxes", err);
    e->classes = sx_calloc_for((size_t)classes, sizeof *e->classes, "boxes", err);
    return e->boxes && e->labels && e->classes;
}

/* Boxes name the findings of a film. Without boxes, only those of a normal film are known. */
static void set_targets(const sx_samples *s, const sx_loader_film *film, float *classes) {
    const bool known = sx_loader_film_known(film);
    const int findings = output_count(s) - 1;
    classes[0] = film->target;
    for (int k = 0; k < findings; k++)
        classes[1 + k] = known ? 0 : NAN;
    for (size_t i = 0; i < film->count; i++)
        if (film->labels[i] < findings) classes[1 + film->labels[i]] = 1;
}

/* Classifiers: the film has its size already. */
static bool make_fixed(const sx_samples *s, const sx_fitted *film, const sx_draws *draws,
                       sx_example *e, sx_error *err) {
    if (!sx_image_resize(NULL, &film->image, s->o.width, s->o.height, &e->image, err)) return false;
    if (draws->uniform(draws->ctx) < s->o.augment.flip) sx_flip_image(&e->image);
    return !s->o.mild || sx_augment_mild(&e->image, draws, err);
}

/* Targets mix as pixels do; one that is not known stays unknown. */
static void mix_targets(const sx_samples *s, float *classes, const float *other, double share) {
    for (int k = 0; k < output_count(s); k++)
        classes[k] = (float)(share * (double)classes[k] + (1 - share) * (double)other[k]);
}

/* Mixes film i in. */
static bool mix_film(const sx_samples *s, size_t i, const sx_fitted *film, const sx_draws *draws,
                     sx_example *e, sx_error *err) {
    const double share = sx_draw_beta(draws, s->o.mixup);
    sx_example other = { 0 };
    const bool ok =
        room(&other, 0, output_count(s), err) && make_fixed(s, film, draws, &other, err);
    if (ok) {
        set_targets(s, &s->films[i], other.classes);
        sx_augment_mix(&e->image, &other.image, share);
        mix_targets(s, e->classes, other.classes, share);
    }
    sx_sample_free(&other);
    return ok;
}

/* MixUp with any film of the set; one that cannot be read is left out as others are. */
static bool mix_in(sx_samples *s, const sx_draws *draws, sx_example *e, sx_error *err) {
    const size_t i = (size_t)draws->integer(draws->ctx, 0, (int)s->count);
    source from;
    if (!find_film(s, i, &from, err)) {
        if (!s->o.skip_unreadable || err->code == SX_ERR_MEMORY) return false;
        if (is_first(s, s->unreadable, i)) sx_log(s->o.context, SX_LOG_ERROR, "%s", err->message);
        return true;
    }
    (void)is_first(s, s->read, i);
    const bool ok = mix_film(s, i, &from.film, draws, e, err);
    if (from.owned) sx_image_free(&from.film.image);
    return ok;
}

static bool make_boxed(const sx_samples *s, const sx_loader_film *film, const sx_fitted *im,
                       const sx_draws *draws, sx_example *e, sx_error *err) {
    size_t kept = 0;
    sx_film_box *in = sx_calloc_for(film->count + 1, sizeof *in, "boxes", err);
    sx_film_box *out = sx_calloc_for(film->count + 1, sizeof *out, "boxes", err);
    bool ok = in && out;
    if (ok) {
        if (film->count) memcpy(in, film->boxes, film->count * sizeof *in);
        sx_scale_boxes(in, film->count, (double)im->image.width / im->film_width,
                       (double)im->image.height / im->film_height);
        ok = sx_augment_film(&im->image, in, film->count, &s->o.augment, draws, &e->image, out,
                             &kept, err);
    }
    for (size_t i = 0; ok && i < kept; i++) {
        e->boxes[i] =
            (sx_box){ (float)out[i].x0, (float)out[i].y0, (float)out[i].x1, (float)out[i].y1 };
        e->labels[i] = film->labels[out[i].source];
    }
    e->count = (int)kept;
    free(in);
    free(out);
    return ok;
}

static bool make_empty(const sx_samples *s, sx_example *e, sx_error *err) {
    const bool fixed = s->o.width > 0;
    e->classes[0] = 0.5F; /* a target without a box */
    for (int k = 1; k < output_count(s); k++)
        e->classes[k] = NAN;
    return sx_image_new(&e->image, fixed ? s->o.width : 64, fixed ? s->o.height : 64, 1, 8, err);
}

bool sx_samples_make(sx_samples *s, size_t i, uint64_t place, sx_example *e, sx_error *err) {
    const sx_loader_film *film = &s->films[i];
    sx_rng_draws stream = {
        sx_rng_key("train/augment", s->o.seed) ^ (place * UINT64_C(0x9E3779B97F4A7C15)), 0
    };
    const sx_draws draws = sx_draws_from_rng(&stream);
    source from;
    sx_sample_free(e);
    e->name = film->id;
    if (!room(e, film->count, output_count(s), err)) return false;
    set_targets(s, film, e->classes);
    if (!find_film(s, i, &from, err)) {
        if (!s->o.skip_unreadable || err->code == SX_ERR_MEMORY) return false;
        if (is_first(s, s->unreadable, i)) sx_log(s->o.context, SX_LOG_ERROR, "%s", err->message);
        return make_empty(s, e, err);
    }
    (void)is_first(s, s->read, i);
    const bool ok = s->o.width > 0 ? make_fixed(s, &from.film, &draws, e, err)
                                   : make_boxed(s, film, &from.film, &draws, e, err);
    if (from.owned) sx_image_free(&from.film.image);
    return ok && (s->o.width == 0 || s->o.mixup <= 0 || mix_in(s, &draws, e, err));
}

void sx_sample_free(sx_example *e) {
    sx_image_free(&e->image);
    free(e->boxes);
    free(e->labels);
    free(e->classes);
    *e = (sx_example){ 0 };
}

/* ---- all films ---- */

bool sx_samples_init(sx_samples *s, const sx_loader_film *films, size_t count,
                     const sx_loader_options *o, sx_error *err) {
    *s = (sx_samples){ .films = films, .count = count, .o = *o, .fit = sx_loader_fit(o) };
    if (s->o.cache_bytes == 0) s->o.cache_bytes = (size_t)1 << 30;
    pthread_mutex_init(&s->lock, NULL);
    s->kept = sx_calloc_for(count, sizeof *s->kept, "training films", err);
    s->read = sx_calloc_for(count, sizeof *s->read, "training films", err);
    s->unreadable = sx_calloc_for(count, sizeof *s->unreadable, "training films", err);
    return s->kept && s->read && s->unreadable;
}

void sx_samples_free(sx_samples *s) {
    for (size_t i = 0; s->kept && i < s->count; i++)
        sx_image_free(&s->kept[i].image);
    free(s->kept);
    free(s->read);
    free(s->unreadable);
    pthread_mutex_destroy(&s->lock);
}

sx_fit sx_loader_fit(const sx_loader_options *o) {
    if (o->width > 0) return (sx_fit){ .width = o->width, .height = o->height };
    sx_fit fit = { .longest = o->augment.max_size };
    for (int i = 0; o->augment.min_sizes && i < o->augment.min_count; i++)
        if (o->augment.min_sizes[i] > fit.shorter) fit.shorter = o->augment.min_sizes[i];
    return fit;
}
