#include "data/manifest_merge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "data/manifest_build.h"
#include "data/merge_collisions.h"
#include "data/patients.h"
#include "dicom/uid.h"

bool sx_merge_name_ok(const char *name) {
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const size_t n = strlen(name);
    return n > 0 && n <= 40 && strspn(name, allowed) == n;
}

const char *sx_merge_own_name(const char *name, char sign) {
    char set[41];
    const char *end = strchr(name, sign);
    if (!end || (size_t)(end - name) >= sizeof set) return name;
    memcpy(set, name, (size_t)(end - name));
    set[end - name] = '\0';
    return sx_merge_name_ok(set) ? end + 1 : name;
}

typedef struct merging {
    const sx_merge_options *o;
    sx_manifest_build b;
    sx_merge_totals *totals;
    const sx_merge_set *set; /* the one that is being added */
    bool numbered;           /* its patients */
    sx_str text;             /* scratch */
} merging;

/* "NAME:text", which is valid until the next call. */
static const char *own_name(merging *g, const char *text) {
    g->text.len = 0;
    sx_str_printf(&g->text, "%s:%s", g->set->name, text);
    return sx_str_text(&g->text);
}

static const char *uid_or_own(merging *g, const char *text) {
    if (!text[0] || (sx_is_uid(text) && strchr(text, '.'))) return text;
    return own_name(g, text);
}

static bool keep_text(merging *g, const char **to, const char *text, sx_error *err) {
    if (!sx_str_ok(&g->text, err)) return false;
    *to = text[0] ? sx_arena_strdup(g->b.m->memory, text) : "";
    return *to || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
}

/* NULL stays NULL. */
static bool keep_other(merging *g, const char **to, const char *text, sx_error *err) {
    return !text || keep_text(g, to, text, err);
}

static bool describe(merging *g, const sx_manifest_film *from, sx_manifest_film *f, sx_error *err) {
    const bool known = sx_patient_is_known(from->patient, g->numbered);
    f->width = from->width, f->height = from->height;
    f->size_read = from->size_read, f->other_size = from->other_size;
    f->age = from->age, f->sex = from->sex;
    if (from->no_age && !sx_manifest_set_age(&g->b, f, from->no_age, 0, err)) return false;
    if (!keep_other(g, &f->other_age, from->other_age, err) ||
        !keep_other(g, &f->other_sex, from->other_sex, err))
        return false;
    if (from->path) {
        f->path = sx_arena_strdup(g->b.m->memory, from->path);
        if (!f->path) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    }
    return keep_text(g, &f->study, uid_or_own(g, from->study), err) &&
           keep_text(g, &f->series, uid_or_own(g, from->series), err) &&
           keep_text(g, &f->patient, known ? own_name(g, from->patient) : from->patient, err);
}

static const char *reader_of(merging *g, uint32_t reader) {
    const char *name = g->set->m->readers.items[reader];
    return name[0] ? own_name(g, name) : name;
}

static bool add_box(merging *g, const sx_manifest_box *from, uint32_t film, sx_error *err) {
    const sx_manifest *m = g->set->m;
    const char *lesion = m->classes.items[from->label];
    const sx_class_map_row *row =
        g->o->map ? sx_class_map_find(g->o->map, g->set->name, lesion) : NULL;
    if (row && !row->to[0]) {
        g->totals->left_out++;
        return true;
    }
    g->totals->renamed += row && strcmp(row->to, lesion) != 0;
    const double *v = from->xywh;
    const sx_manifest_box_row box = { .film = film,
                                      .lesion = row ? row->to : lesion,
                                      .reader = reader_of(g, from->reader),
                                      .xyxy = { v[0], v[1], v[0] + v[2], v[1] + v[3] },
                                      .own_size = true,
                                      .width = v[2],
                                      .height = v[3],
                                      .area = from->area,
                                      .crowd = from->crowd };
    if (!sx_str_ok(&g->text, err)) return false;
    if (!sx_manifest_box_add(&g->b, &box, err)) return false;
    memcpy(g->b.m->boxes[g->b.m->box_count - 1].xyxy, from->xyxy, sizeof from->xyxy);
    return true;
}

