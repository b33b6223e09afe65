/* Gives each film of a run an id of its own. */
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/film_name.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/str.h"
#include "base/utf8.h"
#include "pipeline/inputs.h"

/* The forms of an id. Films whose ids are equal get the next one. */
typedef enum id_form {
    FORM_STEM,  /* the file's name without the ending of a film: "a" */
    FORM_PATH,  /* with its folders below the common folder: "p1/a" */
    FORM_ENDING /* with the ending too, for two files of one name in a folder: "p1/a.dcm" */
} id_form;

typedef struct film_id {
    sx_input *item;
    char *path; /* from the root, without ".", ".." and repeated slashes */
    bool is_utf8;
    id_form form;
    unsigned number; /* from 2 on it is appended: "a-2" */
    uint32_t group;  /* of the films with this id */
} film_id;

/* Films with the same id. */
typedef struct id_group {
    size_t count, utf8_count;
    const film_id *first; /* keeps its id if no form tells the films apart */
    id_form lowest;
} id_group;

typedef struct naming {
    film_id *films;
    id_group *groups; /* [count], by film_id.group */
    size_t count;
    size_t below; /* bytes of the folder that all films are in, with its slash */
} naming;

/* ---- paths ---- */

/* Removes the parts of an absolute path that name no folder, in place. Links are not followed: the
 * result is only a name, and no file is opened by it. */
static void tidy_path(char *path) {
    char *to = path;
    for (const char *s = path; *s;) {
        while (*s == '/')
            s++;
        const size_t n = strcspn(s, "/");
        if (n == 2 && memcmp(s, "..", 2) == 0) {
            while (to > path && *--to != '/')
                ;
        } else if (n && !(n == 1 && *s == '.')) {
            *to++ = '/'; /* there is room: a slash was read before the part */
            memmove(to, s, n);
            to += n;
        }
        s += n;
    }
    *to = '\0';
}

/* Bytes of the longest folder, with its slash, that begins both paths, at most `most`. */
static size_t common_folder(const char *a, const char *b, size_t most) {
    size_t folder = 0;
    for (size_t i = 0; i < most && a[i] && a[i] == b[i]; i++)
        if (a[i] == '/') folder = i + 1;
    return folder;
}

/* Inputs that are folders without films have no id. */
static bool collect_films(naming *n, sx_inputs *in, sx_error *err) {
    n->films = sx_calloc_for(in->count + 1, sizeof *n->films, "names of films", err);
    n->groups = sx_calloc_for(in->count + 1, sizeof *n->groups, "names of films", err);
    if (!n->films || !n->groups) return false;
    for (size_t i = 0; i < in->count; i++) {
        const sx_input *item = &in->items[i];
        if (item->fault) continue;
        film_id *f = &n->films[n->count];
        f->item = &in->items[i];
        f->path = sx_path_absolute(item->path);
        if (!f->path) return sx_fail(err, SX_ERR_MEMORY, "out of memory for names of films");
        if (f->path[0] == '/') tidy_path(f->path);
        if (n->count++ == 0) n->below = (size_t)(sx_path_base(f->path) - f->path);
        n->below = common_folder(n->films[0].path, f->path, n->below);
    }
    return true;
}

/* ---- ids ---- */

static bool write_id(const naming *n, film_id *f, sx_error *err) {
    const char *base = sx_path_base(f->path),
               *from = f->form == FORM_STEM ? base : f->path + n->below;
    size_t bytes = (size_t)(base - from) + sx_film_name_length(base);
    if (f->form == FORM_ENDING) bytes = strlen(from);
    f->is_utf8 = sx_utf8_span(from, bytes) == bytes;
    sx_str name = { 0 }, id = { 0 };
    sx_str_append(&name, from, bytes);
    sx_utf8_escape(&id, sx_str_text(&name));
    if (f->number > 1) sx_str_printf(&id, "-%u", f->number);
    free(f->item->id);
    f->item->id = sx_strdup(sx_str_text(&id));
    const bool ok = sx_str_ok(&name, err) && sx_str_ok(&id, err);
    sx_str_free(&name);
    sx_str_free(&id);
    return ok && (f->item->id || sx_fail(err, SX_ERR_MEMORY, "out of memory for names of films"));
}

static bool group_films(naming *n, sx_error *err) {
    sx_names ids = { 0 };
    bool ok = true;
    memset(n->groups, 0, n->count * sizeof *n->groups);
    for (size_t i = 0; ok && i < n->count; i++) {
        film_id *f = &n->films[i];
        ok = sx_names_add(&ids, f->item->id, &f->group, err);
        if (!ok) break;
        id_group *g = &n->groups[f->group];
        if (g->count++ == 0 || f->form < g->lowest) g->lowest = f->form;
        if (!g->first || (f->is_utf8 && !g->utf8_count)) g->first = f;
        g->utf8_count += f->is_utf8;
    }
    sx_names_free(&ids);
    return ok;
}

/* Whether the film needs another id. A name that is UTF-8 is not changed on account of one that
 * only its escapes make equal. Of equal ids in different forms, the longer form stays. */
static bool change(const id_group *g, film_id *f) {
    if ((f->is_utf8 ? g->utf8_count : g->count) < 2) return false;
    const bool numbered = g->utf8_count && !f->is_utf8;
    if (!numbered && f->form != g->lowest) return false;
    if (!numbered && f->form < FORM_ENDING) {
        f->form++;
        return true;
    }
    if (f == g->first) return false;
    f->number = f->number ? f->number + 1 : 2;
    return true;
}

bool sx_inputs_name(sx_inputs *in, sx_error *err) {
    naming n = { 0 };
    bool ok = collect_films(&n, in, err), changed = true;
    for (size_t i = 0; ok && i < n.count; i++)
        ok = write_id(&n, &n.films[i], err);
    while (ok && changed) {
        changed = false;
        ok = group_films(&n, err);
        for (size_t i = 0; ok && i < n.count; i++) {
            film_id *f = &n.films[i];
            if (!change(&n.groups[f->group], f)) continue;
            changed = true;
            ok = write_id(&n, f, err);
        }
    }
    for (size_t i = 0; i < n.count; i++)
        free(n.films[i].path);
    free(n.films);
    free(n.groups);
    return ok;
}
