#include "data/deidentify_set.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/film_name.h"
#include "base/names.h"
#include "base/writer.h"
#include "data/headers.h"
#include "data/lesion_words.h"
#include "data/manifest_build.h"
#include "data/manifest_merge.h"
#include "data/manifest_write_impl.h"
#include "data/patients.h"

typedef struct work {
    const sx_deidentify *d;
    sx_manifest *m;
    sx_deidentify_set_totals *totals;
    sx_paths files, unread;
    sx_names places;       /* path of a file -> its place in `files` */
    const char **folders;  /* [files.count], literal texts */
    char (*uids)[65];      /* [files.count]; "": there is no result */
    char (*subjects)[24];  /* [files.count] the new Patient IDs */
    char (*patients)[132]; /* [files.count] the old ones, "ID" or "ID^^^ISSUER" */
    const char **words; /* [classes.count] words of lesion names that are not of the vocabulary */
    bool numbered;      /* sx_patients_are_numbered */
    atomic_long label;  /* a lesion name that repeats a removed value; -1: none */
} work;

static const char *folder_of(const sx_manifest *m, const sx_manifest_film *f) {
    static const char *const yolo[SX_SPLITS] = { "images", "images/train", "images/val",
                                                 "images/test" };
    if (m->layout == SX_LAYOUT_YOLO) return yolo[f->split];
    return m->layout == SX_LAYOUT_VOC ? "JPEGImages" : "images";
}

/* Adds a file once. */
static bool add_file(work *w, const char *path, bool *fresh, sx_error *err) {
    return sx_names_put(&w->places, path, (uint32_t)w->files.count, fresh, err) &&
           (!*fresh || sx_paths_add(&w->files, path, err));
}

/* A file that the annotations were read from. */
static bool is_source(const sx_manifest *m, const char *path) {
    return sx_names_find(&m->sources, path) >= 0 ||
           (m->layout == SX_LAYOUT_VOC && strstr(path, "/ImageSets/"));
}

/* Films in the folder that the annotations do not name. */
static bool add_unlisted(work *w, const char *root, sx_deidentify_set_totals *t, sx_error *err) {
    sx_paths found = { 0 }, results = { 0 };
    bool ok = sx_paths_walk_films(&found, &w->unread, &results, root, w->d->context, err);
    for (size_t i = 0; ok && i < found.count; i++) {
        const char *path = found.items[i];
        bool fresh = false;
        if (is_source(w->m, path)) continue;
        if (!sx_is_film_name(sx_path_base(path))) {
            t->others++;
            continue;
        }
        ok = add_file(w, path, &fresh, err);
        t->unlisted += ok && fresh;
    }
    t->others += results.count;
    sx_paths_free(&found);
    sx_paths_free(&results);
    return ok;
}

static bool list_files(work *w, const char *root, sx_deidentify_set_totals *t, sx_error *err) {
    sx_manifest *m = w->m;
    bool fresh, ok = true;
    for (size_t i = 0; ok && i < m->film_count; i++)
        ok = !m->films[i].path || add_file(w, m->films[i].path, &fresh, err);
    if (ok && sx_path_is_dir(root)) ok = add_unlisted(w, root, t, err);
    const size_t n = w->files.count + 1;
    if (ok) w->folders = sx_calloc_for(n, sizeof *w->folders, "a list of films", err);
    if (ok) w->uids = sx_calloc_for(n, sizeof *w->uids, "a list of films", err);
    if (ok) w->subjects = sx_calloc_for(n, sizeof *w->subjects, "a list of films", err);
    if (ok) w->patients = sx_calloc_for(n, sizeof *w->patients, "a list of films", err);
    if (!ok || !w->folders || !w->uids || !w->subjects || !w->patients) return false;
    for (size_t i = 0; i < n; i++)
        w->folders[i] = "unlisted";
    for (size_t i = m->film_count; i-- > 0;)
        if (m->films[i].path)
            w->folders[sx_names_find(&w->places, m->films[i].path)] = folder_of(m, &m->films[i]);
    return true;
}

static void take_uid(void *ctx, size_t file, const sx_deid_pair *pairs) {
    work *w = ctx;
    snprintf(w->uids[file], sizeof w->uids[file], "%s", pairs[3].now);
    snprintf(w->subjects[file], sizeof w->subjects[file], "%.23s", pairs[0].now);
    snprintf(w->patients[file], sizeof w->patients[file], "%s", pairs[0].was);
}

static void take_label(void *ctx, size_t label) {
    work *w = ctx;
    atomic_store(&w->label, (long)label);
}

