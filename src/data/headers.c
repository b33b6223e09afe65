#include "data/headers.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/context_impl.h"
#include "base/csv.h"
#include "data/manifest_build.h"
#include "dicom/dicom_film.h"

typedef struct reading {
    sx_manifest *m;
    sx_progress *progress;
    pthread_mutex_t lock;
    /* the first film in the manifest's order that could not be read; SIZE_MAX: none */
    size_t failed;
    sx_error error; /* its */
} reading;

static void note_failure(reading *r, size_t i, const sx_error *why) {
    pthread_mutex_lock(&r->lock);
    if (i < r->failed) {
        r->failed = i;
        r->error = *why;
    }
    pthread_mutex_unlock(&r->lock);
}

static void read_headers(void *ctx, size_t begin, size_t end) {
    reading *r = ctx;
    for (size_t i = begin; i < end; i++) {
        sx_error why = { 0 };
        sx_manifest_film *f = &r->m->films[i];
        sx_film *film =
            f->path ? sx_film_open(f->path, &(sx_film_options){ .header_only = true }, &why) : NULL;
        if (f->path && !film) note_failure(r, i, &why);
        if (film) {
            const sx_film_info *info = &film->info;
            f->other_size = f->two_sizes || (f->width && f->width != film->width) ||
                            (f->height && f->height != film->height);
            f->size_read = true;
            f->width = film->width;
            f->height = film->height;
            if (isnan(f->age) && film->kind == SX_FILM_DICOM) f->age = info->age;
            if (!f->sex && (info->sex[0] == 'F' || info->sex[0] == 'M' || info->sex[0] == 'O'))
                f->sex = info->sex[0];
        }
        sx_film_free(film);
        sx_progress_step(r->progress, 1);
    }
}

bool sx_manifest_headers(const sx_context *context, sx_manifest *m, sx_progress *progress,
                         sx_error *err) {
    reading r = { .m = m, .progress = progress, .failed = SIZE_MAX };
    pthread_mutex_init(&r.lock, NULL);
    sx_parallel_for(context, m->film_count, 16, read_headers, &r);
    pthread_mutex_destroy(&r.lock);
    return r.failed == SIZE_MAX || sx_fail(err, r.error.code, "%s", r.error.message);
}

typedef struct listing {
    const sx_paths *files;
    sx_progress *progress;
    sx_str *row;     /* [count] */
    char **messages; /* [count] */
} listing;

static void put_text(sx_str *s, const char *text) {
    sx_csv_put(s, text);
    sx_str_add(s, ",");
}

static void put_film(sx_str *s, const char *path, const sx_film *film) {
    const sx_film_info *i = &film->info;
    char stem[SX_FILM_STEM];
    struct stat st;
    sx_film_name_stem(path, stem, sizeof stem);
    put_text(s, i->patient_id);
    put_text(s, stem);
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

static void list(void *ctx, size_t begin, size_t end) {
    listing *l = ctx;
    for (size_t i = begin; i < end; i++) {
        sx_error why = { 0 };
        sx_film *film =
            sx_film_open(l->files->items[i], &(sx_film_options){ .header_only = true }, &why);
        if (film)
            put_film(&l->row[i], l->files->items[i], film);
        else if (!(l->messages[i] = sx_strdup(why.message)))
            l->row[i].failed = true;
        sx_film_free(film);
        sx_progress_step(l->progress, 1);
    }
}

bool sx_headers_csv(const sx_context *context, const sx_paths *files, sx_progress *progress,
                    sx_str *out, char **messages, sx_error *err) {
    listing l = { files, progress, sx_calloc_for(files->count + 1, sizeof(sx_str), "rows", err),
                  messages };
    if (!l.row) return false;
    sx_parallel_for(context, files->count, 16, list, &l);
    bool ok = true;
    sx_str_add(out, "patient_id,image_id,series_id,study_id,image_height,image_width,body_part,"
                    "patient_sex,patient_age,"
                    "modality,view,manufacturer,device,spacing,photometric,bits_stored,transfer_"
                    "syntax,file_size\n");
    for (size_t i = 0; i < files->count; i++) {
        ok = ok && sx_str_ok(&l.row[i], err);
        if (ok) sx_str_append(out, sx_str_text(&l.row[i]), l.row[i].len);
        sx_str_free(&l.row[i]);
    }
    free(l.row);
    return ok && sx_str_ok(out, err);
}
