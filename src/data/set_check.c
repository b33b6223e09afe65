#include "data/set_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/vindr_classes.h"
#include "data/film_evidence.h"
#include "data/manifest_write.h"
#include "data/patients.h"
#include "data/stated_size.h"

const char *sx_fault_name(sx_fault_kind kind) {
    static const char *const names[SX_FAULTS] = { "missing", "ambiguous", "unreadable", "unused",
                                                  "size",    "age",       "sex",        "box",
                                                  "outside", "repeated",  "reader",     "lesion",
                                                  "shared",  "duplicate", "similar",    "patient" };
    return names[kind];
}

static bool SX_PRINTF(6, 7) add(sx_check *c, sx_fault_kind kind, uint32_t film,
                                const uint32_t place[2], sx_error *err, const char *fmt, ...) {
    char text[700];
    va_list args;
    va_start(args, fmt);
    sx_vformat(text, sizeof text, fmt, args);
    va_end(args);
    if (c->fault_count == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 64;
        sx_fault *more = sx_realloc(c->faults, cap, sizeof *more);
        if (!more) return sx_fail(err, SX_ERR_MEMORY, "out of memory for faults");
        c->faults = more;
        c->cap = cap;
    }
    char *copy = sx_strdup(text);
    if (!copy) return sx_fail(err, SX_ERR_MEMORY, "out of memory for faults");
    c->faults[c->fault_count++] = (sx_fault){ kind, film, place[0], place[1], copy };
    c->counts[kind]++;
    return true;
}

static bool check_folders(const sx_manifest *m, sx_check *c, sx_error *err) {
    const uint32_t nowhere[2] = { 0, 0 };
    bool ok = true;
    for (size_t i = 0; ok && i < m->unread.count; i++) {
        sx_error why = { 0 };
        sx_paths_unread_error(m->unread.items[i], &why);
        ok = add(c, SX_FAULT_UNREADABLE, SX_NO_FILM, nowhere, err, "%s", why.message);
    }
    for (size_t i = 0; ok && i < m->unused.count; i++)
        ok = add(c, SX_FAULT_UNUSED, SX_NO_FILM, nowhere, err, "%s", m->unused.items[i]);
    sx_error why = { 0 };
    return ok && (sx_manifest_check_splits(m, &why) ||
                  add(c, SX_FAULT_UNUSED, SX_NO_FILM, nowhere, err, "%s", why.message));
}

/* The film before film i that has the same id and the same path, in another split; NULL: none. */
static const sx_manifest_film *film_before(const sx_manifest *m, uint32_t i, const char *id) {
    for (int split = 0; split < SX_SPLITS; split++) {
        const long at = sx_manifest_find(m, id, (sx_split)split);
        const char *path = m->films[i].path;
        if (at < 0 || at >= (long)i || !path || !m->films[at].path) continue;
        if (strcmp(m->films[at].path, path) == 0) return &m->films[at];
    }
    return NULL;
}

static const char *of_split(const sx_manifest_film *f, char text[16]) {
    snprintf(text, 16, "%s%s", f->split ? " of " : "", sx_split_name(f->split));
    return text;
}

/* A film of two splits with two files is named once; that it is in both is another fault. */
static bool check_ambiguous(const sx_manifest *m, uint32_t i, sx_check *c, sx_error *err) {
    const sx_manifest_film *f = &m->films[i];
    const uint32_t at[2] = { f->source, f->line };
    char own[16], others[16];
    if (f->same_file[0]) {
        const sx_manifest_film *g = film_before(m, i, f->same_file);
        const bool two = g && g->split != f->split;
        if (!add(c, SX_FAULT_AMBIGUOUS, i, at, err, "film %s%s has the same file as film %s%s, %s",
                 f->id, two ? of_split(f, own) : "", f->same_file, two ? of_split(g, others) : "",
                 f->path))
            return false;
    }
    const sx_manifest_film *before = f->other_file ? film_before(m, i, f->id) : NULL;
    if (!f->other_file ||
        (before && before->other_file && strcmp(before->other_file, f->other_file) == 0))
        return true;
    return add(c, SX_FAULT_AMBIGUOUS, i, at, err, "film %s has two files, %s and %s", f->id,
               f->path, f->other_file);
}

