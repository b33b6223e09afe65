/* Whether the folders of a file agree with those that a name in annotations states: a film of
 * another patient or split may have the same name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/compose.h"
#include "data/manifest_build.h"
#include "data/path_part.h"

static bool is_same(sx_path_part a, sx_path_part b) {
    return sx_film_name_equal(a.s, a.n, b.s, b.n);
}

static bool is_called(sx_path_part p, const char *name) {
    return is_same(p, (sx_path_part){ name, strlen(name) });
}

static sx_split split_of(sx_path_part p) {
    return p.s ? sx_split_of_name(p.s) : SX_SPLIT_NONE;
}

const char *sx_film_files_below(const sx_film_files *f, const char *path) {
    size_t longest = 0;
    for (size_t i = 0; i < f->folders.count; i++) {
        const char *folder = f->folders.items[i];
        const size_t n = sx_path_length(folder);
        if (n >= longest && strncmp(folder, path, n) == 0 && path[n] == '/') longest = n + 1;
    }
    return path + longest;
}

static bool upper_name(sx_path_part p, char name[SX_FILM_STEM]) {
    if (p.n >= SX_FILM_STEM) return false;
    snprintf(name, SX_FILM_STEM, "%.*s", (int)p.n, p.s);
    sx_compose_text(name);
    for (char *s = name; *s; s++)
        *s = (char)sx_to_upper(*s);
    return true;
}

bool sx_film_files_see_folders(sx_film_files *f, const char *path, sx_error *err) {
    const char *begin = sx_film_files_below(f, path);
    char name[SX_FILM_STEM];
    bool fresh;
    for (sx_path_part p = sx_path_last_part(begin, sx_path_base(path)); p.s;
         p = sx_path_last_part(begin, p.s))
        if (upper_name(p, name) && !sx_names_put(&f->tree.subfolders, name, 0, &fresh, err))
            return false;
    return true;
}

static bool is_listed(const sx_film_files *f, const char *folder) {
    for (size_t i = 0; i < f->folders.count; i++)
        if (sx_same_file(f->folders.items[i], folder)) return true;
    return false;
}

/* Whether the data set has such a folder, which is none of those that are searched for films. */
static bool is_in_set(const sx_manifest_build *b, const sx_film_files *f, sx_path_part p) {
    char name[SX_FILM_STEM];
    if (!upper_name(p, name) || is_called(p, "..")) return false;
    if (sx_names_find(&f->tree.subfolders, name) >= 0) return true;
    if (b->o->images) return false;
    snprintf(name, sizeof name, "%.*s", (int)p.n, p.s);
    char *folder = sx_path_join(b->root, name);
    const bool in_set = folder && sx_path_is_dir(folder) && !is_listed(f, folder);
    free(folder);
    return in_set;
}

/* The split that the folder of films has by its name: "images/train", "train/images",
 * "train_images". That of --images may have any name. */
static sx_split split_of_folder(const sx_manifest_build *b, const char *path, const char *end) {
    const size_t root = sx_path_length(b->root);
    if (b->o->images || strncmp(path, b->root, root) != 0) return SX_SPLIT_NONE;
    sx_split split = SX_SPLIT_NONE;
    for (sx_path_part p = sx_path_last_part(path + root, end); p.s && !split;
         p = sx_path_last_part(path + root, p.s))
        split = split_of(p);
    return split;
}

/* The folders that the name states in front of those that agreed, from `end` backwards. */
static bool rest_agrees(const sx_manifest_build *b, const sx_film_files *f, const char *name,
                        const char *end, const char *path, const char *below) {
    const sx_path_part films = sx_path_last_part(path, below);
    const sx_split own = split_of_folder(b, path, below);
    sx_path_part p = sx_path_last_part(name, end);
    const sx_path_part above = p.s && is_called(p, "images") ? sx_path_last_part(name, p.s) : p;
    if (own && split_of(above) && split_of(above) != own) return false;
    for (; p.s && !(films.s && is_same(p, films)); p = sx_path_last_part(name, p.s))
        if (is_in_set(b, f, p)) return false;
    return true;
}

/* Whether the film may be regarded as in the folder above its folder `p`, which is named like a
 * split: the name states no folder, or only that of the films, or, if folders below agreed, one
 * that is not named like a split. */
static bool is_passed_over(sx_path_part p, sx_path_part stated, sx_path_part films, bool agreed) {
    return split_of(p) &&
           (!stated.s || (films.s && is_same(stated, films)) || (agreed && !split_of(stated)));
}

bool sx_film_files_agree(const sx_manifest_build *b, const sx_film_files *f, const char *name,
                         sx_split split, const char *path) {
    const char *below = sx_film_files_below(f, path), *base = sx_path_base(name);
    const sx_path_part films = sx_path_last_part(path, below);
    sx_path_part stated = sx_path_last_part(name, base),
                 p = sx_path_last_part(below, sx_path_base(path));
    const char *end = base;
    for (; p.s; p = sx_path_last_part(below, p.s)) {
        if (stated.s && is_same(stated, p)) {
            end = stated.s;
            stated = sx_path_last_part(name, end);
        } else if (is_passed_over(p, stated, films, end != base)) {
            const sx_split other = split_of(stated) ? split_of(stated) : split;
            if (other && other != split_of(p)) return false;
        } else if (stated.s || split_of(p))
            return false;
    }
    return rest_agrees(b, f, name, end, path, below);
}
