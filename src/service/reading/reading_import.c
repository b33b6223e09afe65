#include "service/reading/reading_import.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "dicom/dicom_film.h"

/* What is read of a film's file before the transaction. */
typedef struct import_film {
    const sx_manifest_film *film; /* NULL: it has no file */
    char *path;                   /* absolute */
    sx_sha256 sha256;
    int width, height;
    double spacing[2];
    char view[17];
    bool held;
    sx_error error;
} import_film;

typedef struct import_run {
    const sx_context *context;
    const sx_manifest *m;
    sx_progress *progress;
    import_film *films; /* [m->film_count] */
} import_run;

/* ---- files ---- */

static bool read_film(const sx_manifest_film *f, import_film *out, sx_error *err) {
    sx_file file;
    if (!(out->path = sx_path_absolute(f->path)))
        return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", f->path);
    if (!sx_file_open(&file, out->path, err)) return false;
    sx_film *film = sx_film_from_memory(file.data, file.size, out->path,
                                        &(sx_film_options){ .header_only = true }, err);
    const bool ok = film && sx_sha256_of(file.data, file.size, &out->sha256, err);
    if (ok) {
        out->film = f;
        out->width = film->width;
        out->height = film->height;
        out->spacing[0] = film->kind == SX_FILM_DICOM ? film->info.spacing[0] : NAN;
        out->spacing[1] = film->kind == SX_FILM_DICOM ? film->info.spacing[1] : NAN;
        out->held = strcmp(film->info.burned_in, "YES") == 0;
        sx_format(out->view, sizeof out->view, "%s", film->info.view);
    }
    sx_film_free(film);
    sx_file_close(&file);
    return ok;
}

static void read_films(void *user, size_t begin, size_t end) {
    import_run *r = user;
    for (size_t i = begin; i < end && !sx_context_cancelled(r->context); i++) {
        const sx_manifest_film *f = &r->m->films[i];
        if (f->path) (void)!read_film(f, &r->films[i], &r->films[i].error);
        sx_progress_step(r->progress, 1);
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

static bool put_study(sx_db *db, int64_t project, const sx_manifest_film *f, size_t order,
                      int64_t *id, sx_reading_import_counts *counts, sx_error *err) {
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
           sx_fail(err, SX_ERR_MISMATCH, "study %s of film %s belongs to two splits", study_of(f),
                   f->id);
}

/* ---- films ---- */

static sx_db_value real_or_null(double v) {
    return isnan(v) ? (sx_db_value){ .type = SX_DB_NULL } : sx_db_real(v);
}

static bool add_film(sx_db *db, int64_t project, int64_t study, const import_film *f, size_t order,
                     sx_error *err) {
    const sx_db_value values[] = { sx_db_int(project),
                                   sx_db_int(study),
                                   sx_db_text(f->film->id),
                                   sx_db_text(f->film->series),
                                   sx_db_text(f->path),
                                   sx_db_text(f->sha256.hex),
                                   sx_db_int(f->width),
                                   sx_db_int(f->height),
                                   real_or_null(f->spacing[0]),
                                   real_or_null(f->spacing[1]),
                                   sx_db_text(f->view),
                                   sx_db_int((int64_t)order),
                                   sx_db_text(f->held ? "BurnedInAnnotation is YES" : "") };
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

static bool put_film(sx_db *db, int64_t project, const import_film *f, size_t order,
                     sx_reading_import_counts *counts, sx_error *err) {
    int64_t study;
    text_row known = { .found = false };
    const sx_db_value values[] = { sx_db_int(project), sx_db_text(f->film->id) };
    if (!put_study(db, project, f->film, order, &study, counts, err) ||
        !sx_db_query(db,
                     "SELECT id, sha256 || ' ' || study FROM reading_film"
                     " WHERE project = ? AND image_id = ?",
                     values, 2, take_text, &known, err))
        return false;
    if (known.found) {
        counts->known++;
        return check_known(db, study, &known, f, err);
    }
    counts->films++;
    counts->held += f->held;
    return add_film(db, project, study, f, order, err);
}

static bool put_films(sx_db *db, int64_t project, const import_run *r,
                      sx_reading_import_counts *counts, sx_error *err) {
    for (size_t i = 0; i < r->m->film_count; i++)
        if (r->films[i].film && !put_film(db, project, &r->films[i], i, counts, err)) return false;
    return true;
}

bool sx_reading_import(sx_db *db, const sx_context *context, const sx_reading_project *project,
                       const sx_manifest *m, sx_progress *progress,
                       sx_reading_import_counts *counts, sx_error *err) {
    import_run r = { .context = context, .m = m, .progress = progress };
    *counts = (sx_reading_import_counts){ 0 };
    r.films = sx_calloc_for(m->film_count + 1, sizeof *r.films, "films", err);
    if (!r.films) return false;
    sx_parallel_for(context, m->film_count, 4, read_films, &r);
    const bool ok = sx_context_check(context, err) && check_films(&r, counts, err) &&
                    sx_db_begin(db, err) &&
                    sx_db_end(db, put_films(db, project->id, &r, counts, err), err);
    for (size_t i = 0; i < m->film_count; i++)
        free(r.films[i].path);
    free(r.films);
    return ok;
}
