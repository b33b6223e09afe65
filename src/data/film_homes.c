#include "data/film_homes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/compose.h"
#include "base/utf8.h"
#include "data/manifest_tables.h"
#include "data/path_part.h"

/* "p1" of "p1/p2/../a.png". */
static sx_path_part stated_folder(const char *name, const char *end) {
    size_t upwards = 0;
    for (sx_path_part p = sx_path_last_part(name, end); p.s; p = sx_path_last_part(name, p.s)) {
        if (p.n == 2 && memcmp(p.s, "..", 2) == 0)
            upwards++;
        else if (upwards)
            upwards--;
        else
            return p;
    }
    return (sx_path_part){ 0 };
}

static bool is_called(sx_path_part p, size_t from, const char *name) {
    return p.n == from + strlen(name) && sx_equal_letters_n(p.s + from, name, strlen(name));
}

/* "train", "train_images", "train_pngs" and "train2017". */
static sx_split split_of(sx_path_part p) {
    static const char *const ends[] = { "", "_images", "_pngs", "2017" };
    size_t word = 0;
    while (word < p.n && sx_is_letter(p.s[word]))
        word++;
    if (!p.s || !sx_is_split_folder(p.s, word)) return SX_SPLIT_NONE;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (is_called(p, word, ends[i])) return sx_split_of_name(p.s);
    return SX_SPLIT_NONE;
}

static bool holds_films(sx_path_part p) {
    return split_of(p) || is_called(p, 0, "images") || is_called(p, 0, "JPEGImages");
}

static bool upper_name(sx_path_part p, char name[SX_FILM_STEM]) {
    if (p.n >= SX_FILM_STEM) return false;
    snprintf(name, SX_FILM_STEM, "%.*s", (int)p.n, p.s);
    sx_compose_text(name);
    for (char *s = name; *s; s++)
        *s = (char)sx_to_upper(*s);
    return true;
}

/* The folder of `path` without links; NULL: there is none. */
static const char *real_folder(sx_real_folder *r, const char *path) {
    const size_t n = (size_t)(sx_path_base(path) - path);
    if (r->real && r->name.len == n && memcmp(sx_str_text(&r->name), path, n) == 0) return r->real;
    free(r->real);
    r->name.len = 0;
    sx_str_append(&r->name, path, n);
    r->real = r->name.failed ? NULL : realpath(n ? sx_str_text(&r->name) : ".", NULL);
    return r->real;
}

/* Where a film is, as far as that is known: of `path`, the part behind the data set's folder. */
typedef struct home {
    const char *path; /* NULL: not known */
    const char *begin;
    bool inside; /* in the data set's folder */
} home;

/* Behind the last "..", above which nothing is known. */
static const char *behind_upwards(const char *path) {
    const char *begin = path;
    size_t n;
    for (const char *s = path; *s; s += n + (s[n] == '/')) {
        n = strcspn(s, "/");
        if (n == 2 && memcmp(s, "..", 2) == 0) begin = s + n;
    }
    return begin;
}

/* The length of what `path` begins with if it is below the root; -1: it is not. */
static long length_of_root(const char *root, const char *path) {
    size_t n = sx_path_length(root);
    if (strcmp(root, ".") == 0 && strncmp(path, "./", 2) != 0) n = 0;
    if (strncmp(path, root, n) != 0) return -1;
    if (n ? path[n] != '/' && root[n - 1] != '/' : path[0] == '/') return -1;
    return behind_upwards(path + n) == path + n ? (long)n : -1;
}

/* The film's file: behind the data set's folder, or from the root of the file system. */
static home home_of_file(sx_film_homes *x, const char *path) {
    const long root = x->m->root ? length_of_root(x->m->root, path) : -1;
    const char *real = root < 0 ? real_folder(&x->of_film, path) : NULL;
    x->text.len = 0;
    if (real) {
        sx_utf8_escape(&x->text, real);
        sx_str_add(&x->text, "/");
    }
    sx_utf8_escape(&x->text, real ? sx_path_base(path) : path + (root > 0 ? root : 0));
    const char *text = sx_str_text(&x->text);
    return (home){ .path = text, .begin = behind_upwards(text), .inside = root >= 0 };
}

