#include "data/headers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/context_impl.h"
#include "base/csv.h"
#include "data/film_notes.h"
#include "data/manifest_build.h"
#include "data/stated_size.h"
#include "dicom/attributes.h"
#include "dicom/dicom_film.h"

typedef struct reading {
    const sx_context *context;
    sx_manifest *m;
    sx_progress *progress;
    bool sizes;       /* a film without a size is not read */
    sx_error *errors; /* [film_count] of the films; code SX_OK: it was read */
} reading;

static sx_film *read_header(const reading *r, const char *path, sx_error *err) {
    sx_film *film = sx_film_open(path, &(sx_film_options){ .header_only = true }, err);
    if (!film || !r->sizes || film->kind != SX_FILM_DICOM || sx_film_check_size(&film->info, err))
        return film;
    sx_fail_in(err, "%s", path);
    sx_film_free(film);
    return NULL;
}

static void read_headers(void *ctx, size_t begin, size_t end) {
    reading *r = ctx;
    for (size_t i = begin; i < end && !sx_context_cancelled(r->context); i++) {
        sx_manifest_film *f = &r->m->films[i];
        sx_film *film = f->path ? read_header(r, f->path, &r->errors[i]) : NULL;
        if (film) {
            const sx_film_info *info = &film->info;
            const sx_stated_size stated = { f->width, f->height };
            f->other_size =
                f->two_sizes || sx_stated_size_differs(stated, film->width, film->height);
            f->size_read = true;
            f->width = film->width;
            f->height = film->height;
            if (isnan(f->age) && film->kind == SX_FILM_DICOM) f->age = info->age;
            if (!f->sex) f->sex = sx_manifest_sex(info->sex);
        }
        sx_film_free(film);
        sx_progress_step(r->progress, 1);
    }
}

/* Films that cannot be read are noted in *messages and not kept. */
static bool note_unreadable(const reading *r, bool *keep, sx_paths *messages, sx_error *err) {
    for (size_t i = 0; i < r->m->film_count; i++) {
        const sx_error *why = &r->errors[i];
        keep[i] = why->code == SX_OK;
        if (keep[i]) continue;
        /* out of memory is no fault of the film */
        if (!messages || why->code == SX_ERR_MEMORY)
            return sx_fail(err, why->code, "%s", why->message);
        if (!sx_paths_add(messages, why->message, err)) return false;
    }
    return true;
}

static bool set_headers(const sx_context *context, sx_manifest *m, sx_progress *progress,
                        sx_paths *messages, sx_error *err) {
    reading r = { .context = context, .m = m, .progress = progress, .sizes = messages };
    bool *keep = sx_calloc_for(m->film_count + 1, sizeof *keep, "films", err);
    r.errors = keep ? sx_calloc_for(m->film_count + 1, sizeof *r.errors, "films", err) : NULL;
    bool ok = r.errors != NULL;
    if (ok) sx_parallel_for(context, m->film_count, 16, read_headers, &r);
    ok = ok && sx_context_check(context, err) && note_unreadable(&r, keep, messages, err) &&
         (!messages || messages->count == 0 || sx_manifest_select(m, keep, err));
    free(r.errors);
    free(keep);
    return ok;
}

bool sx_manifest_headers(const sx_context *context, sx_manifest *m, sx_progress *progress,
                         sx_error *err) {
    return set_headers(context, m, progress, NULL, err);
}

bool sx_manifest_headers_readable(const sx_context *context, sx_manifest *m, sx_progress *progress,
                                  sx_paths *messages, sx_error *err) {
    return set_headers(context, m, progress, messages, err);
}

typedef struct listing {
    const sx_context *context;
    const sx_paths *files, *ids;
    sx_progress *progress;
    sx_str *row;             /* [count] */
    char **messages;         /* [count] */
    sx_film_warnings **said; /* [count] NULL: none */
} listing;

static void put_text(sx_str *s, const char *text) {
    sx_csv_put(s, text);
    sx_str_add(s, ",");
}

