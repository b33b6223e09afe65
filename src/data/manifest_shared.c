/* Films of one file: a film of two splits, which gets one id; and films whose ids lead to the same
 * file, so that one of them may have the boxes of the other. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "data/manifest_build.h"

/* One spelling of a film's path. Only folders are resolved: links to one film are films of their
 * own. */
typedef struct spelling {
    sx_str folder;           /* as the last path names it */
    char resolved[PATH_MAX]; /* the same folder */
    sx_str path;
} spelling;

static bool spell(spelling *s, const char *path, sx_error *err) {
    const size_t n = (size_t)(sx_path_base(path) - path);
    if (!s->folder.len || s->folder.len != n || memcmp(s->folder.data, path, n) != 0) {
        s->folder.len = 0;
        sx_str_append(&s->folder, path, n);
        if (!sx_str_ok(&s->folder, err)) return false;
        if (!realpath(n ? s->folder.data : ".", s->resolved)) s->resolved[0] = '\0';
    }
    s->path.len = 0;
    if (s->resolved[0])
        sx_str_printf(&s->path, "%s/%s", s->resolved, path + n);
    else
        sx_str_add(&s->path, path);
    return sx_str_ok(&s->path, err);
}

static bool refuse(const sx_manifest *m, const sx_manifest_film *f, sx_error *err) {
    const char *source = m->sources.items[f->source];
    sx_fail(err, SX_ERR_MISMATCH, "films %.100s and %.100s have the same file, %.200s",
            f->same_file, f->id, f->path);
    return f->line ? sx_fail_in(err, "%s:%u", source, f->line) : sx_fail_in(err, "%s", source);
}

/* Whether the first n bytes of `text` are `id`, or end in "/" and `id`. */
static bool ends_in(const char *text, size_t n, const char *id) {
    const size_t length = strlen(id);
    return n >= length && memcmp(text + n - length, id, length) == 0 &&
           (n == length || text[n - length - 1] == '/');
}

/* Whether `longer` is the id of the film `id` beside others of this name: with folders, with the
 * file's ending, or both. */
static bool is_longer_id(const char *longer, const char *id, const char *path) {
    const char *base = sx_path_base(longer), *file = sx_path_base(path);
    const size_t n = strlen(longer), stem = (size_t)(base - longer) + sx_film_name_length(base);
    return ends_in(longer, n, id) || (ends_in(longer, stem, id) &&
                                      sx_film_name_equal(base, strlen(base), file, strlen(file)));
}

/* Fills owners[i] with the first film that has the file of film i, perhaps itself. */
static bool find_owners(const sx_manifest *m, uint32_t *owners, sx_error *err) {
    sx_names seen = { 0 };
    spelling s = { 0 };
    bool ok = true, fresh;
    for (size_t i = 0; ok && i < m->film_count; i++) {
        const char *path = m->films[i].path;
        owners[i] = (uint32_t)i;
        if (!path) continue;
        ok = spell(&s, path, err) && sx_names_put(&seen, s.path.data, (uint32_t)i, &fresh, err);
        if (ok) owners[i] = (uint32_t)sx_names_find(&seen, s.path.data);
    }
    sx_names_free(&seen);
    sx_str_free(&s.folder);
    sx_str_free(&s.path);
    return ok;
}

static uint32_t *new_owners(const sx_manifest *m, sx_error *err) {
    uint32_t *owners = sx_calloc_for(m->film_count + 1, sizeof *owners, "films", err);
    if (owners && find_owners(m, owners, err)) return owners;
    free(owners);
    return NULL;
}

/* Whether film i is the film `other` of another split under a longer id. In a CSV ids are stated,
 * and two XML files are two statements. */
static bool has_longer_id(const sx_manifest *m, size_t i, size_t other) {
    const sx_manifest_film *f = &m->films[i], *o = &m->films[other];
    const bool named_by_file = m->layout == SX_LAYOUT_COCO || m->layout == SX_LAYOUT_YOLO ||
                               (m->layout == SX_LAYOUT_VOC && f->source == o->source);
    return named_by_file && f->split != o->split && is_longer_id(f->id, o->id, o->path);
}

/* Does nothing if another film of the split has the id. */
static bool rename_film(sx_manifest *m, size_t i, const char *id, sx_error *err) {
    char key[SX_FILM_KEY];
    bool fresh;
    sx_manifest_key(key, id, m->films[i].split);
    if (!sx_names_put(&m->ids, key, (uint32_t)i, &fresh, err)) return false;
    if (fresh) m->films[i].id = id;
    return true;
}

/* Without the keys that films had before. */
static bool number_ids(sx_manifest *m, sx_error *err) {
    char key[SX_FILM_KEY];
    uint32_t film;
    bool ok = true;
    if (m->ids.count == m->film_count) return true;
    sx_names_free(&m->ids);
    for (size_t i = 0; ok && i < m->film_count; i++) {
        sx_manifest_key(key, m->films[i].id, m->films[i].split);
        ok = sx_names_add(&m->ids, key, &film, err);
    }
    return ok;
}

bool sx_manifest_join_splits(sx_manifest_build *b, sx_error *err) {
    sx_manifest *m = b->m;
    uint32_t *owners = new_owners(m, err);
    bool ok = owners != NULL;
    for (size_t i = 0; ok && i < m->film_count; i++)
        if (has_longer_id(m, i, owners[i])) ok = rename_film(m, owners[i], m->films[i].id, err);
    for (size_t i = 0; ok && i < m->film_count; i++)
        if (has_longer_id(m, owners[i], i)) ok = rename_film(m, i, m->films[owners[i]].id, err);
    free(owners);
    return ok && number_ids(m, err);
}

bool sx_manifest_find_shared(sx_manifest_build *b, sx_error *err) {
    sx_manifest *m = b->m;
    uint32_t *owners = new_owners(m, err);
    bool ok = owners != NULL;
    for (size_t i = 0; ok && i < m->film_count; i++) {
        sx_manifest_film *f = &m->films[i];
        const sx_manifest_film *owner = &m->films[owners[i]];
        if (strcmp(owner->id, f->id) == 0) continue; /* itself, or the film is in two splits */
        f->same_file = owner->id;
        ok = b->o->keep_faults || refuse(m, f, err);
    }
    free(owners);
    return ok;
}