static home home_of(sx_film_homes *x, const sx_manifest_film *f) {
    const char *stated = f->file_name ? f->file_name : f->absent_file;
    if (f->path) return home_of_file(x, f->path);
    if (!stated) return (home){ 0 };
    x->text.len = 0;
    sx_manifest_file_name(stated, &x->text);
    const char *text = sx_str_text(&x->text), *begin = behind_upwards(text);
    return (home){ .path = text, .begin = begin, .inside = begin == text && text[0] != '/' };
}

static bool see_folders(sx_film_homes *x, const sx_manifest_film *f, sx_error *err) {
    const home h = home_of(x, f);
    char name[SX_FILM_STEM];
    bool fresh;
    if (!sx_str_ok(&x->text, err)) return false;
    if (!h.path || !h.inside) return true;
    for (sx_path_part p = sx_path_last_part(h.begin, sx_path_base(h.path)); p.s;
         p = sx_path_last_part(h.begin, p.s))
        if (!holds_films(p) && upper_name(p, name) &&
            !sx_names_put(&x->subfolders, name, 0, &fresh, err))
            return false;
    return true;
}

/* "." and "..", which are no names. */
static bool is_place(const char *base) {
    return strcmp(base, ".") == 0 || strcmp(base, "..") == 0;
}

bool sx_film_homes_open(sx_film_homes *x, const sx_manifest *m, sx_error *err) {
    *x = (sx_film_homes){ .m = m };
    if (m->root && is_place(sx_path_base(m->root))) x->root = sx_path_real(m->root);
    for (size_t i = 0; i < m->film_count; i++)
        if (!see_folders(x, &m->films[i], err)) return false;
    return true;
}

static void free_folder(sx_real_folder *r) {
    sx_str_free(&r->name);
    free(r->real);
}

void sx_film_homes_free(sx_film_homes *x) {
    sx_names_free(&x->subfolders);
    sx_str_free(&x->text);
    free(x->root);
    free_folder(&x->of_film);
    free_folder(&x->of_name);
}

/* The split by the folders of the film's file, among them the data set's own ("train"). */
static sx_split split_of_home(const sx_film_homes *x, const home *h) {
    sx_split split = SX_SPLIT_NONE;
    sx_path_part p = sx_path_last_part(h->begin, sx_path_base(h->path));
    for (; p.s && !split; p = sx_path_last_part(h->begin, p.s))
        split = split_of(p);
    if (split || !x->m->root || !h->inside) return split;
    const char *root = sx_path_base(x->root ? x->root : x->m->root);
    return split_of((sx_path_part){ root, strlen(root) });
}

/* Whether the first split among the stated folders is the film's own, or one of both is not known.
 */
static bool split_agrees(const char *name, sx_path_part stated, sx_split own) {
    while (stated.s && !split_of(stated))
        stated = stated_folder(name, stated.s);
    return !own || !stated.s || split_of(stated) == own;
}

/* The stated folders that are left when those of the film are compared. */
static bool rest_agrees(const sx_film_homes *x, const char *name, sx_path_part stated) {
    char upper[SX_FILM_STEM];
    for (; stated.s; stated = stated_folder(name, stated.s))
        if (upper_name(stated, upper) && sx_names_find(&x->subfolders, upper) >= 0) return false;
    return true;
}

/* How well a name fits a film. */
enum {
    NOT,   /* its folders are those of another film */
    LOOSE, /* the film's folders are not known, and the name states another split */
    AGREES,
    FILE_ITSELF /* it is the path of the film's file */
};

