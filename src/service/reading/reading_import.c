#include "service/reading/reading_import.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "dicom/film_text.h"
#include "service/reading/pixel_cache.h"
#include "service/reading/pixel_film.h"
#include "service/reading/reading_held.h"

/* What is read of a film's file before the transaction. */
typedef struct import_film {
    const sx_manifest_film *film; /* NULL: it has no file */
    char *path;                   /* absolute */
    sx_sha256 sha256;
    int width, height;
    double spacing[2];
    char view[17];
    char held[300]; /* why; "": it is not */
    sx_error error;
} import_film;

typedef struct import_run {
    const sx_reading_import_options *o;
    const sx_manifest *m;
    import_film *films;      /* [m->film_count] */
    _Atomic uint64_t cached; /* bytes in the cache of pixels */
    atomic_size_t prepared;  /* films in it */
    atomic_bool failed;      /* the cache cannot be written */
} import_run;

/* ---- files ---- */

/* Text may name the patient. Many devices leave the attribute out, so that its absence says
 * nothing; then the pixels alone decide. */
static bool find_why_held(const sx_film *film, char *held, size_t size, sx_error *err) {
    sx_film_text text;
    char where[200];
    if (*film->info.burned_in && strcmp(film->info.burned_in, "NO") != 0) {
        sx_format(held, size, "BurnedInAnnotation is %s", film->info.burned_in);
        return true;
    }
    if (!sx_film_text_find(film, &text, err)) return false;
    if (text.count) {
        sx_film_text_describe(&text, where, sizeof where);
        sx_format(held, size, "likely text at %s", where);
    }
    sx_film_text_free(&text);
    return true;
}

/* Without the cache a film is slow only when it is first looked at. */
static void prepare_pixels(import_run *r, const import_film *f, const sx_pixel_film *pixels) {
    const sx_reading_import_options *o = r->o;
    const sx_pixel_source source = { .folder = o->folder,
                                     .film = f->path,
                                     .sha256 = f->sha256.hex };
    uint64_t bytes = 0;
    sx_error why = { 0 };
    if (!o->folder || r->failed || (o->most_bytes && r->cached >= o->most_bytes)) return;
    if (sx_pixel_cache_put(&source, pixels, &bytes, &why)) {
        r->cached += bytes;
        r->prepared++;
    } else if (!atomic_exchange(&r->failed, true)) {
        sx_log(o->context, SX_LOG_WARNING, "films are prepared when they are first looked at: %s",
               why.message);
    }
}

static bool read_pixels(import_run *r, const sx_film *film, import_film *out, sx_error *err) {
    sx_pixel_film pixels;
    if (!find_why_held(film, out->held, sizeof out->held, err) ||
        !sx_pixel_film_of(film, &pixels, err))
        return false;
    prepare_pixels(r, out, &pixels);
    sx_pixel_film_free(&pixels);
    return true;
}

static bool read_film(import_run *r, const sx_manifest_film *f, import_film *out, sx_error *err) {
    sx_file file;
    if (!(out->path = sx_path_absolute(f->path)))
        return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", f->path);
    if (!sx_file_open(&file, out->path, err)) return false;
    sx_film *film = sx_film_from_memory(file.data, file.size, out->path, NULL, err);
    const bool ok = film && sx_sha256_of(file.data, file.size, &out->sha256, err) &&
                    read_pixels(r, film, out, err);
    if (ok) {
        out->film = f;
        out->width = film->width;
        out->height = film->height;
        out->spacing[0] = film->kind == SX_FILM_DICOM ? film->info.spacing[0] : NAN;
        out->spacing[1] = film->kind == SX_FILM_DICOM ? film->info.spacing[1] : NAN;
        sx_format(out->view, sizeof out->view, "%s", film->info.view);
    }
    sx_film_free(film);
    sx_file_close(&file);
    return ok;
}

static void read_films(void *user, size_t begin, size_t end) {
    import_run *r = user;
    for (size_t i = begin; i < end && !sx_context_cancelled(r->o->context); i++) {
        const sx_manifest_film *f = &r->m->films[i];
        if (f->path) (void)!read_film(r, f, &r->films[i], &r->films[i].error);
        sx_progress_step(r->o->progress, 1);
    }
}

