#include "evaluation/truth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/mem.h"
#include "data/patients.h"
#include "evaluation/truth_impl.h"

long sx_truth_class(const sx_truth *t, const char *name) {
    return sx_names_find(&t->class_names, name);
}

bool sx_truth_add_class(sx_truth *t, const char *name, sx_error *err) {
    uint32_t at;
    if (sx_truth_class(t, name) >= 0) return true;
    long *ids = sx_realloc(t->class_ids, t->class_names.count + 1, sizeof *ids);
    if (!ids) return sx_fail(err, SX_ERR_MEMORY, "out of memory for classes");
    t->class_ids = ids;
    if (!sx_names_add(&t->class_names, name, &at, err)) return false;
    ids[at] = t->has_class_ids ? SX_NO_CLASS_ID : (long)at;
    return true;
}

/* ---- from a manifest ---- */

typedef struct view {
    sx_truth *t;
    const sx_manifest *m;
    uint32_t *film_of;  /* [m->film_count] index into t->films; a film in two splits has one */
    uint32_t *class_of; /* [m->classes.count] place in t->class_names */
    int64_t *study, *patient; /* [t->films.count] -1: not named */
    bool numbered;            /* sx_patients_are_numbered */
    sx_names readings;        /* "film/reader" */
    size_t reading_cap;
} view;

/* ---- films ---- */

static bool name_films(view *v, sx_error *err) {
    sx_truth *t = v->t;
    for (size_t i = 0; i < v->m->film_count; i++)
        if (!sx_names_add(&t->films, v->m->films[i].id, &v->film_of[i], err)) return false;
    const size_t films = t->films.count;
    uint32_t *order = sx_calloc_for(films, sizeof *order, "films", err);
    bool ok = order && sx_names_sort(&t->films, order, err);
    for (size_t i = 0; ok && i < v->m->film_count; i++)
        v->film_of[i] = order[v->film_of[i]];
    free(order);
    if (!ok) return false;
    t->labels = sx_calloc_for(films, sizeof *t->labels, "films", err);
    t->lines = sx_calloc_for(films, sizeof *t->lines, "films", err);
    t->studies = sx_calloc_for(films, sizeof *t->studies, "films", err);
    t->patients = sx_calloc_for(films, sizeof *t->patients, "films", err);
    v->study = sx_calloc_for(films, sizeof *v->study, "films", err);
    v->patient = sx_calloc_for(films, sizeof *v->patient, "films", err);
    if (!t->labels || !t->lines || !t->studies || !t->patients || !v->study || !v->patient)
        return false;
    for (size_t i = 0; i < films; i++) {
        t->labels[i] = -1;
        v->study[i] = v->patient[i] = -1;
    }
    return true;
}

static bool set_group(sx_names *names, const char *name, int64_t *slot, const char *film,
                      const char *what, sx_error *err) {
    uint32_t g;
    if (!name[0]) return true;
    if (!sx_names_add(names, name, &g, err)) return false;
    if (*slot >= 0 && *slot != g)
        return sx_fail(err, SX_ERR_MISMATCH, "film %.80s is in two %s: %.80s and %.80s", film, what,
                       names->items[*slot], name);
    *slot = g;
    return true;
}

/* COCO: a film with only crowds is not abnormal. */
static int label_of(const sx_manifest *m, const sx_manifest_film *f) {
    if (m->layout != SX_LAYOUT_COCO || !f->by_box) return f->label;
    for (size_t i = f->first_box; i < f->first_box + f->box_count; i++)
        if (!m->boxes[i].crowd) return 1;
    return 0;
}

static bool add_reading(view *v, uint32_t film, uint32_t reader, sx_error *err) {
    sx_truth *t = v->t;
    char key[32];
    bool fresh;
    snprintf(key, sizeof key, "%u/%u", film, reader);
    if (!sx_names_put(&v->readings, key, 0, &fresh, err)) return false;
    if (!fresh) return true;
    if (t->reading_count == v->reading_cap) {
        const size_t cap = v->reading_cap ? 2 * v->reading_cap : 256;
        uint32_t(*more)[2] = sx_realloc(t->readings, cap, sizeof *more);
        if (!more) return sx_fail(err, SX_ERR_MEMORY, "out of memory for readings");
        t->readings = more;
        v->reading_cap = cap;
    }
    t->readings[t->reading_count][0] = film;
    t->readings[t->reading_count++][1] = reader;
    return true;
}