static bool check_files(const sx_manifest *m, const sx_film_evidence *seen, sx_check *c,
                        sx_error *err) {
    for (uint32_t i = 0; i < m->film_count; i++) {
        const sx_manifest_film *f = &m->films[i];
        const uint32_t at[2] = { f->source, f->line };
        const int w = seen[i].width, h = seen[i].height;
        if (!f->path && !f->absent_file &&
            !add(c, SX_FAULT_MISSING, i, at, err, "film %s has no file", f->id))
            return false;
        if (f->absent_file && !add(c, SX_FAULT_MISSING, i, at, err,
                                   "film %s: there is no file %.300s", f->id, f->absent_file))
            return false;
        if (!check_ambiguous(m, i, c, err)) return false;
        if (seen[i].message && !add(c, SX_FAULT_UNREADABLE, i, at, err, "%s", seen[i].message))
            return false;
        const sx_stated_size stated = { f->width, f->height };
        char size[SX_STATED_SIZE_TEXT];
        if (w && sx_stated_size_differs(stated, w, h) &&
            !add(c, SX_FAULT_SIZE, i, at, err, "film %s is %d x %d, the annotations say %s", f->id,
                 w, h, sx_stated_size_text(stated, size)))
            return false;
        if (f->no_age &&
            !add(c, SX_FAULT_AGE, i, at, err, "film %s: \"%.80s\" is not an age", f->id, f->no_age))
            return false;
        if (f->other_age && !add(c, SX_FAULT_AGE, i, at, err, "film %s has two ages, %g and %.300s",
                                 f->id, f->age, f->other_age))
            return false;
        if (f->other_sex &&
            !add(c, SX_FAULT_SEX, i, at, err, "film %s has two sexes, %c and %.300s", f->id, f->sex,
                 f->other_sex))
            return false;
        if (f->two_sizes &&
            !add(c, SX_FAULT_SIZE, i, (const uint32_t[2]){ f->source, f->two_sizes }, err,
                 "film %s has another size here than in line %u: two films with one id?", f->id,
                 f->line))
            return false;
    }
    return true;
}

static bool check_boxes(const sx_manifest *m, const sx_film_evidence *seen, size_t classes,
                        sx_check *c, sx_error *err) {
    for (size_t k = 0; k < m->box_count; k++) {
        const sx_manifest_box *b = &m->boxes[k];
        const sx_manifest_film *f = &m->films[b->film];
        const uint32_t at[2] = { b->source, b->line };
        const float *v = b->xyxy;
        const int w = seen[b->film].width ? seen[b->film].width : f->width,
                  h = seen[b->film].height ? seen[b->film].height : f->height;
        bool ok = true;
        if (!isfinite(v[0]) || !isfinite(v[1]) || !isfinite(v[2]) || !isfinite(v[3]))
            ok = add(c, SX_FAULT_BOX, b->film, at, err,
                     "film %s: a box with a corner that is not a finite number", f->id);
        else if (v[2] <= v[0] || v[3] <= v[1])
            ok =
                add(c, SX_FAULT_BOX, b->film, at, err, "film %s: not a box: x %g to %g, y %g to %g",
                    f->id, (double)v[0], (double)v[2], (double)v[1], (double)v[3]);
        else if (w && h && (v[0] < 0 || v[1] < 0 || v[2] > (float)w || v[3] > (float)h))
            ok = add(c, SX_FAULT_OUTSIDE, b->film, at, err,
                     "film %s: a box of x %g to %g, y %g to %g on a film of %d x %d", f->id,
                     (double)v[0], (double)v[2], (double)v[1], (double)v[3], w, h);
        if (ok && classes && b->label >= classes)
            ok = add(c, SX_FAULT_LESION, b->film, at, err, "film %s: unknown lesion \"%s\"", f->id,
                     m->classes.items[b->label]);
        if (ok && b->same_id)
            ok = add(c, SX_FAULT_REPEATED, b->film, at, err,
                     "film %s: annotations[%u] has the id of annotations[%u]", f->id, b->entry,
                     b->same_id - 1);
        if (!ok) return false;
    }
    return true;
}

/* ---- boxes that occur twice ---- */

enum { PLACE = 40 };
static const double same_iou = 0.95;

static bool is_box(const sx_manifest_box *b) {
    const float *v = b->xyxy;
    return isfinite(v[0]) && isfinite(v[1]) && isfinite(v[2]) && isfinite(v[3]) && v[2] > v[0] &&
           v[3] > v[1];
}

