#include "data/manifest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "data/manifest_build.h"

const char *sx_split_name(sx_split split) {
    static const char *const names[SX_SPLITS] = { "", "train", "val", "test" };
    return names[split];
}

const char *sx_layout_name(sx_layout layout) {
    static const char *const names[SX_LAYOUTS] = {
        "auto", "vindr", "labels", "coco", "voc", "yolo"
    };
    return names[layout];
}

sx_split sx_split_of_name(const char *name) {
    if (strncmp(name, "train", 5) == 0) return SX_SPLIT_TRAIN;
    if (strncmp(name, "val", 3) == 0) return SX_SPLIT_VAL;
    if (strncmp(name, "test", 4) == 0) return SX_SPLIT_TEST;
    return SX_SPLIT_NONE;
}

bool sx_manifest_fail(const sx_manifest_build *b, size_t line, sx_error_code code, sx_error *err,
                      const char *fmt, ...) {
    const char *path = b->m->sources.items[b->source];
    va_list args;
    va_start(args, fmt);
    sx_vfail(err, code, fmt, args);
    va_end(args);
    return line ? sx_fail_in(err, "%s:%zu", path, line) : sx_fail_in(err, "%s", path);
}

bool sx_manifest_source(sx_manifest_build *b, const char *path, sx_error *err) {
    return sx_names_add(&b->m->sources, path, &b->source, err);
}

bool sx_manifest_source_open(sx_manifest_build *b, const char *path, sx_file *f, sx_error *err) {
    if (!sx_manifest_source(b, path, err) || !sx_file_open(f, path, err)) return false;
    sx_str_add(&b->hashes, sx_sha256_of(f->data, f->size).hex);
    return true;
}

static bool grow(void **items, size_t *cap, size_t count, size_t size, sx_error *err) {
    if (count < *cap) return true;
    size_t more = *cap ? *cap * 2 : 256;
    void *p = sx_realloc(*items, more, size);
    if (!p) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    *items = p;
    *cap = more;
    return true;
}

static void film_key(char *key, size_t size, const char *id, sx_split split) {
    snprintf(key, size, "%s/%s", sx_split_name(split), id);
}

long sx_manifest_find(const sx_manifest *m, const char *id, sx_split split) {
    char key[512];
    film_key(key, sizeof key, id, split);
    return sx_names_find(&m->ids, key);
}

bool sx_manifest_film_add(sx_manifest_build *b, const char *id, sx_split split, size_t line,
                          uint32_t *film, bool *fresh, sx_error *err) {
    sx_manifest *m = b->m;
    char key[512];
    if (!id[0]) return sx_manifest_fail(b, line, SX_ERR_MISSING, err, "a film without an id");
    if (strlen(id) > 400)
        return sx_manifest_fail(b, line, SX_ERR_LIMIT, err, "an id of over 400 bytes");
    film_key(key, sizeof key, id, split);
    long known = sx_names_find(&m->ids, key);
    if (fresh) *fresh = known < 0;
    *film = (uint32_t)known;
    if (known >= 0) return true;
    size_t cap = m->film_cap;
    if (!sx_names_add(&m->ids, key, film, err) ||
        !grow((void **)&m->films, &cap, m->film_count, sizeof *m->films, err))
        return false;
    if (cap != m->film_cap) {
        uint8_t *said = sx_realloc(m->seen, cap, 1);
        if (!said) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
        m->seen = said;
        m->film_cap = cap;
    }
    m->seen[m->film_count] = 0;
    m->films[m->film_count] = (sx_manifest_film){ .id = sx_arena_strdup(m->memory, id),
                                                  .alias = "",
                                                  .study = "",
                                                  .series = "",
                                                  .patient = "",
                                                  .age = NAN,
                                                  .split = split,
                                                  .label = -1,
                                                  .source = b->source,
                                                  .line = (uint32_t)line };
    if (!m->films[m->film_count].id)
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    m->film_count++;
    return true;
}

bool sx_manifest_say(sx_manifest_build *b, const char **to, const char *text, const char *what,
                     const sx_manifest_film *f, sx_error *err) {
    if (!text[0] || strcmp(*to, text) == 0) return true;
    if ((*to)[0])
        return sx_fail(err, SX_ERR_MISMATCH, "film %.80s has the %s %.80s, and %.80s further up",
                       f->id, what, text, *to);
    *to = sx_arena_strdup(b->m->memory, text);
    return *to || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
}

