#include "data/film_evidence.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/hash.h"
#include "base/mem.h"
#include "data/film_notes.h"
#include "dicom/attributes.h"
#include "dicom/dicom_film.h"
#include "dicom/stored_bits.h"

typedef struct reading {
    const sx_manifest *m;
    const sx_evidence_options *o;
    sx_film_evidence *seen;
    bool several_splits;
    atomic_bool stopped, no_memory;
} reading;

/* Of stored values, so that neither overlays in other bits nor the bits allocated matter. */
static bool hash_stored(const sx_film *f, sx_sha256 *h, sx_error *err) {
    const size_t n = (size_t)f->width * (size_t)f->height;
    int32_t *values = sx_calloc_for(n, sizeof *values, "pixels", err);
    if (!values) return false;
    for (size_t i = 0; i < n; i++)
        values[i] = sx_film_stored_value(&f->info, sx_film_value(f, i));
    const bool ok = sx_sha256_of(values, n * sizeof *values, h, err);
    free(values);
    return ok;
}

static bool hash_pixels(const sx_film *f, sx_film_evidence *s, sx_error *err) {
    sx_sha256 h;
    if (!(f->samples ? hash_stored(f, &h, err)
                     : sx_sha256_of(f->image.data, sx_image_bytes(&f->image), &h, err)))
        return false;
    memcpy(s->hash, h.hex, sizeof s->hash);
    return true;
}

/* Converts the film as `predict` does, for its warnings and, where films are compared, for its
 * signature. A film that cannot be converted has none; its pixels were compared. */
static bool show_film(const sx_film *f, bool compared, sx_film_evidence *s, sx_error *err) {
    sx_image grey = { 0 };
    sx_error why = { 0 };
    if (!sx_film_to_8bit(f, SX_PIXELS_AUTO, &grey, &why))
        return why.code != SX_ERR_MEMORY || sx_fail(err, why.code, "%s", why.message);
    if (compared) s->look = sx_calloc_for(1, sizeof *s->look, "films", err);
    const bool ok =
        !compared || (s->look && (grey.channels != 1 || sx_film_signature_of(&grey, s->look, err)));
    sx_image_free(&grey);
    return ok;
}

static bool check_header(const sx_film *f, sx_error *err) {
    return f->kind != SX_FILM_DICOM || sx_film_check_info(&f->info, err) ||
           sx_fail_in(err, "%s", f->name);
}

static bool keep_warnings(const sx_film_warnings *w, sx_film_evidence *s, sx_error *err) {
    if (!w->count) return true;
    s->warnings = sx_calloc_for(1, sizeof *s->warnings, "films", err);
    if (s->warnings) *s->warnings = *w;
    return s->warnings != NULL;
}

static bool read_film(const reading *r, const char *path, sx_film_evidence *s, sx_error *err) {
    const bool headers = r->o->headers_only;
    sx_film_warnings said = { 0 };
    sx_film *f =
        sx_film_open(path, &(sx_film_options){ .header_only = headers, .warnings = &said }, err);
    if (!f) return false;
    s->width = f->width;
    s->height = f->height;
    bool ok = headers ? check_header(f, err) : hash_pixels(f, s, err);
    if (!headers) ok = ok && show_film(f, r->several_splits, s, err);
    ok = ok && keep_warnings(&said, s, err);
    sx_film_free(f);
    return ok;
}

static void read_films(void *ctx, size_t begin, size_t end) {
    reading *r = ctx;
    for (size_t i = begin; i < end && !atomic_load(&r->stopped); i++) {
        sx_error why = { 0 };
        sx_film_evidence *s = &r->seen[i];
        const char *path = r->m->films[i].path;
        if (sx_context_cancelled(r->o->context)) atomic_store(&r->stopped, true);
        if (!path) continue;
        /* Out of memory is not a fault of the film. */
        if (!read_film(r, path, s, &why) &&
            (why.code == SX_ERR_MEMORY || !(s->message = sx_strdup(why.message))))
            atomic_store(&r->no_memory, true);
        sx_progress_step(r->o->progress, 1);
    }
}

static bool has_several_splits(const sx_manifest *m) {
    for (size_t i = 1; i < m->film_count; i++)
        if (m->films[i].split != m->films[0].split) return true;
    return false;
}

sx_film_evidence *sx_film_evidence_read(const sx_manifest *m, const sx_evidence_options *o,
                                        sx_error *err) {
    reading r = { .m = m,
                  .o = o,
                  .several_splits = has_several_splits(m),
                  .seen = sx_calloc_for(m->film_count, sizeof *r.seen, "films", err) };
    if (!r.seen) return NULL;
    sx_parallel_for(o->context, m->film_count, 1, read_films, &r);
    if (!atomic_load(&r.stopped) && !atomic_load(&r.no_memory)) return r.seen;
    sx_film_evidence_free(r.seen, m->film_count);
    if (atomic_load(&r.stopped))
        sx_fail(err, SX_ERR_CANCELLED, "cancelled");
    else
        sx_fail(err, SX_ERR_MEMORY, "out of memory for faults");
    return NULL;
}

bool sx_film_evidence_warn(const sx_film_evidence *seen, const sx_manifest *m,
                           const sx_context *context, sx_error *err) {
    sx_film_notes *notes = sx_film_notes_new(context, err);
    if (!notes) return false;
    for (size_t i = 0; i < m->film_count; i++)
        if (seen[i].warnings) sx_film_notes_add(notes, m->films[i].path, seen[i].warnings);
    sx_film_notes_free(notes);
    return true;
}

void sx_film_evidence_free(sx_film_evidence *seen, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(seen[i].message);
        free(seen[i].look);
        free(seen[i].warnings);
    }
    free(seen);
}