static double iou_of(const sx_manifest_box *a, const sx_manifest_box *b) {
    const double w = fmin((double)a->xyxy[2], (double)b->xyxy[2]) -
                     fmax((double)a->xyxy[0], (double)b->xyxy[0]),
                 h = fmin((double)a->xyxy[3], (double)b->xyxy[3]) -
                     fmax((double)a->xyxy[1], (double)b->xyxy[1]);
    if (!(w > 0) || !(h > 0)) return 0;
    const double both =
        ((double)a->xyxy[2] - (double)a->xyxy[0]) * ((double)a->xyxy[3] - (double)a->xyxy[1]) +
        ((double)b->xyxy[2] - (double)b->xyxy[0]) * ((double)b->xyxy[3] - (double)b->xyxy[1]);
    return w * h / (both - w * h);
}

static int by_left_edge(const void *a, const void *b) {
    const sx_manifest_box *x = *(const sx_manifest_box *const *)a,
                          *y = *(const sx_manifest_box *const *)b;
    if (x->label != y->label) return x->label < y->label ? -1 : 1;
    if (x->reader != y->reader) return x->reader < y->reader ? -1 : 1;
    if (x->crowd != y->crowd) return x->crowd ? 1 : -1;
    if (x->xyxy[0] < y->xyxy[0] || x->xyxy[0] > y->xyxy[0]) return x->xyxy[0] < y->xyxy[0] ? -1 : 1;
    return (x > y) - (x < y);
}

static void name_place(const sx_manifest_box *b, char text[PLACE]) {
    if (b->line)
        snprintf(text, PLACE, "line %u", b->line);
    else
        snprintf(text, PLACE, "annotations[%u]", b->entry);
}

static bool add_repeat(const sx_manifest *m, const sx_manifest_box *first,
                       const sx_manifest_box *again, sx_check *c, sx_error *err) {
    char at_first[PLACE], at_again[PLACE];
    name_place(first, at_first);
    name_place(again, at_again);
    return add(c, SX_FAULT_REPEATED, again->film, (const uint32_t[2]){ again->source, again->line },
               err, "film %s: the box \"%.80s\" of %s again in %s (IoU %.3f)",
               m->films[again->film].id, m->classes.items[again->label], at_first, at_again,
               iou_of(first, again));
}

/* Working memory for the boxes of one film. */
typedef struct repeats {
    /* the boxes that have an area, sorted by kind and left edge */
    const sx_manifest_box **sorted;
    /* as `sorted`: this box has the corners of one that stands before it in `sorted` */
    bool *is_copy;
    /* in the order of the file: the first box of the file that this one repeats; NULL: none */
    const sx_manifest_box **original;
} repeats;

static bool same_kind(const sx_manifest_box *a, const sx_manifest_box *b) {
    return a->label == b->label && a->reader == b->reader && a->crowd == b->crowd;
}

static bool same_corners(const float *a, const float *b) {
    return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

/* Two boxes of one kind repeat each other if their IoU is above same_iou. The one that stands later
 * in the file is the repeat. */
static void note_repeat(const sx_manifest_box *boxes, repeats *r, const sx_manifest_box *a,
                        const sx_manifest_box *b) {
    const sx_manifest_box *earlier = a < b ? a : b, *later = a < b ? b : a;
    const sx_manifest_box **original = &r->original[later - boxes];
    if (!*original || earlier < *original) *original = earlier;
}

/* Compares each box with those behind it in `sorted`, up to the first of another kind or with a
 * left edge so far to the right that the IoU cannot be reached: 5 % of the width. A copy is not
 * compared again, since the box that it copies was. This bounds the time for many copies. */
static void find_repeats(const sx_manifest_box *boxes, repeats *r, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const sx_manifest_box *a = r->sorted[i];
        const double width = (double)a->xyxy[2] - (double)a->xyxy[0],
                     reach = (double)a->xyxy[0] + (1 - same_iou) * width;
        for (size_t k = i + 1; k < count && !r->is_copy[i]; k++) {
            const sx_manifest_box *b = r->sorted[k];
            if (!same_kind(a, b) || (double)b->xyxy[0] > reach) break;
            if (!(iou_of(a, b) > same_iou)) continue;
            note_repeat(boxes, r, a, b);
            r->is_copy[k] = r->is_copy[k] || same_corners(a->xyxy, b->xyxy);
        }
    }
}