static bool check_films(const import_run *r, sx_reading_import_counts *counts, sx_error *err) {
    size_t with_file = 0;
    for (size_t i = 0; i < r->m->film_count; i++) {
        const sx_error *why = &r->films[i].error;
        if (why->code != SX_OK) return sx_fail(err, why->code, "%s", why->message);
        with_file += r->films[i].film != NULL;
    }
    counts->without_file = r->m->film_count - with_file;
    return with_file > 0 || sx_fail(err, SX_ERR_MISSING, "no film of the data set has a file");
}

/* ---- studies ---- */

typedef struct text_row {
    char text[600];
    int64_t id;
    bool found;
} text_row;

static bool take_text(void *user, const sx_db_row *row, sx_error *err) {
    text_row *t = user;
    (void)err;
    t->id = sx_db_get_int(row, 0);
    sx_db_copy_text(row, 1, t->text, sizeof t->text);
    t->found = true;
    return true;
}

/* A film without a study is a study of its own. */
static const char *study_of(const sx_manifest_film *f) {
    return *f->study ? f->study : f->id;
}

static bool add_study(sx_db *db, int64_t project, const sx_manifest_film *f, size_t order,
                      int64_t *id, sx_error *err) {
    bool found;
    const sx_db_value values[] = { sx_db_int(project), sx_db_text(study_of(f)),
                                   sx_db_text(f->patient), sx_db_text(sx_split_name(f->split)),
                                   sx_db_int((int64_t)order) };
    return sx_db_query_int(db,
                           "INSERT INTO reading_study (project, study_id, patient_id, split, ord)"
                           " VALUES (?, ?, ?, ?, ?) RETURNING id",
                           values, 5, id, &found, err);
}

static bool put_study(sx_db *db, int64_t project, const import_film *film, size_t order,
                      int64_t *id, sx_reading_import_counts *counts, sx_error *err) {
    const sx_manifest_film *f = film->film;
    const sx_db_value values[] = { sx_db_int(project), sx_db_text(study_of(f)) };
    text_row t = { .found = false };
    if (!sx_db_query(db, "SELECT id, split FROM reading_study WHERE project = ? AND study_id = ?",
                     values, 2, take_text, &t, err))
        return false;
    *id = t.id;
    if (!t.found) {
        counts->studies++;
        return add_study(db, project, f, order, id, err);
    }
    return strcmp(t.text, sx_split_name(f->split)) == 0 ||
           sx_fail(err, SX_ERR_MISMATCH, "%s: study %s of film %s belongs to two splits",
                   film->path, study_of(f), f->id);
}

/* ---- films ---- */

static sx_db_value real_or_null(double v) {
    return isnan(v) ? (sx_db_value){ .type = SX_DB_NULL } : sx_db_real(v);
}

static bool add_film(sx_db *db, int64_t project, int64_t study, const import_film *f, size_t order,
                     sx_error *err) {
    const sx_db_value values[] = { sx_db_int(project),          sx_db_int(study),
                                   sx_db_text(f->film->id),     sx_db_text(f->film->series),
                                   sx_db_text(f->path),         sx_db_text(f->sha256.hex),
                                   sx_db_int(f->width),         sx_db_int(f->height),
                                   real_or_null(f->spacing[0]), real_or_null(f->spacing[1]),
                                   sx_db_text(f->view),         sx_db_int((int64_t)order),
                                   sx_db_text(f->held) };
    return sx_db_run(db,
                     "INSERT INTO reading_film (project, study, image_id, series_id, path, sha256,"
                     " width, height, row_spacing, column_spacing, view, ord, held)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     values, 13, err);
}

/* A film that the project has: the same bytes, perhaps in another place. */
static bool check_known(sx_db *db, int64_t study, const text_row *known, const import_film *f,
                        sx_error *err) {
    char same[100];
    sx_format(same, sizeof same, "%s %" PRId64, f->sha256.hex, study);
    if (strcmp(known->text, same) != 0)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "%s: the project has a film %s with other bytes or another study", f->path,
                       f->film->id);
    const sx_db_value values[] = { sx_db_text(f->path), sx_db_int(known->id) };
    return sx_db_run(db, "UPDATE reading_film SET path = ? WHERE id = ?", values, 2, err);
}

