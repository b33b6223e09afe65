/* Films whose ids lead to the same file, so that one of them may have the boxes of the other. */
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

bool sx_manifest_find_shared(sx_manifest_build *b, sx_error *err) {
    sx_manifest *m = b->m;
    sx_names owners = { 0 };
    spelling s = { 0 };
    bool ok = true;
    for (size_t i = 0; ok && i < m->film_count; i++) {
        sx_manifest_film *f = &m->films[i];
        bool fresh;
        if (!f->path) continue;
        ok =
            spell(&s, f->path, err) && sx_names_put(&owners, s.path.data, (uint32_t)i, &fresh, err);
        if (!ok || fresh) continue;
        const sx_manifest_film *owner = &m->films[sx_names_find(&owners, s.path.data)];
        if (strcmp(owner->id, f->id) == 0) continue; /* the film is in two splits */
        f->same_file = owner->id;
        ok = b->o->keep_faults || refuse(m, f, err);
    }
    sx_names_free(&owners);
    sx_str_free(&s.folder);
    sx_str_free(&s.path);
    return ok;
}
