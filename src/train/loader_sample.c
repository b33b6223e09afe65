#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/mem.h"
#include "base/rng.h"
#include "data/paste.h"
#include "image/letterbox.h"
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
    if (!sx_fit_film(s->films[i].path, s->o.pixels, &s->fit, s->o.notes, &out->film, err))
        return false;
    out->owned = !keep(s, i, &out->film);
    return true;
}

static void release(source *from) {
    if (from->owned) sx_image_free(&from->film.image);
}

/* After find_film has failed: whether training goes on without the film. */
static bool pass_over(sx_samples *s, size_t i, const sx_error *err) {
    if (!s->o.skip_unreadable || err->code == SX_ERR_MEMORY) return false;
    if (is_first(s, s->unreadable, i)) sx_log(s->o.context, SX_LOG_ERROR, "%s", err->message);
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

/* Classifiers: the film has its size already. It is padded after augmentation, which therefore
 * turns it about its own centre and leaves the grey beside it unchanged. */
static bool make_fixed(const sx_samples *s, const sx_fitted *film, const sx_draws *draws,
                       sx_example *e, sx_error *err) {
    int width, height;
    sx_fit_size(&s->fit, film->image.width, film->image.height, &width, &height);
    if (!sx_image_resize(NULL, &film->image, width, height, &e->image, err)) return false;
    if (draws->uniform(draws->ctx) < s->o.augment.flip) sx_flip_image(&e->image);
    return (!s->o.mild || sx_augment_mild(&e->image, draws, err)) &&
           sx_image_pad(&e->image, s->o.width, s->o.height, err);
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
    if (!find_film(s, i, &from, err)) return pass_over(s, i, err);
    (void)is_first(s, s->read, i);
    const bool ok = mix_film(s, i, &from.film, draws, e, err);
    release(&from);
    return ok;
}

/* A box in pixels of the film at the size for training. */
static sx_film_box fitted_box(const sx_film_box *box, const sx_fitted *film) {
    sx_film_box b = *box;
    sx_scale_boxes(&b, 1, (double)film->image.width / film->film_width,
                   (double)film->image.height / film->film_height);
    return b;
}

/* What a sample with boxes is made of. */
typedef struct boxed {
    const sx_image *image;
    sx_image own;       /* *image, if something was pasted; otherwise empty */
    sx_film_box *boxes; /* [count]; room for one more */
    int *labels;
    size_t count;
} boxed;

static bool boxed_make(boxed *b, const sx_loader_film *film, const sx_fitted *im, sx_error *err) {
    *b = (boxed){ .image = &im->image, .count = film->count };
    b->boxes = sx_calloc_for(film->count + 1, sizeof *b->boxes, "boxes", err);
    b->labels = sx_calloc_for(film->count + 1, sizeof *b->labels, "boxes", err);
    if (!b->boxes || !b->labels) return false;
    for (size_t k = 0; k < film->count; k++) {
        b->boxes[k] = fitted_box(&film->boxes[k], im);
        b->labels[k] = film->labels[k];
    }
    return true;
}

static void boxed_free(boxed *b) {
    sx_image_free(&b->own);
    free(b->boxes);
    free(b->labels);
}

/* On a copy of the film, which others may use. */
static bool paste_from(const sx_samples *s, const sx_donor *donor, const sx_fitted *from,
                       const sx_draws *draws, boxed *b, sx_error *err) {
    const sx_loader_film *film = &s->films[donor->film];
    const sx_film_box finding = fitted_box(&film->boxes[donor->box], from);
    const sx_image *im = b->image;
    bool pasted = false;
    if (!sx_image_new(&b->own, im->width, im->height, im->channels, 8, err)) return false;
    memcpy(b->own.data, im->data, sx_image_bytes(im));
    if (!sx_paste_finding(&b->own, b->boxes, b->count, &from->image, &finding, draws,
                          &b->boxes[b->count], &pasted, err))
        return false;
    if (!pasted) return true;
    b->labels[b->count++] = film->labels[donor->box];
    b->image = &b->own;
    return true;
}

/* Copy-paste from another film; one that cannot be read is left out as others are. */
static bool paste_in(sx_samples *s, size_t i, const sx_draws *draws, boxed *b, sx_error *err) {
    source from;
    if (draws->uniform(draws->ctx) >= s->o.copy_paste) return true;
    const sx_donor *donor = sx_donors_draw(&s->donors, i, draws);
    if (!donor) return true;
    if (!find_film(s, donor->film, &from, err)) return pass_over(s, donor->film, err);
    (void)is_first(s, s->read, donor->film);
    const bool ok = paste_from(s, donor, &from.film, draws, b, err);
    release(&from);
    return ok;
}

static bool make_boxed(sx_samples *s, size_t i, const sx_fitted *im, const sx_draws *draws,
                       sx_example *e, sx_error *err) {
    size_t kept = 0;
    boxed b;
    sx_film_box *out = sx_calloc_for(s->films[i].count + 1, sizeof *out, "boxes", err);
    const bool ok = boxed_make(&b, &s->films[i], im, err) && out &&
                    (s->o.copy_paste <= 0 || paste_in(s, i, draws, &b, err)) &&
                    sx_augment_film(b.image, b.boxes, b.count, &s->o.augment, draws, &e->image, out,
                                    &kept, err);
    for (size_t k = 0; ok && k < kept; k++) {
        e->boxes[k] =
            (sx_box){ (float)out[k].x0, (float)out[k].y0, (float)out[k].x1, (float)out[k].y1 };
        e->labels[k] = b.labels[out[k].source];
    }
    e->count = (int)kept;
    boxed_free(&b);
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
    if (!room(e, film->count + 1, output_count(s), err)) return false;
    set_targets(s, film, e->classes);
    if (!find_film(s, i, &from, err)) return pass_over(s, i, err) && make_empty(s, e, err);
    (void)is_first(s, s->read, i);
    const bool ok = s->o.width > 0 ? make_fixed(s, &from.film, &draws, e, err)
                                   : make_boxed(s, i, &from.film, &draws, e, err);
    release(&from);
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
    return s->kept && s->read && s->unreadable &&
           (o->copy_paste <= 0 || sx_donors_make(&s->donors, films, count, o->classes, err));
}

void sx_samples_free(sx_samples *s) {
    for (size_t i = 0; s->kept && i < s->count; i++)
        sx_image_free(&s->kept[i].image);
    sx_donors_free(&s->donors);
    free(s->kept);
    free(s->read);
    free(s->unreadable);
    pthread_mutex_destroy(&s->lock);
}

sx_fit sx_loader_fit(const sx_loader_options *o) {
    if (o->width > 0)
        return (sx_fit){ .width = o->width, .height = o->height, .letterbox = o->letterbox };
    sx_fit fit = { .longest = o->augment.max_size };
    for (int i = 0; o->augment.min_sizes && i < o->augment.min_count; i++)
        if (o->augment.min_sizes[i] > fit.shorter) fit.shorter = o->augment.min_sizes[i];
    return fit;
}