bool sx_manifest_class(sx_manifest_build *b, const char *name, uint32_t *label, sx_error *err) {
    long known = sx_names_find(&b->m->classes, name);
    *label = (uint32_t)known;
    if (known >= 0) return true;
    if (b->closed && !b->o->keep_faults)
        return sx_fail(err, SX_ERR_VALUE, "unknown lesion \"%.80s\"", name);
    return sx_names_add(&b->m->classes, name, label, err);
}

void sx_manifest_seen(sx_manifest_build *b, uint32_t film) {
    b->m->seen[film] = 1;
}

bool sx_manifest_no_finding_add(sx_manifest_build *b, uint32_t film, const char *reader,
                                sx_error *err) {
    sx_manifest *m = b->m;
    sx_manifest_no_finding none = { .film = film };
    sx_manifest_seen(b, film);
    if (!sx_names_add(&m->readers, reader, &none.reader, err) ||
        !grow((void **)&m->no_findings, &m->no_finding_cap, m->no_finding_count,
              sizeof *m->no_findings, err))
        return false;
    m->no_findings[m->no_finding_count++] = none;
    m->films[film].no_finding_count++;
    return true;
}

bool sx_manifest_class_id(sx_manifest_build *b, uint32_t label, long id, sx_error *err) {
    sx_manifest *m = b->m;
    const size_t before = m->class_id_cap;
    while (label >= m->class_id_cap)
        if (!grow((void **)&m->class_ids, &m->class_id_cap, m->class_id_cap, sizeof *m->class_ids,
                  err))
            return false;
    for (size_t i = before; i < m->class_id_cap; i++)
        m->class_ids[i] = SX_NO_CLASS_ID;
    if (m->class_ids[label] != SX_NO_CLASS_ID && m->class_ids[label] != id) b->ids_differ = true;
    m->class_ids[label] = id;
    return true;
}

static bool check_box(const sx_manifest_build *b, const sx_manifest_box_row *row, const float c[4],
                      sx_error *err) {
    if (!row->lesion[0])
        return sx_manifest_fail(b, row->line, SX_ERR_MISSING, err, "a box without a lesion's name");
    if (b->o->keep_faults) return true;
    if (!(isfinite(c[0]) && isfinite(c[1]) && isfinite(c[2]) && isfinite(c[3])))
        return sx_manifest_fail(b, row->line, SX_ERR_VALUE, err,
                                "a box with a corner that is not a finite number");
    if (c[2] <= c[0] || c[3] <= c[1])
        return sx_manifest_fail(b, row->line, SX_ERR_VALUE, err,
                                "not a box: x %g to %g, y %g to %g", row->xyxy[0], row->xyxy[2],
                                row->xyxy[1], row->xyxy[3]);
    return true;
}

bool sx_manifest_box_add(sx_manifest_build *b, const sx_manifest_box_row *row, sx_error *err) {
    sx_manifest *m = b->m;
    const double *v = row->xyxy, w = row->own_size ? row->width : v[2] - v[0],
                 h = row->own_size ? row->height : v[3] - v[1];
    sx_manifest_box box = { .film = row->film,
                            .source = b->source,
                            .line = (uint32_t)row->line,
                            .crowd = row->crowd,
                            .xywh = { v[0], v[1], w, h },
                            .area = row->own_size ? row->area : w * h };
    for (int i = 0; i < 4; i++)
        box.xyxy[i] = (float)v[i];
    /* Floats are checked: a double may be finite, or a box wide, and its float not. */
    if (!check_box(b, row, box.xyxy, err)) return false;
    if (!sx_manifest_class(b, row->lesion, &box.label, err)) {
        const char *path = m->sources.items[b->source];
        return row->line ? sx_fail_in(err, "%s:%zu", path, row->line) : sx_fail_in(err, "%s", path);
    }
    if (!sx_names_add(&m->readers, row->reader, &box.reader, err) ||
        !grow((void **)&m->boxes, &m->box_cap, m->box_count, sizeof *m->boxes, err))
        return false;
    m->boxes[m->box_count++] = box;
    m->films[row->film].box_count++;
    m->films[row->film].by_box = true;
    m->films[row->film].label = 1;
    return true;
}

/* Boxes of a film together, by counting. */
static bool gather_boxes(sx_manifest *m, sx_error *err) {
    sx_manifest_box *sorted =
        sx_calloc_for(m->box_count ? m->box_count : 1, sizeof *sorted, "boxes", err);
    if (!sorted) return false;
    size_t first = 0;
    for (size_t i = 0; i < m->film_count; i++) {
        m->films[i].first_box = first;
        first += m->films[i].box_count;
        m->films[i].box_count = 0;
        if (m->films[i].label < 0 && m->seen[i]) m->films[i].label = 0;
    }
    for (size_t i = 0; i < m->box_count; i++) {
        sx_manifest_film *f = &m->films[m->boxes[i].film];
        sorted[f->first_box + f->box_count++] = m->boxes[i];
    }
    free(m->boxes);
    m->boxes = sorted;
    m->box_cap = m->box_count ? m->box_count : 1;
    return true;
}

