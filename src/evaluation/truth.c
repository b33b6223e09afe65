#include "evaluation/truth.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/csv.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/mem.h"
#include "evaluation/truth_build.h"

static const char vindr_classes[] =
    "Disc space narrowing,Foraminal stenosis,Osteophytes,Other lesions,"
    "Spondylolysthesis,Surgical implant,Vertebral collapse";

void sx_film_stem(const char *name, char *buf, size_t size) {
    static const char *const endings[] = { ".png", ".jpg", ".jpeg", ".dcm", ".dicom" };
    const char *base = sx_path_base(name);
    size_t n = strlen(base);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t m = strlen(endings[i]);
        if (n > m && strcasecmp(base + n - m, endings[i]) == 0) {
            n -= m;
            break;
        }
    }
    if (n >= size) n = size - 1;
    memcpy(buf, base, n);
    buf[n] = '\0';
}

long sx_truth_film(const sx_truth *t, const char *name) {
    long at = sx_names_find(&t->films, name);
    if (at < 0) at = sx_names_find(&t->aliases, name);
    if (at >= 0) return at;
    char stem[512];
    sx_film_stem(name, stem, sizeof stem);
    at = sx_names_find(&t->films, stem);
    return at >= 0 ? at : sx_names_find(&t->aliases, stem);
}

long sx_truth_class(const sx_truth *t, const char *name) {
    return sx_names_find(&t->class_names, name);
}

/* ---- building, shared by the readers ---- */

bool sx_build_film(sx_truth_build *b, const char *name, uint32_t *film, sx_error *err) {
    if (!name[0]) return sx_fail(err, SX_ERR_FORMAT, "a film without a name");
    size_t before = b->t->films.count;
    if (!sx_names_add(&b->t->films, name, film, err)) return false;
    if (b->t->films.count == before) return true;
    if (before == b->film_cap) {
        size_t cap = b->film_cap ? 2 * b->film_cap : 256;
        sx_build_film_row *row = sx_realloc(b->film, cap, sizeof *row);
        if (!row) return sx_fail(err, SX_ERR_MEMORY, "out of memory for films");
        b->film = row;
        b->film_cap = cap;
    }
    b->film[before] = (sx_build_film_row){ .label = -1, .study = -1, .patient = -1 };
    return true;
}

bool sx_build_box(sx_truth_build *b, const sx_truth_box *box, uint32_t reader, sx_error *err) {
    if (b->t->box_count == b->box_cap) {
        size_t cap = b->box_cap ? 2 * b->box_cap : 1024;
        sx_truth_box *p = sx_realloc(b->t->boxes, cap, sizeof *p);
        if (p) b->t->boxes = p;
        uint32_t *r = p ? sx_realloc(b->t->box_readers, cap, sizeof *r) : NULL;
        if (!r) return sx_fail(err, SX_ERR_MEMORY, "out of memory for boxes");
        b->t->box_readers = r;
        b->box_cap = cap;
    }
    b->t->boxes[b->t->box_count] = *box;
    b->t->box_readers[b->t->box_count++] = reader;
    return true;
}

bool sx_build_reading(sx_truth_build *b, uint32_t film, uint32_t reader, sx_error *err) {
    char key[32];
    bool fresh;
    snprintf(key, sizeof key, "%u/%u", film, reader);
    if (!sx_names_put(&b->reading, key, (uint32_t)b->t->reading_count, &fresh, err)) return false;
    if (!fresh) return true;
    if (b->t->reading_count == b->reading_cap) {
        size_t cap = b->reading_cap ? 2 * b->reading_cap : 256;
        uint32_t(*p)[2] = sx_realloc(b->t->readings, cap, sizeof *p);
        if (!p) return sx_fail(err, SX_ERR_MEMORY, "out of memory for films");
        b->t->readings = p;
        b->reading_cap = cap;
    }
    b->t->readings[b->t->reading_count][0] = film;
    b->t->readings[b->t->reading_count++][1] = reader;
    return true;
}

static bool group_of(sx_names *names, const char *name, int64_t *slot, const char *film,
                     const char *what, sx_error *err) {
    uint32_t g;
    if (!name[0]) return true;
    if (!sx_names_add(names, name, &g, err)) return false;
    if (*slot >= 0 && *slot != g)
        return sx_fail(err, SX_ERR_FORMAT, "film %.80s is in two %s: %.80s and %.80s", film, what,
                       names->items[*slot], name);
    *slot = g;
    return true;
}

bool sx_build_groups(sx_truth_build *b, uint32_t film, const char *study, const char *patient,
                     sx_error *err) {
    const char *name = b->t->films.items[film];
    return group_of(&b->t->study_names, study, &b->film[film].study, name, "studies", err) &&
           group_of(&b->t->patient_names, patient, &b->film[film].patient, name, "patients", err);
}

