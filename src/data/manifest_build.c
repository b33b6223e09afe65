/* A manifest under construction. */
#include "data/manifest_build.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/age.h"
#include "base/ascii.h"
#include "base/hash.h"
#include "base/vindr_classes.h"

bool sx_manifest_fail(const sx_manifest_build *b, size_t line, sx_error_code code, sx_error *err,
                      const char *fmt, ...) {
    const char *path = b->m->sources.items[b->source];
    va_list args;
    va_start(args, fmt);
    sx_vfail(err, code, fmt, args);
    va_end(args);
    return line ? sx_fail_in(err, "%s:%zu", path, line) : sx_fail_in(err, "%s", path);
}

bool sx_manifest_note(sx_manifest_build *b, sx_error *err, const char *fmt, ...) {
    char text[1200];
    va_list args;
    va_start(args, fmt);
    sx_vformat(text, sizeof text, fmt, args);
    va_end(args);
    return sx_paths_add(&b->m->unused, text, err);
}

bool sx_manifest_source(sx_manifest_build *b, const char *path, sx_error *err) {
    return sx_names_add(&b->m->sources, path, &b->source, err);
}

bool sx_manifest_source_open(sx_manifest_build *b, const char *path, sx_file *f, sx_error *err) {
    if (!sx_manifest_source(b, path, err) || !sx_file_open(f, path, err)) return false;
    sx_sha256 hash;
    if (sx_sha256_of(f->data, f->size, &hash, err)) {
        sx_str_add(&b->hashes, hash.hex);
        return true;
    }
    sx_file_close(f);
    return sx_fail_in(err, "%s", path);
}

static bool grow_array(void **items, size_t *cap, size_t count, size_t size, sx_error *err) {
    if (count < *cap) return true;
    size_t more = *cap ? *cap * 2 : 256;
    void *p = sx_realloc(*items, more, size);
    if (!p) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    *items = p;
    *cap = more;
    return true;
}