static sx_split split_of(const sx_merge_set *set, size_t film) {
    return set->split_given ? set->split : set->m->films[film].split;
}

static bool add_film(merging *g, const sx_manifest_film *from, sx_error *err) {
    const sx_manifest *m = g->set->m;
    const sx_split split = split_of(g->set, (size_t)(from - m->films));
    uint32_t film;
    bool fresh;
    g->text.len = 0;
    sx_str_printf(&g->text, "%s/%s", g->set->name, from->id);
    if (!sx_str_ok(&g->text, err) ||
        !sx_manifest_film_add(&g->b, g->text.data, split, 0, &film, &fresh, err))
        return false;
    if (!fresh)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "set %s: film %s is in two splits, which cannot become one", g->set->name,
                       from->id);
    sx_manifest_film *f = &g->b.m->films[film];
    f->first_box = g->b.m->box_count;
    f->first_no_finding = g->b.m->no_finding_count;
    bool ok = describe(g, from, f, err);
    for (size_t k = 0; ok && k < from->box_count; k++)
        ok = add_box(g, &m->boxes[from->first_box + k], film, err);
    for (size_t k = 0; ok && k < from->no_finding_count; k++) {
        const uint32_t reader = m->no_findings[from->first_no_finding + k].reader;
        const char *name = reader_of(g, reader);
        ok = sx_str_ok(&g->text, err) && sx_manifest_no_finding_add(&g->b, film, name, err);
    }
    f->label = from->label;
    f->by_box = from->by_box;
    g->totals->bare += f->label == 1 && !f->box_count;
    return ok;
}

/* Also the classes without a box: what a set was searched for belongs to it, and the numbers of the
 * classes depend on it. A list of classes (--classes) stays as it is. */
static bool add_classes(merging *g, const sx_merge_set *set, sx_error *err) {
    const sx_names *classes = &set->m->classes;
    for (size_t i = 0; !g->b.closed && i < classes->count; i++) {
        const char *name = classes->items[i];
        const sx_class_map_row *row =
            g->o->map ? sx_class_map_find(g->o->map, set->name, name) : NULL;
        uint32_t label;
        if (row) name = row->to;
        if (name[0] && !sx_manifest_class(&g->b, name, &label, err)) return false;
    }
    return true;
}

static bool add_set(merging *g, const sx_merge_set *set, const bool *drop, sx_error *err) {
    g->set = set;
    g->numbered = sx_patients_are_numbered(set->m);
    if (!sx_manifest_source(&g->b, set->name, err) || !add_classes(g, set, err)) return false;
    bool ok = sx_context_check(g->o->context, err);
    for (size_t i = 0; ok && i < set->m->film_count; i++) {
        if (drop[i])
            g->totals->duplicates++;
        else
            ok = add_film(g, &set->m->films[i], err);
    }
    g->b.m->has_boxes = g->b.m->has_boxes || set->m->has_boxes;
    return ok;
}

/* The first set that has films with a split, or without one. */
static const sx_merge_set *with_split(const sx_merge_options *o, bool split) {
    for (size_t s = 0; s < o->set_count; s++) {
        const sx_merge_set *set = &o->sets[s];
        for (size_t i = 0; i < set->m->film_count; i++)
            if ((split_of(set, i) != SX_SPLIT_NONE) == split) return set;
    }
    return NULL;
}

static bool check_splits(const sx_merge_options *o, sx_error *err) {
    const sx_merge_set *some = with_split(o, true), *none = with_split(o, false);
    if (!some || !none) return true;
    return sx_fail(err, SX_ERR_MISMATCH,
                   "set %s has splits and set %s has none; --split %s=train (val, test) puts all "
                   "its films in one, --split %s=none removes those of %s",
                   some->name, none->name, none->name, some->name, some->name);
}