static bool load_groups(sx_truth_build *b, const char *path, sx_error *err) {
    sx_csv *c = sx_csv_open(path, err);
    if (!c) return false;
    int image, study = sx_csv_find(c, "study_id"), patient = sx_csv_find(c, "patient_id");
    bool failed = false, ok = sx_csv_need(c, "image_id", &image, err);
    if (ok && study < 0 && patient < 0) ok = sx_csv_need(c, "study_id", &study, err);
    while (ok && sx_csv_next(c, &failed, err)) {
        long film = sx_names_find(&b->t->films, sx_csv_field(c, image));
        if (film < 0) continue; /* a list of the whole data set serves for its parts */
        ok = sx_build_groups(b, (uint32_t)film, sx_csv_field(c, study), sx_csv_field(c, patient),
                             err) ||
             sx_fail_in(err, "%s:%zu", path, sx_csv_line(c));
    }
    sx_csv_close(c);
    return ok && !failed;
}

bool sx_build_classes(sx_truth_build *b, const char *list, sx_error *err) {
    char name[256];
    uint32_t at;
    if (strcmp(list, "vindr") == 0) list = vindr_classes;
    for (const char *p = list; *p;) {
        size_t n = strcspn(p, ","), k = n;
        const char *first = p;
        while (k && first[0] == ' ') {
            first++;
            k--;
        }
        while (k && first[k - 1] == ' ')
            k--;
        if (k == 0 || k >= sizeof name)
            return sx_fail(err, SX_ERR_USAGE, "bad list of classes: %s", list);
        memcpy(name, first, k);
        name[k] = '\0';
        if (!sx_names_add(&b->t->class_names, name, &at, err)) return false;
        p += n + (p[n] == ',');
    }
    b->closed = true;
    return true;
}

/* A truth whose classes are all among the release's seven knows all seven, so that a rare one
 * without a box here is not an unknown name in the predictions. */
static bool complete_vindr(sx_truth_build *b, sx_error *err) {
    sx_names seven = { 0 };
    sx_truth scratch = { 0 };
    sx_truth_build s = { .t = &scratch };
    bool ok = sx_build_classes(&s, "vindr", err), all = b->t->class_names.count > 0;
    seven = scratch.class_names;
    for (size_t i = 0; ok && i < b->t->class_names.count; i++)
        all = all && sx_names_find(&seven, b->t->class_names.items[i]) >= 0;
    for (size_t i = 0; ok && all && i < seven.count; i++) {
        uint32_t at;
        ok = sx_names_add(&b->t->class_names, seven.items[i], &at, err);
    }
    sx_names_free(&seven);
    return ok;
}

typedef struct box_key {
    double corner[4];
    uint32_t film, label, reader, crowd;
} box_key;

static int compare_keys(const void *a, const void *b) {
    return memcmp(a, b, sizeof(box_key));
}

static bool count_duplicates(sx_truth *t, sx_error *err) {
    box_key *key = sx_calloc_for(t->box_count + 1, sizeof *key, "boxes", err);
    if (!key) return false;
    for (size_t i = 0; i < t->box_count; i++) {
        const sx_truth_box *b = &t->boxes[i];
        key[i] = (box_key){
            { b->x, b->y, b->w, b->h }, b->film, (uint32_t)b->label, t->box_readers[i], b->crowd
        };
    }
    qsort(key, t->box_count, sizeof *key, compare_keys);
    for (size_t i = 1; i < t->box_count; i++)
        t->duplicate_boxes += compare_keys(&key[i], &key[i - 1]) == 0;
    free(key);
    return true;
}