static void put_film(sx_str *s, const char *path, const char *id, const sx_film *film) {
    const sx_film_info *i = &film->info;
    struct stat st;
    put_text(s, i->patient_id);
    put_text(s, id);
    put_text(s, i->series_uid);
    put_text(s, i->study_uid);
    sx_str_printf(s, "%d,%d,", film->height, film->width);
    put_text(s, i->body_part);
    put_text(s, i->sex);
    if (film->kind == SX_FILM_DICOM && !isnan(i->age)) sx_str_printf(s, "%.4g", i->age);
    sx_str_add(s, ",");
    put_text(s, i->modality);
    put_text(s, i->view);
    put_text(s, i->manufacturer);
    put_text(s, i->device);
    if (film->kind == SX_FILM_DICOM && !isnan(i->spacing[0]))
        sx_str_printf(s, "%.6g", i->spacing[0]);
    sx_str_add(s, ",");
    put_text(s, i->photometric);
    sx_str_printf(s, "%d,", i->bits_stored);
    put_text(s, i->transfer_syntax);
    if (stat(path, &st) == 0) sx_str_printf(s, "%lld", (long long)st.st_size);
    sx_str_add(s, "\n");
}

static void keep_warnings(listing *l, size_t film, const sx_film_warnings *said) {
    l->said[film] = malloc(sizeof *said);
    if (l->said[film])
        *l->said[film] = *said;
    else
        l->row[film].failed = true;
}

static void list(void *ctx, size_t begin, size_t end) {
    listing *l = ctx;
    for (size_t i = begin; i < end && !sx_context_cancelled(l->context); i++) {
        sx_error why = { 0 };
        sx_film_warnings said = { 0 };
        sx_film *film = sx_film_open(
            l->files->items[i], &(sx_film_options){ .header_only = true, .warnings = &said }, &why);
        if (film)
            put_film(&l->row[i], l->files->items[i], l->ids->items[i], film);
        else if (!(l->messages[i] = sx_strdup(why.message)))
            l->row[i].failed = true;
        if (film && said.count) keep_warnings(l, i, &said);
        sx_film_free(film);
        sx_progress_step(l->progress, 1);
    }
}

/* In the order of the films. */
static bool log_warnings(const listing *l, sx_error *err) {
    sx_film_notes *notes = sx_film_notes_new(l->context, err);
    for (size_t i = 0; notes && i < l->files->count; i++)
        if (l->said[i]) sx_film_notes_add(notes, l->files->items[i], l->said[i]);
    sx_film_notes_free(notes);
    return notes != NULL;
}

static bool list_all(listing *l, sx_str *out, sx_error *err) {
    sx_parallel_for(l->context, l->files->count, 16, list, l);
    bool ok = sx_context_check(l->context, err);
    sx_str_add(out, "patient_id,image_id,series_id,study_id,image_height,image_width,body_part,"
                    "patient_sex,patient_age,"
                    "modality,view,manufacturer,device,spacing,photometric,bits_stored,transfer_"
                    "syntax,file_size\n");
    for (size_t i = 0; i < l->files->count; i++) {
        ok = ok && sx_str_ok(&l->row[i], err);
        if (ok) sx_str_append(out, sx_str_text(&l->row[i]), l->row[i].len);
        sx_str_free(&l->row[i]);
    }
    return ok && sx_str_ok(out, err) && log_warnings(l, err);
}

bool sx_headers_csv(const sx_context *context, const sx_paths *files, const sx_paths *ids,
                    sx_progress *progress, sx_str *out, char **messages, sx_error *err) {
    listing l = { .context = context,
                  .files = files,
                  .ids = ids,
                  .progress = progress,
                  .row = sx_calloc_for(files->count + 1, sizeof(sx_str), "rows", err),
                  .messages = messages };
    if (l.row) l.said = sx_calloc_for(files->count + 1, sizeof *l.said, "rows", err);
    const bool ok = l.said && list_all(&l, out, err);
    for (size_t i = 0; l.said && i < files->count; i++)
        free(l.said[i]);
    free(l.said);
    free(l.row);
    return ok;
}