static bool repeats_on_film(const sx_manifest *m, const sx_manifest_film *f, repeats *r,
                            sx_check *c, sx_error *err) {
    const sx_manifest_box *boxes = m->boxes + f->first_box;
    size_t n = 0;
    for (size_t k = 0; k < f->box_count; k++) {
        r->original[k] = NULL;
        r->is_copy[k] = false;
        if (is_box(&boxes[k])) r->sorted[n++] = &boxes[k];
    }
    if (n < 2) return true;
    qsort(r->sorted, n, sizeof *r->sorted, by_left_edge);
    find_repeats(boxes, r, n);
    for (size_t k = 0; k < f->box_count; k++)
        if (r->original[k] && !add_repeat(m, r->original[k], &boxes[k], c, err)) return false;
    return true;
}

static bool check_repeats(const sx_manifest *m, sx_check *c, sx_error *err) {
    size_t most = 1;
    for (size_t i = 0; i < m->film_count; i++)
        if (m->films[i].box_count > most) most = m->films[i].box_count;
    repeats r = { .sorted = sx_calloc_for(most, sizeof *r.sorted, "boxes", err),
                  .original = sx_calloc_for(most, sizeof *r.original, "boxes", err),
                  .is_copy = sx_calloc_for(most, sizeof *r.is_copy, "boxes", err) };
    bool ok = r.sorted && r.original && r.is_copy;
    for (size_t i = 0; ok && i < m->film_count; i++)
        ok = repeats_on_film(m, &m->films[i], &r, c, err);
    free(r.sorted);
    free(r.original);
    free(r.is_copy);
    return ok;
}

/* ---- readers ---- */

static bool check_readers(const sx_manifest *m, sx_check *c, sx_error *err) {
    bool ok = true;
    for (size_t i = 0; ok && i < m->no_finding_count; i++) {
        const sx_manifest_no_finding *none = &m->no_findings[i];
        const sx_manifest_film *f = &m->films[none->film];
        const sx_manifest_box *b = m->boxes + f->first_box, *end = b + f->box_count;
        while (b < end && b->reader != none->reader)
            b++;
        if (b == end) continue;
        const char *reader = m->readers.items[none->reader];
        ok = add(c, SX_FAULT_READER, none->film, (const uint32_t[2]){ b->source, b->line }, err,
                 "film %s: a box \"%.80s\" of %s%.80s, who also says \"" SX_NO_FINDING "\"", f->id,
                 m->classes.items[b->label], *reader ? "reader " : "a reader", reader);
    }
    return ok;
}

/* ---- films and patients in two splits ---- */

typedef enum shared_key { KEY_FILE, KEY_PIXELS, KEY_PATIENT, KEY_STUDY } shared_key;

/* The search for films of two splits that share something. */
typedef struct crossing {
    const sx_manifest *m;
    const sx_film_evidence *seen;
    shared_key kind;
    bool numbered; /* patients */
    sx_check *c;
} crossing;

/* The key that a film may share with a film of another split. False: unknown. */
static bool key_of(const crossing *x, uint32_t film, char *key, size_t size) {
    const sx_manifest_film *f = &x->m->films[film];
    const sx_film_evidence *seen = &x->seen[film];
    if (x->kind == KEY_FILE) return f->path && sx_file_identity(f->path, key, size);
    const char *text = x->kind == KEY_PIXELS    ? seen->hash
                       : x->kind == KEY_PATIENT ? f->patient
                                                : f->study;
    snprintf(key, size, "%s", text);
    if (x->kind == KEY_PIXELS) snprintf(key, size, "%s %dx%d", text, seen->width, seen->height);
    return x->kind == KEY_PATIENT ? sx_patient_is_known(f->patient, x->numbered) : text[0] != 0;
}

/* Whether another fault says it: that two ids have one file, the file of films with the same
 * pixels, and the patient of films of one study. */
static bool is_implied(const crossing *x, const sx_manifest_film *f, const sx_manifest_film *g) {
    if (x->kind == KEY_FILE) return f->same_file[0] && strcmp(f->same_file, g->id) == 0;
    if (x->kind == KEY_PIXELS) return sx_same_file(f->path, g->path);
    return x->kind == KEY_STUDY && strcmp(f->patient, g->patient) == 0 &&
           sx_patient_is_known(f->patient, x->numbered);
}