static bool check_labels(work *w, sx_error *err) {
    const long label = atomic_load(&w->label);
    return label < 0 || sx_fail(err, SX_ERR_UNSUPPORTED,
                                "the lesion name \"%s\" repeats a value that was removed from a "
                                "film: rename it; no annotations were written",
                                w->m->classes.items[label]);
}

static bool is_approved(const sx_deidentify *d, const char *name) {
    return d->lesion_names && sx_names_find(d->lesion_names, name) >= 0;
}

/* Lesion names with words of no vocabulary may be names of patients in any spelling. */
static bool fail_unknown(const work *w, sx_error *err) {
    const sx_names *classes = &w->m->classes;
    sx_str list = { 0 };
    for (size_t i = 0, n = 0; i < classes->count; i++) {
        if (!w->words[i][0] || is_approved(w->d, classes->items[i])) continue;
        if (n < 3) sx_str_printf(&list, "%s\"%s\"", n ? ", " : "", classes->items[i]);
        if (n++ == 3) sx_str_add(&list, ", ...");
    }
    sx_fail(
        err, SX_ERR_UNSUPPORTED,
        "lesion names that may identify a patient: %s: rename them, or list those that identify "
        "nobody in a file for --lesion-names; nothing was written",
        sx_str_text(&list));
    sx_str_free(&list);
    return false;
}

static bool check_lesion_names(work *w, sx_error *err) {
    const sx_names *classes = &w->m->classes;
    bool known = true;
    w->words = sx_calloc_for(classes->count + 1, sizeof *w->words, "lesion names", err);
    if (!w->words) return false;
    for (size_t i = 0; i < classes->count; i++) {
        sx_str words = { 0 };
        const bool ok = sx_lesion_unknown_words(classes->items[i], &words);
        w->words[i] = ok ? sx_arena_strdup(w->m->memory, sx_str_text(&words)) : NULL;
        sx_str_free(&words);
        if (!w->words[i]) return sx_fail(err, SX_ERR_MEMORY, "out of memory for lesion names");
        known = known && (!w->words[i][0] || is_approved(w->d, classes->items[i]));
    }
    return known || fail_unknown(w, err);
}

/* ---- the annotations ---- */

/* Copies text into the data set's memory. */
static bool set_text(sx_manifest *m, const char **to, const char *text, sx_error *err) {
    *to = sx_arena_strdup(m->memory, text);
    return *to || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
}

static bool set_uid(work *w, const char **to, sx_error *err) {
    char out[65];
    return !(*to)[0] ||
           (sx_deid_uid(&w->d->options, *to, out, err) && set_text(w->m, to, out, err));
}

/* Whether the header has this Patient ID, of any issuer. */
static bool has_patient(const char *of_header, const char *id) {
    const size_t n = strlen(id);
    return strncmp(of_header, id, n) == 0 &&
           (of_header[n] == '\0' || strncmp(of_header + n, "^^^", 3) == 0);
}

/* The film gets the patient of its header if that has the same Patient ID, with or without the name
 * of a merged set before it, or if the annotations have a placeholder, which names no patient. */
static bool replace_patient(work *w, sx_manifest_film *f, long file, sx_error *err) {
    char subject[24];
    if (!f->patient[0]) return true;
    if (!sx_patient_is_known(f->patient, w->numbered) ||
        has_patient(w->patients[file], f->patient) ||
        has_patient(w->patients[file], sx_merge_own_name(f->patient, ':')))
        return set_text(w->m, &f->patient, w->subjects[file], err);
    return sx_deid_subject(&w->d->options, f->patient, subject, err) &&
           set_text(w->m, &f->patient, subject, err);
}

static bool replace_film(work *w, sx_manifest_film *f, long file, sx_error *err) {
    const sx_deid_options *o = &w->d->options;
    const char *uid = w->uids[file];
    char path[4096];
    const int length =
        snprintf(path, sizeof path, "%s/%s/%s.dicom", w->d->out, w->folders[file], uid);
    if (length < 0 || length >= (int)sizeof path)
        return sx_fail(err, SX_ERR_LIMIT, "%s: the path is too long", w->d->out);
    if (!set_text(w->m, &f->id, uid, err) || !set_text(w->m, &f->path, path, err)) return false;
    f->alias = "";
    if (!set_uid(w, &f->study, err) || !set_uid(w, &f->series, err) ||
        !replace_patient(w, f, file, err))
        return false;
    if (!o->keep_patient) {
        f->sex = 0;
        f->age = NAN;
    } else if (f->age > 89) {
        f->age = 90;
    }
    return true;
}