static bool add_film(view *v, size_t i, sx_error *err) {
    sx_truth *t = v->t;
    const sx_manifest_film *f = &v->m->films[i];
    const uint32_t film = v->film_of[i];
    const int label = label_of(v->m, f);
    if (label > t->labels[film]) t->labels[film] = label;
    if (!t->lines[film]) t->lines[film] = f->line;
    t->contradictions += f->box_count && f->no_finding_count;
    for (size_t k = f->first_no_finding; k < f->first_no_finding + f->no_finding_count; k++)
        if (!add_reading(v, film, v->m->no_findings[k].reader, err)) return false;
    return sx_truth_add_alias(t, f, film, err) &&
           set_group(&t->study_names, f->study, &v->study[film], f->id, "studies", err) &&
           (!sx_patient_is_known(f->patient, v->numbered) ||
            set_group(&t->patient_names, f->patient, &v->patient[film], f->id, "patients", err));
}

/* Numbers the groups. Films without one follow in the manifest's order, each a group of its own, or
 * with of_study[] (a group for each study, -1: none yet) in the group of its study. */
static void number_groups(const view *v, const int64_t *named, int64_t *of_study, size_t names,
                          uint32_t *numbers, size_t *count) {
    const uint32_t *studies = v->t->studies;
    *count = names;
    for (size_t film = 0; of_study && film < v->t->films.count; film++)
        if (named[film] >= 0 && of_study[studies[film]] < 0) of_study[studies[film]] = named[film];
    for (size_t i = 0; i < v->m->film_count; i++) {
        const uint32_t film = v->film_of[i];
        int64_t *rest = of_study ? &of_study[studies[film]] : &v->study[film];
        if (named[film] < 0 && *rest < 0) *rest = (int64_t)(*count)++;
        numbers[film] = (uint32_t)(named[film] < 0 ? *rest : named[film]);
    }
    if (!names) *count = 0;
}

static bool number_patients(view *v, sx_error *err) {
    sx_truth *t = v->t;
    const size_t studies = t->study_names.count + t->films.count;
    int64_t *of_study = sx_calloc_for(studies, sizeof *of_study, "patients", err);
    if (!of_study) return false;
    for (size_t i = 0; i < studies; i++)
        of_study[i] = -1;
    number_groups(v, v->patient, of_study, t->patient_names.count, t->patients, &t->patient_count);
    free(of_study);
    return true;
}

static bool add_films(view *v, sx_error *err) {
    sx_truth *t = v->t;
    const char *first = "";
    if (!name_films(v, err)) return false;
    v->numbered = sx_patients_are_numbered(v->m);
    t->placeholders = sx_films_of_placeholders(v->m, &first);
    snprintf(t->placeholder, sizeof t->placeholder, "%s", first);
    for (size_t i = 0; i < v->m->film_count; i++)
        if (!add_film(v, i, err)) return false;
    if (!sx_truth_add_endings(t, err)) return false;
    number_groups(v, v->study, NULL, t->study_names.count, t->studies, &t->study_count);
    return number_patients(v, err);
}

/* ---- classes ---- */

static int by_id(const void *a, const void *b) {
    const long *x = a, *y = b;
    return (x[0] > y[0]) - (x[0] < y[0]);
}

/* Classes with an id in the order of the ids, as in COCO's evaluation, then the others. */
static bool classes_by_id(view *v, sx_error *err) {
    const sx_manifest *m = v->m;
    const size_t n = m->classes.count;
    size_t numbered = 0;
    long(*ids)[2] = sx_calloc_for(n + 1, sizeof *ids, "classes", err); /* id, place */
    if (!ids) return false;
    for (size_t i = 0; i < n; i++)
        if (m->class_ids[i] != SX_NO_CLASS_ID) {
            ids[numbered][0] = m->class_ids[i];
            ids[numbered++][1] = (long)i;
        }
    qsort(ids, numbered, sizeof *ids, by_id);
    bool ok = true;
    uint32_t at;
    for (size_t i = 0; ok && i < numbered; i++)
        ok = sx_names_add(&v->t->class_names, m->classes.items[ids[i][1]], &at, err);
    for (size_t i = 0; ok && i < n; i++)
        ok = sx_names_add(&v->t->class_names, m->classes.items[i], &at, err);
    free(ids);
    return ok;
}

/* If all classes of a truth are among the seven of VinDr-SpineXR, it gets all seven, so that a rare
 * class without a true box is not an unknown name in the predictions. */
static bool complete_vindr(sx_names *classes, sx_error *err) {
    sx_names seven = { 0 };
    bool ok = sx_class_list("vindr", &seven, err), all = classes->count > 0;
    for (size_t i = 0; ok && i < classes->count; i++)
        all = all && sx_names_find(&seven, classes->items[i]) >= 0;
    for (size_t i = 0; ok && all && i < seven.count; i++) {
        uint32_t at;
        ok = sx_names_add(classes, seven.items[i], &at, err);
    }
    sx_names_free(&seven);
    return ok;
}

static bool classes_as_given(view *v, bool ordered, sx_error *err) {
    sx_names *classes = &v->t->class_names;
    uint32_t at;
    for (size_t i = 0; i < v->m->classes.count; i++)
        if (!sx_names_add(classes, v->m->classes.items[i], &at, err)) return false;
    if (ordered) return true;
    if (v->t->has_boxes && !complete_vindr(classes, err)) return false;
    uint32_t *order = sx_calloc_for(classes->count + 1, sizeof *order, "classes", err);
    const bool ok = order && sx_names_sort(classes, order, err);
    free(order);
    return ok;
}