bool sx_manifest_film_add(sx_manifest_build *b, const char *id, sx_split split, size_t line,
                          uint32_t *film, bool *fresh, sx_error *err) {
    sx_manifest *m = b->m;
    char key[SX_FILM_KEY];
    if (!id[0]) return sx_manifest_fail(b, line, SX_ERR_MISSING, err, "a film without an id");
    if (strlen(id) > 400)
        return sx_manifest_fail(b, line, SX_ERR_LIMIT, err, "an id of over 400 bytes");
    sx_manifest_key(key, id, split);
    long known = sx_names_find(&m->ids, key);
    if (fresh) *fresh = known < 0;
    *film = (uint32_t)known;
    if (known >= 0) return true;
    size_t cap = m->film_cap;
    if (!sx_names_add(&m->ids, key, film, err) ||
        !grow_array((void **)&m->films, &cap, m->film_count, sizeof *m->films, err))
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
                                                  .same_file = "",
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

bool sx_manifest_set_text(sx_manifest_build *b, const char **to, const char *text, const char *what,
                          const sx_manifest_film *f, sx_error *err) {
    if (!text[0] || strcmp(*to, text) == 0) return true;
    if ((*to)[0])
        return sx_fail(err, SX_ERR_MISMATCH,
                       "film %.80s has the %s %.80s, but %.80s in an earlier row", f->id, what,
                       text, *to);
    *to = sx_arena_strdup(b->m->memory, text);
    return *to || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
}

/* A value that contradicts an earlier one. The first such value is kept. */
static bool keep_other(sx_manifest_build *b, const char **to, const char *text, size_t line,
                       sx_error *err) {
    sx_str s = { 0 };
    if (*to) return true;
    sx_str_printf(&s, "%.40s (%s", text, b->m->sources.items[b->source]);
    if (line) sx_str_printf(&s, ":%zu", line);
    sx_str_add(&s, ")");
    bool ok = sx_str_ok(&s, err);
    if (ok)
        ok = (*to = sx_arena_strdup(b->m->memory, s.data)) != NULL ||
             sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    sx_str_free(&s);
    return ok;
}

bool sx_manifest_is_absent(const char *text) {
    return !text[0] || sx_equal_letters(text, "nan");
}

bool sx_manifest_set_age(sx_manifest_build *b, sx_manifest_film *f, const char *text, size_t line,
                         sx_error *err) {
    if (sx_manifest_is_absent(text)) return true;
    const double years = sx_age_years(text);
    if (!isnan(years) && isnan(f->age)) f->age = years;
    /* 22.7 and 022Y are the same age */
    if (!isnan(years))
        return fabs(years - f->age) < 1 || keep_other(b, &f->other_age, text, line, err);
    if (f->no_age) return true;
    f->no_age = sx_arena_strdup(b->m->memory, text);
    return f->no_age || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
}

char sx_manifest_sex(const char *text) {
    static const char *const words[] = { "F", "female", "M", "male", "O", "other" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sx_equal_letters(text, words[i])) return "FFMMOO"[i];
    return 0;
}

bool sx_manifest_set_sex(sx_manifest_build *b, sx_manifest_film *f, const char *text, size_t line,
                         sx_error *err) {
    const char sex = sx_manifest_sex(text);
    if (!f->sex) f->sex = sex;
    return !sex || sex == f->sex || keep_other(b, &f->other_sex, text, line, err);
}

/* "unknown lesion "x" (known: A, B; SPINE.FINDINGS names them)" */
static bool fail_class(const sx_manifest_build *b, const char *name, sx_error *err) {
    enum { LISTED = 8 };
    const sx_names *known = &b->m->classes;
    sx_str list = { 0 };
    for (size_t i = 0; i < known->count && i < LISTED; i++)
        sx_str_printf(&list, "%s%.40s", i ? ", " : "", known->items[i]);
    if (known->count > LISTED) sx_str_printf(&list, " and %zu more", known->count - LISTED);
    sx_fail(err, SX_ERR_VALUE, "unknown lesion \"%.80s\" (known: %s%s%s%s)", name,
            sx_str_text(&list), b->o->classes_from ? "; " : "",
            b->o->classes_from ? b->o->classes_from : "", b->o->classes_from ? " names them" : "");
    sx_str_free(&list);
    return false;
}

bool sx_manifest_class(sx_manifest_build *b, const char *name, uint32_t *label, sx_error *err) {
    long known = sx_names_find(&b->m->classes, name);
    *label = (uint32_t)known;
    if (known >= 0) return true;
    if (b->closed && !b->o->keep_faults) return fail_class(b, name, err);
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
        !grow_array((void **)&m->no_findings, &m->no_finding_cap, m->no_finding_count,
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
        if (!grow_array((void **)&m->class_ids, &m->class_id_cap, m->class_id_cap,
                        sizeof *m->class_ids, err))
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
    if (sx_equal_letters(row->lesion, SX_NO_FINDING))
        return sx_manifest_fail(b, row->line, SX_ERR_FORMAT, err, "a box of \"%s\"", row->lesion);
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
                            .entry = (uint32_t)row->entry,
                            .crowd = row->crowd,
                            .same_id = row->same_id,
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
        !grow_array((void **)&m->boxes, &m->box_cap, m->box_count, sizeof *m->boxes, err))
        return false;
    m->boxes[m->box_count++] = box;
    m->films[row->film].box_count++;
    m->films[row->film].by_box = true;
    m->films[row->film].label = 1;
    return true;
}

static bool has_path(const sx_paths *p, const char *path) {
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->items[i], path) == 0) return true;
    return false;
}

bool sx_manifest_walk(sx_manifest_build *b, const char *dir, sx_paths *files, sx_error *err) {
    sx_paths results = { 0 }, unread = { 0 };
    const bool keep = b->o->keep_faults;
    bool ok = sx_paths_walk_set(files, keep ? &unread : NULL, &results, dir, err);
    /* a folder of annotations may be searched for films, too */
    for (size_t i = 0; ok && i < unread.count; i++)
        ok = has_path(&b->m->unread, unread.items[i]) ||
             sx_paths_add(&b->m->unread, unread.items[i], err);
    sx_paths_free(&unread);
    sx_paths_free(&results);
    return ok;
}
