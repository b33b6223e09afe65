#include "data/manifest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/manifest_build.h"

static const char *const vindr_classes =
    "Disc space narrowing,Foraminal stenosis,Osteophytes,Other lesions,Spondylolysthesis,Surgical "
    "implant,Vertebral collapse";

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

bool sx_manifest_box_add(sx_manifest_build *b, uint32_t film, const char *lesion,
                         const char *reader, const double v[4], size_t line, sx_error *err) {
    sx_manifest *m = b->m;
    sx_manifest_box box = { .film = film, .source = b->source, .line = (uint32_t)line };
    float *c =
        box.xyxy; /* judged as they are kept: a double may be finite, or wide, and its float not */
    for (int i = 0; i < 4; i++)
        c[i] = (float)v[i];
    bool finite = isfinite(c[0]) && isfinite(c[1]) && isfinite(c[2]) && isfinite(c[3]);
    if (!b->o->keep_faults && !finite)
        return sx_manifest_fail(b, line, SX_ERR_VALUE, err,
                                "a box with a corner that is not a finite number");
    if (!b->o->keep_faults && (c[2] <= c[0] || c[3] <= c[1]))
        return sx_manifest_fail(b, line, SX_ERR_VALUE, err, "not a box: x %g to %g, y %g to %g",
                                v[0], v[2], v[1], v[3]);
    if (!lesion[0])
        return sx_manifest_fail(b, line, SX_ERR_MISSING, err, "a box without a lesion's name");
    if (!sx_manifest_class(b, lesion, &box.label, err))
        return line ? sx_fail_in(err, "%s:%zu", m->sources.items[b->source], line)
                    : sx_fail_in(err, "%s", m->sources.items[b->source]);
    if (!sx_names_add(&m->readers, reader, &box.reader, err) ||
        !grow((void **)&m->boxes, &m->box_cap, m->box_count, sizeof *m->boxes, err))
        return false;
    m->boxes[m->box_count++] = box;
    m->films[film].box_count++;
    m->films[film].by_box = true;
    m->films[film].label = 1;
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

static bool gather_nones(sx_manifest *m, sx_error *err) {
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

static bool given_classes(sx_manifest_build *b, sx_error *err) {
    if (!b->o->classes) return true;
    const char *list = strcmp(b->o->classes, "vindr") == 0 ? vindr_classes : b->o->classes;
    char *text = sx_strdup(list), *rest = text;
    bool ok = text || sx_fail(err, SX_ERR_MEMORY, "out of memory for classes");
    for (char *name; ok && (name = strsep(&rest, ","));) {
        uint32_t label;
        ok = name[0] ? sx_names_add(&b->m->classes, name, &label, err)
                     : sx_fail(err, SX_ERR_USAGE, "an empty class name in \"%s\"", list);
    }
    free(text);
    b->closed = b->ordered = true;
    return ok;
}

bool sx_manifest_open(const char *path, const sx_manifest_options *options, sx_manifest *m,
                      sx_error *err) {
    static const sx_manifest_options none = { 0 };
    *m = (sx_manifest){ .memory = sx_arena_new() };
    if (!m->memory) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    sx_manifest_build b = { .m = m, .o = options ? options : &none, .root = path };
    if (!given_classes(&b, err) || !sx_manifest_read(&b, path, err) || !gather_boxes(m, err) ||
        !gather_nones(m, err))
        return false;
    if (!b.ordered && !sort_classes(m, err)) return false;
    free(m->seen);
    m->seen = NULL;
    return m->film_count || sx_fail(err, SX_ERR_MISSING, "%s: no films%s%s", path,
                                    b.o->split ? " of the split " : "", sx_split_name(b.o->split));
}

void sx_manifest_free(sx_manifest *m) {
    free(m->films);
    free(m->boxes);
    free(m->no_findings);
    free(m->seen);
    sx_names_free(&m->classes);
    sx_names_free(&m->readers);
    sx_names_free(&m->sources);
    sx_names_free(&m->ids);
    sx_arena_free(m->memory);
    *m = (sx_manifest){ 0 };
}