static bool gather_no_findings(sx_manifest *m, sx_error *err) {
    sx_manifest_no_finding *sorted =
        sx_calloc_for(m->no_finding_count + 1, sizeof *sorted, "readers", err);
    if (!sorted) return false;
    size_t first = 0;
    for (size_t i = 0; i < m->film_count; i++) {
        m->films[i].first_no_finding = first;
        first += m->films[i].no_finding_count;
        m->films[i].no_finding_count = 0;
    }
    for (size_t i = 0; i < m->no_finding_count; i++) {
        sx_manifest_film *f = &m->films[m->no_findings[i].film];
        sorted[f->first_no_finding + f->no_finding_count++] = m->no_findings[i];
    }
    free(m->no_findings);
    m->no_findings = sorted;
    m->no_finding_cap = m->no_finding_count + 1;
    return true;
}

/* The order of rows must not decide what a class is called by its number. */
static bool sort_classes(sx_manifest *m, sx_error *err) {
    uint32_t *order = sx_calloc_for(m->classes.count + 1, sizeof *order, "classes", err);
    bool ok = order && sx_names_sort(&m->classes, order, err);
    for (size_t i = 0; ok && i < m->box_count; i++)
        m->boxes[i].label = order[m->boxes[i].label];
    free(order);
    return ok;
}

static bool set_hash(sx_manifest_build *b, sx_error *err) {
    sx_manifest *m = b->m;
    if (!sx_str_ok(&b->hashes, err)) return false;
    const sx_sha256 all = sx_sha256_of(sx_str_text(&b->hashes), b->hashes.len);
    snprintf(m->hash, sizeof m->hash, "%s", b->hashes.len == 64 ? b->hashes.data : all.hex);
    return true;
}

/* Ids only help where every file gives a class the same one. */
static bool settle_class_ids(sx_manifest_build *b, sx_error *err) {
    sx_manifest *m = b->m;
    if (b->ids_differ) {
        free(m->class_ids);
        m->class_ids = NULL;
    }
    if (!m->class_ids) return true;
    long *ids = sx_calloc_for(m->classes.count, sizeof *ids, "classes", err);
    if (!ids) return false;
    for (size_t i = 0; i < m->classes.count; i++)
        ids[i] = i < m->class_id_cap ? m->class_ids[i] : SX_NO_CLASS_ID;
    free(m->class_ids);
    m->class_ids = ids;
    return true;
}

static bool read_all(sx_manifest_build *b, const char *path, sx_error *err) {
    const sx_manifest_options *o = b->o;
    sx_manifest *m = b->m;
    b->closed = b->ordered = o->classes != NULL;
    if (o->classes && !sx_class_list(o->classes, &m->classes, err)) return false;
    if (!sx_manifest_read(b, path, err)) return false;
    if (o->groups && !sx_manifest_read_groups(b, o->groups, err)) return false;
    return gather_boxes(m, err) && gather_no_findings(m, err) &&
           (b->ordered || sort_classes(m, err)) && settle_class_ids(b, err) && set_hash(b, err);
}

bool sx_manifest_open(const char *path, const sx_manifest_options *options, sx_manifest *m,
                      sx_error *err) {
    static const sx_manifest_options none = { 0 };
    *m = (sx_manifest){ .memory = sx_arena_new() };
    if (!m->memory) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    sx_manifest_build b = { .m = m, .o = options ? options : &none, .root = path };
    const bool ok = read_all(&b, path, err);
    sx_str_free(&b.hashes);
    free(m->seen);
    m->seen = NULL;
    if (!ok || m->film_count) return ok;
    if (b.o->reader)
        return sx_fail(err, SX_ERR_MISSING, "%s: no row of reader %s", path, b.o->reader);
    return sx_fail(err, SX_ERR_MISSING, "%s: no films%s%s", path,
                   b.o->split ? " of the split " : "", sx_split_name(b.o->split));
}

void sx_manifest_free(sx_manifest *m) {
    free(m->films);
    free(m->boxes);
    free(m->no_findings);
    free(m->seen);
    free(m->class_ids);
    sx_names_free(&m->classes);
    sx_names_free(&m->readers);
    sx_names_free(&m->sources);
    sx_names_free(&m->ids);
    sx_arena_free(m->memory);
    *m = (sx_manifest){ 0 };
}