bool sx_deid_plain_reader(const char *name) {
    const size_t n = strlen(name);
    return !n || (n <= 4 && name[0] == 'R' && strspn(name + 1, "0123456789") == n - 1);
}

static bool replace_readers(work *w, sx_error *err) {
    sx_names readers = { 0 };
    bool ok = true;
    for (size_t i = 0; ok && i < w->m->readers.count; i++) {
        const char *name = w->m->readers.items[i];
        char subject[24];
        uint32_t index;
        const char *with = sx_arena_printf(w->m->memory, "reader %s", name);
        ok = with || sx_fail(err, SX_ERR_MEMORY, "out of memory for the readers");
        ok = ok &&
             (sx_deid_plain_reader(name) || sx_deid_subject(&w->d->options, with, subject, err));
        ok = ok && sx_names_add(&readers, sx_deid_plain_reader(name) ? name : subject, &index, err);
    }
    if (ok) {
        sx_names_free(&w->m->readers);
        w->m->readers = readers;
    } else {
        sx_names_free(&readers);
    }
    return ok;
}

/* Films that have a result, under their new names. */
static bool replace_films(work *w, sx_deidentify_set_totals *t, sx_error *err) {
    sx_manifest *m = w->m;
    size_t count = 0, boxes = 0, nones = 0;
    sx_names ids = { 0 };
    bool ok = true;
    for (size_t i = 0; ok && i < m->film_count; i++) {
        sx_manifest_film f = m->films[i];
        const long file = f.path ? sx_names_find(&w->places, f.path) : -1;
        char key[SX_FILM_KEY];
        bool fresh;
        if (file < 0 || !w->uids[file][0]) {
            t->left_out++;
            t->left_out_boxes += f.box_count;
            t->missing += file < 0;
            continue;
        }
        ok = replace_film(w, &f, file, err);
        if (!ok) break;
        sx_manifest_key(key, f.id, f.split);
        ok = sx_names_put(&ids, key, (uint32_t)count, &fresh, err);
        sx_manifest_move_film(m, &f, (uint32_t)count++, &boxes, &nones);
    }
    m->film_count = count;
    m->box_count = boxes;
    m->no_finding_count = nones;
    sx_names_free(&m->ids);
    m->ids = ids;
    t->annotated = count;
    return ok && replace_readers(w, err);
}

static bool write_annotations(work *w, sx_error *err) {
    const sx_manifest_target to = { .layout = w->m->layout,
                                    .dir = w->d->out,
                                    .context = w->d->context };
    sx_manifest_loss loss = { 0 };
    const sx_manifest_writing writing = {
        .m = w->m, .dir = w->d->out, .loss = &loss, .to = &to, .resumed = true
    };
    return (!sx_manifest_has_sizes(w->m, to.layout) ||
            sx_manifest_headers(w->d->context, w->m, NULL, err)) &&
           sx_manifest_can_hold(w->m, to.layout, err) && sx_manifest_write_layout(&writing, err) &&
           sx_sync_folder(w->d->out, err);
}

static bool annotate(void *ctx, sx_error *err) {
    work *w = ctx;
    if (!check_labels(w, err) || !replace_films(w, w->totals, err)) return false;
    /* annotations of no film would be a data set without films */
    return w->totals->annotated == 0 || write_annotations(w, err);
}

bool sx_deidentify_set(const sx_deidentify *d, const char *root, sx_manifest *m,
                       sx_deidentify_set_totals *totals, sx_error *err) {
    work w = {
        .d = d, .m = m, .totals = totals, .label = -1, .numbered = sx_patients_are_numbered(m)
    };
    *totals = (sx_deidentify_set_totals){ 0 };
    bool ok = check_lesion_names(&w, err) && list_files(&w, root, totals, err);
    sx_deidentify run = *d;
    run.files = &w.files;
    run.unread = &w.unread;
    run.folders = w.folders;
    run.written = take_uid;
    run.done = annotate;
    run.written_ctx = &w;
    run.options.numbered_patients = w.numbered;
    run.options.labels = (const char *const *)m->classes.items;
    run.options.label_words = w.words;
    run.options.label_count = m->classes.count;
    run.options.label_found = take_label;
    run.options.label_ctx = &w;
    ok = ok && sx_deidentify_run(&run, &totals->films, err);
    sx_paths_free(&w.files);
    sx_paths_free(&w.unread);
    sx_names_free(&w.places);
    free(w.folders);
    free(w.words);
    free(w.uids);
    free(w.subjects);
    free(w.patients);
    return ok;
}
