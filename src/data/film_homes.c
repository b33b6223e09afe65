#include "data/film_homes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/compose.h"
#include "base/utf8.h"
#include "data/manifest_tables.h"

/* The name of one folder in a path. */
typedef struct part {
    const char *s; /* NULL: there is none */
    size_t n;
} part;

static part last_folder(const char *begin, const char *end) {
    part p = { 0 };
    p.s = sx_path_folder_above(begin, end, &p.n);
    return p;
}

/* "p1" of "p1/p2/../a.png". */
static part stated_folder(const char *name, const char *end) {
    size_t upwards = 0;
    for (part p = last_folder(name, end); p.s; p = last_folder(name, p.s)) {
        if (p.n == 2 && memcmp(p.s, "..", 2) == 0)
            upwards++;
        else if (upwards)
            upwards--;
        else
            return p;
    }
    return (part){ 0 };
}

static bool is_called(part p, size_t from, const char *name) {
    return p.n == from + strlen(name) && sx_equal_letters_n(p.s + from, name, strlen(name));
}

/* "train", "train_images", "train_pngs" and "train2017". */
static sx_split split_of(part p) {
    static const char *const ends[] = { "", "_images", "_pngs", "2017" };
    size_t word = 0;
    while (word < p.n && sx_is_letter(p.s[word]))
        word++;
    if (!p.s || !sx_is_split_folder(p.s, word)) return SX_SPLIT_NONE;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (is_called(p, word, ends[i])) return sx_split_of_name(p.s);
    return SX_SPLIT_NONE;
}

static bool holds_films(part p) {
    return split_of(p) || is_called(p, 0, "images") || is_called(p, 0, "JPEGImages");
}

static bool upper_name(part p, char name[SX_FILM_STEM]) {
    if (p.n >= SX_FILM_STEM) return false;
    snprintf(name, SX_FILM_STEM, "%.*s", (int)p.n, p.s);
    sx_compose_text(name);
    for (char *s = name; *s; s++)
        *s = (char)sx_to_upper(*s);
    return true;
}

/* Where a film is, as far as that is known: of `path`, the part behind the data set's folder. */
typedef struct home {
    const char *path; /* NULL: not known */
    const char *begin;
    bool inside; /* in the data set's folder */
} home;

static home home_of(sx_film_homes *x, const sx_manifest_film *f) {
    const char *path = f->path ? f->path : f->file_name ? f->file_name : f->absent_file;
    const char *root = x->m->root;
    if (!path) return (home){ 0 };
    x->text.len = 0;
    if (f->path)
        sx_utf8_escape(&x->text, path);
    else
        sx_manifest_file_name(path, &x->text);
    path = sx_str_text(&x->text);
    home h = { .path = path, .begin = path, .inside = path[0] != '/' };
    const size_t n = root ? sx_path_length(root) : 0;
    if (!n || !f->path || strncmp(path, root, n) != 0) return h;
    if (path[n] != '/' && root[n - 1] != '/') return h;
    return (home){ .path = path, .begin = path + n, .inside = true };
}

static bool see_folders(sx_film_homes *x, const sx_manifest_film *f, sx_error *err) {
    const home h = home_of(x, f);
    char name[SX_FILM_STEM];
    bool fresh;
    if (!sx_str_ok(&x->text, err)) return false;
    if (!h.path || !h.inside) return true;
    for (part p = last_folder(h.begin, sx_path_base(h.path)); p.s; p = last_folder(h.begin, p.s))
        if (!holds_films(p) && upper_name(p, name) &&
            !sx_names_put(&x->subfolders, name, 0, &fresh, err))
            return false;
    return true;
}

bool sx_film_homes_open(sx_film_homes *x, const sx_manifest *m, sx_error *err) {
    *x = (sx_film_homes){ .m = m };
    for (size_t i = 0; i < m->film_count; i++)
        if (!see_folders(x, &m->films[i], err)) return false;
    return true;
}

void sx_film_homes_free(sx_film_homes *x) {
    sx_names_free(&x->subfolders);
    sx_str_free(&x->text);
}

/* The split by the folders of the film's file, among them the data set's own ("train"). */
static sx_split split_of_home(const sx_film_homes *x, const home *h) {
    sx_split split = SX_SPLIT_NONE;
    part p = last_folder(h->begin, sx_path_base(h->path));
    for (; p.s && !split; p = last_folder(h->begin, p.s))
        split = split_of(p);
    if (split || !x->m->root || !h->inside) return split;
    const char *root = sx_path_base(x->m->root);
    return split_of((part){ root, strlen(root) });
}

/* The stated folders that are left when those of the film are compared. */
static bool rest_agrees(const sx_film_homes *x, const char *name, part stated, sx_split own) {
    char upper[SX_FILM_STEM];
    if (own && split_of(stated) && split_of(stated) != own) return false;
    for (; stated.s; stated = stated_folder(name, stated.s))
        if (upper_name(stated, upper) && sx_names_find(&x->subfolders, upper) >= 0) return false;
    return true;
}

static bool agrees(sx_film_homes *x, const sx_manifest_film *f, const char *name) {
    const home h = home_of(x, f);
    if (!h.path || x->text.failed || strchr(f->id, '/') || strchr(f->alias, '/')) return true;
    sx_split own = split_of_home(x, &h);
    part stated = stated_folder(name, sx_path_base(name));
    if (!own && !holds_films(last_folder(h.begin, sx_path_base(h.path)))) own = f->split;
    size_t agreed = 0;
    for (part p = last_folder(h.begin, sx_path_base(h.path)); p.s && stated.s;
         p = last_folder(h.begin, p.s)) {
        if (sx_film_name_equal(p.s, p.n, stated.s, stated.n)) {
            if (split_of(p)) own = SX_SPLIT_NONE; /* another one above it says nothing */
            stated = stated_folder(name, stated.s);
            agreed++;
        } else if (!holds_films(p)) {
            return !h.inside && agreed; /* the films were moved */
        }
    }
    return rest_agrees(x, name, stated, own);
}

bool sx_film_homes_choose(sx_film_homes *x, const char *id, const char *name, bool *chosen,
                          bool *some, sx_error *err) {
    sx_str path = { 0 };
    sx_manifest_file_name(name, &path);
    bool ok = sx_str_ok(&path, err);
    *some = false;
    for (int split = 0; ok && split < SX_SPLITS; split++) {
        const long at = sx_manifest_find(x->m, id, (sx_split)split);
        if (at < 0 || !agrees(x, &x->m->films[at], sx_str_text(&path))) continue;
        ok = sx_str_ok(&x->text, err);
        chosen[at] = *some = true;
    }
    sx_str_free(&path);
    return ok;
}