/* A held film changes nothing for readers until it is released. *locked: the study gets no film;
 * f->error says so. */
static bool grow_study(sx_db *db, const import_run *r, int64_t study, import_film *f, bool *locked,
                       sx_reading_import_counts *counts, sx_error *err) {
    *locked = false;
    if (*f->held || sx_reading_study_grows(db, study, &counts->returned, &f->error)) return true;
    sx_fail_in(&f->error, "%s", f->path);
    *locked = r->o->locked && f->error.code == SX_ERR_MISMATCH;
    counts->locked += *locked;
    return *locked || sx_fail(err, f->error.code, "%s", f->error.message);
}

static bool put_film(sx_db *db, const import_run *r, int64_t project, import_film *f, size_t order,
                     sx_reading_import_counts *counts, sx_error *err) {
    int64_t study;
    bool locked;
    text_row known = { .found = false };
    const sx_db_value values[] = { sx_db_int(project), sx_db_text(f->film->id) };
    if (!put_study(db, project, f, order, &study, counts, err) ||
        !sx_db_query(db,
                     "SELECT id, sha256 || ' ' || study FROM reading_film"
                     " WHERE project = ? AND image_id = ?",
                     values, 2, take_text, &known, err))
        return false;
    if (known.found) {
        counts->known++;
        return check_known(db, study, &known, f, err);
    }
    if (!grow_study(db, r, study, f, &locked, counts, err)) return false;
    if (locked) return true;
    counts->films++;
    counts->held += *f->held != 0;
    return add_film(db, project, study, f, order, err);
}

/* The first of the films that were left out. */
static bool fail_locked(const import_run *r, sx_error *err) {
    size_t i = 0;
    while (r->films[i].error.code == SX_OK)
        i++;
    return sx_fail(err, r->films[i].error.code, "%s", r->films[i].error.message);
}

static bool put_films(sx_db *db, const sx_reading_project *project, const import_run *r,
                      sx_reading_import_counts *counts, sx_error *err) {
    if (!sx_reading_rounds_hold(db, project, err)) return false;
    for (size_t i = 0; i < r->m->film_count; i++)
        if (r->films[i].film && !put_film(db, r, project->id, &r->films[i], i, counts, err))
            return false;
    return !counts->locked || counts->films + counts->known > 0 || fail_locked(r, err);
}

static void tell_locked(const import_run *r) {
    for (size_t i = 0; r->o->locked && i < r->m->film_count; i++)
        if (r->films[i].error.code != SX_OK) r->o->locked(r->o->locked_user, &r->films[i].error);
}

bool sx_reading_import(sx_db *db, const sx_reading_project *project, const sx_manifest *m,
                       const sx_reading_import_options *options, sx_reading_import_counts *counts,
                       sx_error *err) {
    import_run r = { .o = options, .m = m };
    uint64_t cached = 0;
    *counts = (sx_reading_import_counts){ 0 };
    if (options->folder && !sx_pixel_cache_bytes(options->folder, &cached, err)) return false;
    r.cached = cached;
    r.films = sx_calloc_for(m->film_count + 1, sizeof *r.films, "films", err);
    if (!r.films) return false;
    sx_parallel_for(options->context, m->film_count, 1, read_films, &r);
    const bool ok = sx_context_check(options->context, err) && check_films(&r, counts, err) &&
                    sx_db_begin(db, err) &&
                    sx_db_end(db,
                              put_films(db, project, &r, counts, err) &&
                                  (!options->note || options->note(options->user, err)),
                              err);
    counts->prepared = r.prepared;
    if (ok) tell_locked(&r);
    for (size_t i = 0; i < m->film_count; i++)
        free(r.films[i].path);
    free(r.films);
    return ok;
}