static bool add_classes(view *v, bool ordered, sx_error *err) {
    sx_truth *t = v->t;
    const sx_manifest *m = v->m;
    t->has_class_ids = m->class_ids != NULL;
    if (!(t->has_class_ids ? classes_by_id(v, err) : classes_as_given(v, ordered, err)))
        return false;
    if (m->layout == SX_LAYOUT_COCO && !t->class_names.count)
        return sx_fail(err, SX_ERR_MISSING, "no categories");
    t->class_ids = sx_calloc_for(t->class_names.count + 1, sizeof *t->class_ids, "classes", err);
    if (!t->class_ids) return false;
    for (size_t i = 0; i < t->class_names.count; i++)
        t->class_ids[i] = (long)i;
    for (size_t i = 0; i < m->classes.count; i++) {
        v->class_of[i] = (uint32_t)sx_names_find(&t->class_names, m->classes.items[i]);
        if (m->class_ids) t->class_ids[v->class_of[i]] = m->class_ids[i];
    }
    return true;
}

/* ---- boxes ---- */

static bool add_boxes(view *v, sx_error *err) {
    sx_truth *t = v->t;
    const sx_manifest *m = v->m;
    uint32_t at;
    t->boxes = sx_calloc_for(m->box_count + 1, sizeof *t->boxes, "boxes", err);
    t->box_readers = sx_calloc_for(m->box_count + 1, sizeof *t->box_readers, "boxes", err);
    if (!t->boxes || !t->box_readers) return false;
    for (size_t i = 0; i < m->readers.count; i++)
        if (!sx_names_add(&t->reader_names, m->readers.items[i], &at, err)) return false;
    for (size_t i = 0; i < m->box_count; i++) {
        const sx_manifest_box *b = &m->boxes[i];
        const uint32_t film = v->film_of[b->film];
        if (!add_reading(v, film, b->reader, err)) return false;
        t->box_readers[i] = b->reader;
        t->boxes[t->box_count++] = (sx_truth_box){ .x = b->xywh[0],
                                                   .y = b->xywh[1],
                                                   .w = b->xywh[2],
                                                   .h = b->xywh[3],
                                                   .area = b->area,
                                                   .film = film,
                                                   .label = (int)v->class_of[b->label],
                                                   .crowd = b->crowd };
    }
    return true;
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

static bool make_view(sx_truth *t, const sx_manifest *m, bool ordered, sx_error *err) {
    view v = { .t = t, .m = m };
    t->has_boxes = m->has_boxes;
    memcpy(t->hash, m->hash, sizeof t->hash);
    v.film_of = sx_calloc_for(m->film_count, sizeof *v.film_of, "films", err);
    v.class_of = sx_calloc_for(m->classes.count + 1, sizeof *v.class_of, "classes", err);
    const bool ok = v.film_of && v.class_of && add_films(&v, err) &&
                    add_classes(&v, ordered, err) && add_boxes(&v, err) && count_duplicates(t, err);
    free(v.film_of);
    free(v.class_of);
    free(v.study);
    free(v.patient);
    sx_names_free(&v.readings);
    return ok;
}

bool sx_truth_load(sx_truth *t, const char *path, const sx_manifest_options *options,
                   const sx_truth_films *films, sx_error *err) {
    sx_manifest m;
    sx_manifest_options o = *options;
    *t = (sx_truth){ 0 };
    o.annotations_only = o.image_ids = !sx_path_is_dir(path);
    bool ok = sx_manifest_open(path, &o, &m, err) && sx_truth_choose(t, &m, films, err);
    if (ok && !make_view(t, &m, o.classes != NULL, err)) ok = sx_fail_in(err, "%s", path);
    sx_manifest_free(&m);
    if (!ok) sx_truth_free(t);
    return ok;
}

double sx_truth_prevalence(const sx_truth *t, size_t *abnormal) {
    *abnormal = 0;
    for (size_t i = 0; i < t->films.count; i++)
        *abnormal += t->labels[i] == 1;
    return (double)*abnormal / (double)t->films.count;
}

void sx_truth_free(sx_truth *t) {
    sx_names_free(&t->films);
    sx_names_free(&t->aliases);
    sx_names_free(&t->forms);
    sx_names_free(&t->study_names);
    sx_names_free(&t->patient_names);
    sx_names_free(&t->class_names);
    sx_names_free(&t->reader_names);
    sx_names_free(&t->left_out);
    sx_names_free(&t->ambiguous);
    sx_names_free(&t->endings);
    sx_names_free(&t->shared_endings);
    free(t->labels);
    free(t->lines);
    free(t->studies);
    free(t->patients);
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