static int fit_of_home(const sx_film_homes *x, const sx_manifest_film *f, const home *h,
                       const char *name) {
    sx_split own = split_of_home(x, h), of_table = SX_SPLIT_NONE;
    sx_path_part stated = stated_folder(name, sx_path_base(name));
    if (!own && !holds_films(sx_path_last_part(h->begin, sx_path_base(h->path))))
        of_table = f->split;
    size_t agreed = 0;
    for (sx_path_part p = sx_path_last_part(h->begin, sx_path_base(h->path)); p.s && stated.s;
         p = sx_path_last_part(h->begin, p.s)) {
        if (sx_film_name_equal(p.s, p.n, stated.s, stated.n)) {
            if (split_of(p)) own = of_table = SX_SPLIT_NONE; /* another one above says nothing */
            stated = stated_folder(name, stated.s);
            agreed++;
        } else if (!holds_films(p)) {
            /* the films may have been moved */
            return !h->inside && agreed && split_agrees(name, stated, own) ? AGREES : NOT;
        }
    }
    /* a split that only the table states is that of the folder of the file, if of any */
    if (of_table && split_of(stated) && split_of(stated) != of_table) return NOT;
    return split_agrees(name, stated, own) && rest_agrees(x, name, stated) ? AGREES : NOT;
}

/* Whether `path` ends in the folders of the id; *above: the folder above those, or the last one. */
static bool ends_in_folders_of(const char *path, const char *id, sx_path_part *above) {
    const sx_path_part last = stated_folder(path, sx_path_base(path));
    *above = last;
    for (sx_path_part p = sx_path_last_part(id, sx_path_base(id)); p.s;
         p = sx_path_last_part(id, p.s)) {
        if (!above->s || !sx_film_name_equal(p.s, p.n, above->s, above->n)) {
            *above = last;
            return false;
        }
        *above = stated_folder(path, above->s);
    }
    return true;
}

/* Of an id whose folders are not those of the file, the split alone can be compared. */
static int fit_of_split(const char *name, sx_path_part stated, sx_split own, int otherwise) {
    for (; stated.s && holds_films(stated); stated = stated_folder(name, stated.s))
        if (split_of(stated)) return !own || split_of(stated) == own ? AGREES : otherwise;
    return AGREES;
}

static bool is_file_itself(sx_film_homes *x, const sx_manifest_film *f, const char *name) {
    if (!f->path || !strchr(name, '/')) return false;
    x->text.len = 0;
    sx_utf8_unescape(&x->text, name);
    const char *stated = real_folder(&x->of_name, sx_str_text(&x->text)),
               *own = stated ? real_folder(&x->of_film, f->path) : NULL;
    return own && strcmp(stated, own) == 0;
}

static int fit_of(sx_film_homes *x, const sx_manifest_film *f, const char *name) {
    sx_path_part above, of_home;
    if (is_file_itself(x, f, name)) return FILE_ITSELF;
    const home h = home_of(x, f);
    const char *id = ends_in_folders_of(name, f->id, &above) || !f->alias[0] ? f->id : f->alias;
    (void)ends_in_folders_of(name, id, &above);
    if (!h.path) return fit_of_split(name, above, f->split, LOOSE);
    if (ends_in_folders_of(h.path, id, &of_home)) return fit_of_home(x, f, &h, name);
    const sx_split own = split_of_home(x, &h);
    return fit_of_split(name, above, own ? own : f->split, NOT);
}

bool sx_film_homes_choose(sx_film_homes *x, const char *id, const char *name, bool *chosen,
                          bool *some, sx_error *err) {
    sx_str path = { 0 };
    long films[SX_SPLITS];
    int fits[SX_SPLITS] = { 0 }, best = NOT;
    sx_manifest_file_name(name, &path);
    bool ok = sx_str_ok(&path, err);
    for (int split = 0; ok && split < SX_SPLITS; split++) {
        films[split] = sx_manifest_find(x->m, id, (sx_split)split);
        if (films[split] < 0) continue;
        fits[split] = fit_of(x, &x->m->films[films[split]], sx_str_text(&path));
        if (fits[split] > best) best = fits[split];
        ok = sx_str_ok(&x->text, err);
    }
    *some = ok && best > NOT;
    for (int split = 0; *some && split < SX_SPLITS; split++)
        if (fits[split] == best) chosen[films[split]] = true;
    sx_str_free(&path);
    return ok;
}
