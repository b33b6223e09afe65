#include "publish/set_release.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/claim.h"
#include "base/files.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/writer.h"
#include "data/headers.h"
#include "data/set_check.h"
#include "data/split_lists.h"
#include "publish/set_about.h"
#include "publish/set_passed.h"

typedef struct work {
    const sx_set_release *r;
    sx_set_release_totals *totals;
    sx_about about;
    sx_manifest m;
    sx_set_passed passed;
    sx_checksums sums;
} work;

static void refuse(work *w, const char *why) {
    w->totals->refused++;
    if (w->r->refused) w->r->refused(w->r->user, why);
}

/* ---- checks ---- */

static void begin(const work *w, const char *what, size_t total) {
    if (w->r->progress) sx_progress_start(w->r->progress, w->r->context, what, total);
}

static bool check_faults(work *w, sx_error *err) {
    sx_check c = { 0 };
    const sx_check_options how = { .context = w->r->context, .progress = w->r->progress };
    begin(w, "films", w->m.film_count);
    const bool ok = sx_check_films(&w->m, &how, &c, err);
    for (size_t i = 0; ok && i < c.fault_count; i++) {
        sx_str line = { 0 };
        const sx_fault *f = &c.faults[i];
        sx_str_printf(&line, "%s: %s", sx_fault_name(f->kind), f->text);
        refuse(w, sx_str_text(&line));
        sx_str_free(&line);
    }
    sx_check_free(&c);
    return ok;
}

static bool check_passed(work *w, sx_error *err) {
    begin(w, "headers", w->m.film_count);
    const bool ok =
        sx_set_check_passed(w->r->context, &w->m, w->r->approved, w->r->progress, &w->passed, err);
    for (size_t i = 0; ok && i < w->passed.faults.count; i++)
        refuse(w, w->passed.faults.items[i]);
    return ok;
}

static bool check_set(work *w, sx_error *err) {
    if (!check_passed(w, err) || (!w->totals->refused && !check_faults(w, err))) return false;
    if (!w->totals->refused) return true;
    return sx_fail(err, SX_ERR_MISMATCH, "%s: not published, for %zu %s; nothing was written",
                   w->r->set, w->totals->refused, sx_noun(w->totals->refused, "reason", "reasons"));
}

/* ---- files beside films and annotations ---- */

static char *path_in(const char *folder, const char *name, sx_error *err) {
    char *path = sx_path_join(folder, name);
    if (!path) sx_fail(err, SX_ERR_MEMORY, "out of memory for %s", name);
    return path;
}

/* Writes a text, which is freed, and hashes the file. */
static bool put_text(work *w, const char *folder, const char *name, sx_str *text, bool made,
                     sx_error *err) {
    char *path = made ? path_in(folder, name, err) : NULL;
    const bool ok = path && sx_write_file(path, sx_str_text(text), text->len, err) &&
                    sx_checksums_add(&w->sums, folder, name, err);
    free(path);
    sx_str_free(text);
    return ok;
}

static bool put_splits(work *w, const char *folder, sx_error *err) {
    static const char *const all[] = { "train", "val", "test" };
    const char *names[SX_SPLITS];
    const sx_manifest *m = &w->m;
    int numbers[SX_SPLITS], count = 0;
    for (int s = SX_SPLIT_NONE; s < SX_SPLITS; s++) {
        numbers[s] = -1;
        for (size_t i = 0; s && i < m->film_count && numbers[s] < 0; i++)
            if (m->films[i].split == (sx_split)s) numbers[s] = count;
        if (numbers[s] >= 0) names[count++] = all[s - 1];
    }
    int *part = sx_calloc_for(m->film_count + 1, sizeof *part, "splits", err);
    char *to = path_in(folder, "splits", err);
    bool ok = part && to && sx_make_dirs(to, err);
    for (size_t i = 0; ok && i < m->film_count; i++)
        part[i] = numbers[m->films[i].split];
    ok = ok && sx_split_lists_write(m, &(sx_split_parts){ part, names, count }, to, err);
    free(part);
    free(to);
    return ok;
}

static bool put_licence(const work *w, const char *folder, sx_error *err) {
    char *to = path_in(folder, "LICENSE", err);
    const bool ok = to && sx_about_copy(&w->about, "licence_file", to, err);
    free(to);
    return ok;
}