static bool add_shared(const crossing *x, uint32_t film, const sx_manifest_film *g, const char *key,
                       sx_error *err) {
    const sx_manifest_film *f = &x->m->films[film];
    const uint32_t at[2] = { f->source, f->line };
    if (is_implied(x, f, g)) return true;
    if (x->kind == KEY_FILE || x->kind == KEY_PIXELS)
        return add(x->c, x->kind == KEY_FILE ? SX_FAULT_SHARED : SX_FAULT_DUPLICATE, film, at, err,
                   "film %s of %s has the %s of film %s of %s", f->id, sx_split_name(f->split),
                   x->kind == KEY_FILE ? "file" : "pixels", g->id, sx_split_name(g->split));
    return add(x->c, SX_FAULT_PATIENT, film, at, err, "%s %s of film %s in %s is in %s too",
               x->kind == KEY_STUDY ? "study" : "patient", key, f->id, sx_split_name(f->split),
               sx_split_name(g->split));
}

/* Films with the same key in two splits, reported once for each later film. */
static bool across(const sx_manifest *m, const sx_film_evidence *seen, shared_key kind, sx_check *c,
                   sx_error *err) {
    const crossing x = { m, seen, kind, sx_patients_are_numbered(m), c };
    sx_names first = { 0 };
    bool ok = true;
    for (uint32_t i = 0; ok && i < m->film_count; i++) {
        char key[600];
        bool fresh;
        if (!m->films[i].split || !key_of(&x, i, key, sizeof key)) continue;
        ok = sx_names_put(&first, key, i, &fresh, err);
        if (!ok || fresh) continue;
        const sx_manifest_film *g = &m->films[sx_names_find(&first, key)];
        if (g->split != m->films[i].split) ok = add_shared(&x, i, g, key, err);
    }
    sx_names_free(&first);
    return ok;
}

/* Films of two splits that look the same but have other pixels. */
static bool check_similar(const sx_manifest *m, const sx_film_evidence *seen, sx_check *c,
                          sx_error *err) {
    bool ok = true;
    for (uint32_t i = 0; ok && i < m->film_count; i++) {
        const sx_manifest_film *f = &m->films[i];
        const uint32_t at[2] = { f->source, f->line };
        for (uint32_t k = 0; ok && f->split && seen[i].look && k < i; k++) {
            const sx_manifest_film *g = &m->films[k];
            if (!g->split || g->split == f->split || !seen[k].look) continue;
            if (!sx_signature_same(seen[i].look, seen[k].look)) continue;
            if (seen[i].width == seen[k].width && strcmp(seen[i].hash, seen[k].hash) == 0) continue;
            ok = add(c, SX_FAULT_SIMILAR, i, at, err,
                     "film %s of %s looks like film %s of %s (correlation %.4f)", f->id,
                     sx_split_name(f->split), g->id, sx_split_name(g->split),
                     sx_signature_correlation(seen[i].look, seen[k].look));
        }
    }
    return ok;
}

static int by_kind(const void *a, const void *b) {
    const sx_fault *x = a, *y = b;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    if (x->source != y->source) return x->source < y->source ? -1 : 1;
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    return strcmp(x->text, y->text);
}

bool sx_check_films(const sx_manifest *m, const sx_check_options *o, sx_check *c, sx_error *err) {
    *c = (sx_check){ .film_count = m->film_count, .box_count = m->box_count };
    const sx_evidence_options how = { o->headers_only, o->context, o->progress };
    sx_film_evidence *seen = sx_film_evidence_read(m, &how, err);
    if (!seen) return false;
    bool ok = sx_film_evidence_warn(seen, m, o->context, err);
    ok = ok && check_folders(m, c, err) && check_files(m, seen, c, err) &&
         check_boxes(m, seen, o->class_count, c, err) && check_repeats(m, c, err) &&
         check_readers(m, c, err) && across(m, seen, KEY_FILE, c, err) &&
         across(m, seen, KEY_PIXELS, c, err) && check_similar(m, seen, c, err) &&
         across(m, seen, KEY_PATIENT, c, err) && across(m, seen, KEY_STUDY, c, err);
    if (c->fault_count) qsort(c->faults, c->fault_count, sizeof *c->faults, by_kind);
    sx_film_evidence_free(seen, m->film_count);
    return ok;
}

void sx_check_free(sx_check *c) {
    for (size_t i = 0; i < c->fault_count; i++)
        free(c->faults[i].text);
    free(c->faults);
    *c = (sx_check){ 0 };
}