/* A row of the map that names no class or set is a misspelling. */
static bool check_map(const sx_merge_options *o, sx_error *err) {
    for (size_t i = 0; o->map && i < o->map->count; i++) {
        const sx_class_map_row *row = &o->map->rows[i];
        bool set_found = !row->set[0], class_found = false;
        for (size_t s = 0; s < o->set_count; s++) {
            if (row->set[0] && strcmp(row->set, o->sets[s].name) != 0) continue;
            set_found = true;
            class_found = class_found || sx_names_find(&o->sets[s].m->classes, row->from) >= 0;
        }
        if (!set_found)
            return sx_fail(err, SX_ERR_MISSING, "%s:%zu: no set is called %s", o->map->path,
                           row->line, row->set);
        if (!class_found)
            return sx_fail(err, SX_ERR_MISSING, "%s:%zu: %s has %s class \"%s\"", o->map->path,
                           row->line, row->set[0] ? row->set : "no set", row->set[0] ? "no" : "a",
                           row->from);
    }
    return true;
}

static bool merge_all(merging *g, bool *const *drop, sx_error *err) {
    const sx_merge_options *o = g->o;
    g->b.closed = g->b.ordered = o->classes != NULL;
    if (!check_splits(o, err) || !check_map(o, err) ||
        !sx_merge_same_films(o, drop, g->totals, err))
        return false;
    if (g->totals->same_films.count && o->duplicates == SX_MERGE_REFUSE)
        return sx_fail(err, SX_ERR_MISMATCH, "%zu %s in several sets; --duplicates first or keep",
                       g->totals->same_films.count,
                       sx_noun(g->totals->same_films.count, "film is", "films are"));
    for (size_t s = 0; o->duplicates == SX_MERGE_KEEP && s < o->set_count; s++)
        memset(drop[s], 0, o->sets[s].m->film_count * sizeof *drop[s]);
    if (o->classes && !sx_class_list(o->classes, &g->b.m->classes, err)) return false;
    for (size_t s = 0; s < o->set_count; s++)
        if (!add_set(g, &o->sets[s], drop[s], err)) return false;
    return (g->b.ordered || sx_manifest_sort_classes(g->b.m, err)) &&
           sx_merge_collisions(o, drop, g->totals, err) &&
           sx_merge_split_studies(g->b.m, g->totals, err) &&
           sx_merge_similar_classes(g->b.m, g->totals, err);
}

bool sx_manifest_merge(const sx_merge_options *o, sx_manifest *out, sx_merge_totals *totals,
                       sx_error *err) {
    static const sx_manifest_options none = { 0 };
    *totals = (sx_merge_totals){ 0 };
    *out = (sx_manifest){ .memory = sx_arena_new(), .layout = SX_LAYOUT_COCO };
    merging g = { .o = o, .b = { .m = out, .o = &none, .root = "" }, .totals = totals };
    bool **drop = sx_calloc_for(o->set_count + 1, sizeof *drop, "data sets", err);
    bool ok =
        drop && (out->memory || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set"));
    for (size_t s = 0; ok && s < o->set_count; s++) {
        drop[s] = sx_calloc_for(o->sets[s].m->film_count + 1, sizeof *drop[s], "films", err);
        ok = drop[s] != NULL;
    }
    ok = ok && merge_all(&g, drop, err);
    for (size_t s = 0; drop && s < o->set_count; s++)
        free(drop[s]);
    free(drop);
    free(out->seen);
    out->seen = NULL;
    sx_str_free(&g.text);
    return ok;
}

void sx_merge_totals_free(sx_merge_totals *t) {
    sx_paths_free(&t->collisions);
    sx_paths_free(&t->same_films);
    *t = (sx_merge_totals){ 0 };
}