static sx_set_facts facts_of(const work *w) {
    static const char *const types[] = { [SX_EXPORT_PNG] = "image/png",
                                         [SX_EXPORT_PNG16] = "image/png",
                                         [SX_EXPORT_JPEG] = "image/jpeg",
                                         [SX_EXPORT_DICOM] = "application/dicom" };
    return (sx_set_facts){ .about = &w->about,
                           .m = &w->m,
                           .layout = w->totals->layout,
                           .film_type = types[w->r->films.format],
                           .film_ending = sx_film_export_ending(w->r->films.format),
                           .kept = &w->passed.kept,
                           .sums = &w->sums };
}

static bool put_documents(work *w, const char *folder, sx_error *err) {
    const sx_set_facts f = facts_of(w);
    sx_str croissant = { 0 }, sheet = { 0 }, readme = { 0 }, page = { 0 };
    /* croissant.json lists the checksums so far */
    return put_text(w, folder, "croissant.json", &croissant, sx_set_croissant(&f, &croissant, err),
                    err) &&
           put_text(w, folder, "DATASHEET.md", &sheet,
                    sx_set_datasheet(&f, &w->totals->unanswered, &sheet, err), err) &&
           put_text(w, folder, "README.md", &readme, sx_set_readme(&f, &readme, err), err) &&
           put_text(w, folder, "index.html", &page, sx_set_page(w->r->context, &f, &page, err),
                    err);
}

/* Copies, pictures and the page were made of the films that have passed, and of no others. */
static bool check_unchanged(const work *w, sx_error *err) {
    begin(w, "films", w->m.film_count);
    return sx_set_check_unchanged(w->r->context, &w->m, &w->passed, w->r->progress, err);
}

/* A published set is whole: what its layout cannot hold is not left out. */
static bool check_loss(const work *w, const sx_manifest_loss *loss, sx_error *err) {
    if (loss->unwritten)
        return sx_fail(err, SX_ERR_FORMAT, "%zu %s cannot be written in this form", loss->unwritten,
                       sx_noun(loss->unwritten, "film", "films"));
    if (!loss->boxes && !loss->films && !loss->unsized) return true;
    return sx_fail(err, SX_ERR_UNSUPPORTED,
                   "%s cannot hold the data set: %zu %s and %zu %s would be left out; choose "
                   "another layout with --to",
                   sx_layout_name(w->totals->layout), loss->films + loss->unsized,
                   sx_noun(loss->films + loss->unsized, "film", "films"), loss->boxes,
                   sx_noun(loss->boxes, "box", "boxes"));
}

static bool add_files(void *user, const char *folder, const sx_manifest_loss *loss, sx_error *err) {
    work *w = user;
    if (!check_loss(w, loss, err) || !put_splits(w, folder, err) || !put_licence(w, folder, err))
        return false;
    begin(w, "checksums", 0);
    const bool ok = sx_checksums_of(w->r->context, folder, w->r->progress, &w->sums, err) &&
                    put_documents(w, folder, err) && sx_checksums_write(&w->sums, folder, err) &&
                    check_unchanged(w, err);
    w->totals->files = w->sums.count + 1;
    return ok;
}

static bool write_set(work *w, sx_error *err) {
    const sx_set_release *r = w->r;
    const sx_manifest_target target = { .layout = w->totals->layout,
                                        .dir = r->out,
                                        .films = &r->films,
                                        .context = r->context,
                                        .progress = r->progress,
                                        .command = "data publish",
                                        .add = add_files,
                                        .user = w };
    return sx_manifest_write(&w->m, &target, &w->totals->loss, err);
}

bool sx_set_release_write(const sx_set_release *r, sx_set_release_totals *totals, sx_error *err) {
    work w = { .r = r, .totals = totals };
    const sx_manifest_options how = { .images = r->images };
    *totals = (sx_set_release_totals){ 0 };
    sx_claim_sweep_name(r->out);
    if (sx_path_exists(r->out))
        return sx_fail(err, SX_ERR_IO, "%s: already exists; name a new folder, or remove it",
                       r->out);
    bool ok = sx_about_open(r->about, sx_set_about_keys, &w.about, err) &&
              sx_manifest_open(r->set, &how, &w.m, err) && check_set(&w, err) &&
              sx_manifest_headers(r->context, &w.m, NULL, err);
    if (ok) {
        totals->no_url = !sx_about_text(&w.about, "url");
        totals->layout = r->to == SX_LAYOUT_AUTO ? w.m.layout : r->to;
        totals->films = w.m.film_count;
        totals->boxes = w.m.box_count;
        totals->classes = w.m.classes.count;
        ok = write_set(&w, err);
    }
    sx_about_free(&w.about);
    sx_manifest_free(&w.m);
    sx_set_passed_free(&w.passed);
    sx_checksums_free(&w.sums);
    return ok;
}