/* Names and numbers in their final order. */
static bool settle(sx_truth_build *b, sx_error *err) {
    sx_truth *t = b->t;
    size_t films = t->films.count, classes;
    if (films == 0) return sx_fail(err, SX_ERR_MISSING, "there is no film in it");
    if (!b->closed && t->has_boxes && !complete_vindr(b, err)) return false;
    classes = t->class_names.count;
    uint32_t *order = sx_calloc_for(films + 1, sizeof *order, "films", err);
    uint32_t *class_order = sx_calloc_for(classes + 1, sizeof *class_order, "classes", err);
    t->labels = sx_calloc_for(films, sizeof *t->labels, "films", err);
    t->studies = sx_calloc_for(films, 2 * sizeof *t->studies, "films", err);
    if (!t->class_ids)
        t->class_ids = sx_calloc_for(classes + 1, sizeof *t->class_ids, "classes", err);
    bool ok = order && class_order && t->labels && t->studies && t->class_ids &&
              sx_names_sort(&t->films, order, err);
    for (size_t i = 0; i < classes && class_order; i++)
        class_order[i] = (uint32_t)i;
    if (ok && !b->closed) ok = sx_names_sort(&t->class_names, class_order, err);
    if (ok) {
        t->patients = t->studies + films;
        t->study_count = t->study_names.count;
        t->patient_count = t->patient_names.count;
        for (size_t i = 0; i < classes && !t->has_class_ids; i++)
            t->class_ids[i] = (long)i;
        for (size_t i = 0; i < films; i++) {
            const sx_build_film_row *f = &b->film[i];
            t->labels[order[i]] = f->label;
            t->contradictions += f->said == 3;
            t->studies[order[i]] =
                f->study >= 0 ? (uint32_t)f->study : (uint32_t)(t->study_count++);
            t->patients[order[i]] =
                f->patient >= 0 ? (uint32_t)f->patient : (uint32_t)(t->patient_count++);
        }
        if (!t->study_names.count) t->study_count = 0;
        if (!t->patient_names.count) t->patient_count = 0;
        for (size_t i = 0; i < t->box_count; i++) {
            t->boxes[i].film = order[t->boxes[i].film];
            t->boxes[i].label = (int)class_order[t->boxes[i].label];
        }
        for (size_t i = 0; i < t->reading_count; i++)
            t->readings[i][0] = order[t->readings[i][0]];
        for (size_t i = 0; i < t->aliases.count; i++)
            t->aliases.values[i] = order[t->aliases.values[i]];
        ok = count_duplicates(t, err);
    }
    free(order);
    free(class_order);
    return ok;
}

static bool load_file(sx_truth_build *b, sx_error *err) {
    sx_file f;
    if (!sx_file_open(&f, b->path, err)) return false;
    memcpy(b->t->hash, sx_sha256_of(f.data, f.size).hex, sizeof b->t->hash);
    size_t at = 0;
    while (at < f.size && (isspace(f.data[at]) || f.data[at] >= 0x80)) /* blanks, byte order mark */
        at++;
    bool json = at < f.size && (f.data[at] == '{' || f.data[at] == '[');
    bool ok = f.size > 0 || sx_fail(err, SX_ERR_FORMAT, "%s: is empty", b->path);
    ok = ok && (json ? sx_truth_from_coco(b, f.data, f.size, err)
                     : sx_truth_from_csv(b, f.data, f.size, err));
    sx_file_close(&f);
    return ok;
}

bool sx_truth_load(sx_truth *t, const char *path, const sx_truth_options *o, sx_error *err) {
    *t = (sx_truth){ 0 };
    sx_truth_build b = { .t = t, .o = o, .path = path };
    bool ok = !o->classes || sx_build_classes(&b, o->classes, err);
    ok = ok && (sx_path_is_dir(path) ? sx_truth_from_manifest(&b, err) : load_file(&b, err));
    ok = ok && (!o->groups || load_groups(&b, o->groups, err));
    if (ok && !settle(&b, err)) ok = sx_fail_in(err, "%s", path);
    free(b.film);
    sx_names_free(&b.reading);
    if (!ok) sx_truth_free(t);
    return ok;
}

void sx_truth_free(sx_truth *t) {
    sx_names_free(&t->films);
    sx_names_free(&t->aliases);
    sx_names_free(&t->study_names);
    sx_names_free(&t->patient_names);
    sx_names_free(&t->class_names);
    sx_names_free(&t->reader_names);
    free(t->labels);
    free(t->studies);
    free(t->class_ids);
    free(t->boxes);
    free(t->box_readers);
    free(t->readings);
    *t = (sx_truth){ 0 };
}

bool sx_truth_groups(const sx_truth *t, sx_unit unit, sx_groups *out, sx_error *err) {
    *out = (sx_groups){ NULL, t->films.count, t->films.count };
    if (unit == SX_UNIT_FILM) return true;
    *out = unit == SX_UNIT_STUDY ? (sx_groups){ t->studies, t->films.count, t->study_count }
                                 : (sx_groups){ t->patients, t->films.count, t->patient_count };
    if (out->count) return true;
    return sx_fail(err, SX_ERR_MISSING,
                   "the truth does not say which %s a film belongs to (a column %s_id, or "
                   "--groups FILE)",
                   sx_unit_name(unit, false), sx_unit_name(unit, false));
}

const char *sx_unit_name(sx_unit unit, bool plural) {
    static const char *const names[3][2] = { { "film", "films" },
                                             { "study", "studies" },
                                             { "patient", "patients" } };
    return names[unit][plural];
}
