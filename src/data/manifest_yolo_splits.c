/* The films that data.yaml names. They are gathered by their folder "images", whose label files are
 * in the folder "labels" beside it; a film that is in none has its label file beside itself. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "data/manifest_tables.h"
#include "data/manifest_yolo.h"

typedef struct group {
    char *images, *labels;
    bool listed; /* `files` is filled */
    sx_film_files files;
    sx_names chosen[SX_SPLITS]; /* ids -> place in `paths` */
    sx_paths paths;             /* of the films whose file is named; the first one is "" */
} group;

typedef struct groups {
    sx_manifest_build *b;
    const char *root, *base; /* folders where relative paths of data.yaml begin */
    group *items;
    size_t count, cap;
    sx_names folders; /* `images` of the groups, resolved -> index */
    sx_str id;
} groups;

static bool no_memory(sx_error *err) {
    return sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
}

static void groups_free(groups *g) {
    for (size_t i = 0; i < g->count; i++) {
        free(g->items[i].images);
        free(g->items[i].labels);
        sx_film_files_free(&g->items[i].files);
        for (size_t k = 0; k < SX_SPLITS; k++)
            sx_names_free(&g->items[i].chosen[k]);
        sx_paths_free(&g->items[i].paths);
    }
    free(g->items);
    sx_names_free(&g->folders);
    sx_str_free(&g->id);
}

static bool is_split(const char *part, size_t n) {
    char name[32];
    if (!n || n >= sizeof name) return false;
    memcpy(name, part, n);
    name[n] = '\0';
    return sx_split_of_name(name) != SX_SPLIT_NONE;
}

/* The folders of a film: "a/images/train" and "a/labels/train" of "a/images/train/p1/x.dcm", with
 * the last "images" behind the prefix. Without one, the films and labels are in `otherwise`. */
static bool find_place(const char *path, size_t prefix, const char *otherwise, group *to,
                       sx_error *err) {
    const char *base = sx_path_base(path), *found = NULL, *end = NULL;
    for (const char *s = path + prefix + (path[prefix] == '/'); s < base; s += strcspn(s, "/") + 1)
        if (strcspn(s, "/") == 6 && sx_equal_letters_n(s, "images", 6)) found = s;
    sx_str images = { 0 }, labels = { 0 };
    if (found) {
        const size_t n = strcspn(found + 7, "/");
        end = found + 7 < base && is_split(found + 7, n) ? found + 7 + n : found + 6;
        sx_str_append(&images, path, (size_t)(end - path));
        sx_str_append(&labels, path, (size_t)(found - path));
        sx_str_add(&labels, "labels");
        sx_str_append(&labels, found + 6, (size_t)(end - found) - 6);
    } else {
        sx_str_add(&images, otherwise);
        sx_str_add(&labels, otherwise);
    }
    *to = (group){ .images = images.data, .labels = labels.data };
    if (sx_str_ok(&images, err) && sx_str_ok(&labels, err)) return true;
    sx_str_free(&images);
    sx_str_free(&labels);
    *to = (group){ 0 };
    return false;
}

/* Takes over the texts of *place. */
static bool add_group(groups *g, group *place, sx_error *err) {
    if (g->count == g->cap) {
        const size_t more = g->cap ? g->cap * 2 : 8;
        group *items = sx_realloc(g->items, more, sizeof *items);
        if (!items) return no_memory(err);
        g->items = items;
        g->cap = more;
    }
    g->items[g->count++] = *place;
    *place = (group){ 0 };
    return sx_paths_add(&g->items[g->count - 1].paths, "", err);
}

static bool group_of(groups *g, const char *path, size_t prefix, const char *otherwise, size_t *at,
                     sx_error *err) {
    group place;
    bool fresh = false;
    if (!find_place(path, prefix, otherwise, &place, err)) return false;
    char *real = sx_path_real(place.images);
    bool ok = real || no_memory(err);
    ok = ok && sx_names_put(&g->folders, real, (uint32_t)g->count, &fresh, err);
    if (ok) *at = (size_t)sx_names_find(&g->folders, real);
    if (ok) ok = sx_film_files_id(place.images, path, &g->id, err);
    if (ok && fresh) ok = add_group(g, &place, err);
    free(real);
    free(place.images);
    free(place.labels);
    return ok;
}

/* named: the film is this file, not another one with its id. */
static bool choose(groups *g, const char *path, size_t prefix, const char *otherwise,
                   sx_split split, bool named, sx_error *err) {
    size_t at;
    bool fresh;
    if (!group_of(g, path, prefix, otherwise, &at, err)) return false;
    group *to = &g->items[at];
    if (split == SX_SPLIT_NONE)
        for (size_t k = SX_SPLIT_TRAIN; k < SX_SPLITS; k++)
            if (sx_names_find(&to->chosen[k], g->id.data) >= 0) return true;
    const uint32_t place = named ? (uint32_t)to->paths.count : 0;
    sx_names *ids = &to->chosen[split];
    if (!sx_names_put(ids, g->id.data, place, &fresh, err)) return false;
    if (fresh) return !named || sx_paths_add(&to->paths, path, err);
    const long known = sx_names_find(ids, g->id.data);
    if (!named || strcmp(to->paths.items[known], path) == 0) return true;
    /* a.dcm and a.png are one film, or two if their label files have these endings */
    free(to->paths.items[known]);
    to->paths.items[known] = sx_strdup("");
    return to->paths.items[known] || no_memory(err);
}

static bool choose_below(groups *g, const sx_yolo_target *t, sx_split split, sx_error *err) {
    sx_paths found = { 0 };
    bool ok = sx_manifest_walk(g->b, t->path, &found, err);
    for (size_t i = 0; ok && i < found.count; i++)
        if (sx_is_film_name(sx_path_base(found.items[i])))
            ok = choose(g, found.items[i], t->prefix, t->path, split, false, err);
    sx_paths_free(&found);
    return ok;
}

static bool choose_line(groups *g, const char *folder, const char *line, size_t number,
                        sx_split split, sx_error *err) {
    const char *const folders[] = { folder, g->base, g->root };
    sx_yolo_target t;
    if (!sx_yolo_find(g->b, line, folders, 3, &t, err))
        return sx_fail_in(err, "%s:%zu", g->b->m->sources.items[g->b->source], number);
    if (!t.path)
        return sx_manifest_fail(g->b, number, SX_ERR_MISSING, err, "there is no film %.300s", line);
    char *own = sx_path_folder(t.path);
    bool ok = own || no_memory(err);
    if (ok && !sx_is_film_name(sx_path_base(t.path)))
        ok = sx_manifest_fail(g->b, number, SX_ERR_FORMAT, err, "%.300s is no film", line);
    ok = ok && choose(g, t.path, t.prefix, own, split, true, err);
    free(own);
    free(t.path);
    return ok;
}

/* A text file with the path of a film in each line. */
static bool choose_list(groups *g, const char *path, sx_split split, sx_error *err) {
    char *folder = sx_path_folder(path), *text = NULL;
    size_t number = 0;
    bool fresh, ok = folder || no_memory(err);
    ok = ok && sx_names_put(&g->b->yolo->lists, path, 0, &fresh, err) &&
         (text = sx_manifest_text(g->b, path, err)) != NULL;
    char *rest = text;
    for (char *line; ok && (line = sx_manifest_next_line(&rest));) {
        number++;
        while (*line == ' ' || *line == '\t')
            line++;
        size_t n = strlen(line);
        while (n && (line[n - 1] == ' ' || line[n - 1] == '\t'))
            line[--n] = '\0';
        if (n) ok = choose_line(g, folder, line, number, split, err);
    }
    free(text);
    free(folder);
    return ok;
}

static bool choose_entry(groups *g, const char *entry, sx_split split, sx_error *err) {
    const sx_yolo_keys *k = g->b->yolo;
    const char *const folders[] = { g->base, g->root };
    sx_yolo_target t;
    bool ok = sx_yolo_find(g->b, entry, folders, sx_same_file(g->base, g->root) ? 1 : 2, &t, err);
    if (!ok) return sx_fail_in(err, "%s:%zu: %s", k->file, k->lines[split], k->keys[split]);
    if (!t.path)
        ok = sx_fail(err, SX_ERR_MISSING,
                     "%s:%zu: %s is %.300s, but there is no such folder or list of films", k->file,
                     k->lines[split], k->keys[split], entry);
    else if (sx_path_is_dir(t.path) && !sx_same_file(t.path, g->root) &&
             sx_path_is_below(g->root, t.path))
        ok = sx_fail(err, SX_ERR_VALUE,
                     "%s:%zu: %s is %.300s, a folder that contains the data set itself", k->file,
                     k->lines[split], k->keys[split], entry);
    else if (sx_path_is_dir(t.path))
        ok = choose_below(g, &t, split, err);
    else if (sx_is_film_name(sx_path_base(t.path)))
        ok = sx_fail(err, SX_ERR_FORMAT,
                     "%s:%zu: %s is %.300s, which is a film, not a folder or list of films",
                     k->file, k->lines[split], k->keys[split], entry);
    else
        ok = choose_list(g, t.path, split, err);
    free(t.path);
    return ok;
}

/* The films of the usual folders that no key names. */
static bool choose_rest(groups *g, sx_error *err) {
    sx_str dir = { 0 };
    bool ok = true;
    for (size_t i = 0; ok && (i == 0 || sx_split_names[i - 1]); i++) {
        dir.len = 0;
        sx_str_printf(&dir, "%s/%s%simages", g->root, i ? sx_split_names[i - 1] : "", i ? "/" : "");
        ok = sx_str_ok(&dir, err);
        if (!ok || !sx_manifest_exists(g->b, dir.data) || !sx_path_is_dir(dir.data)) continue;
        const sx_yolo_target t = { .path = dir.data, .prefix = strlen(g->root) };
        ok = choose_below(g, &t, SX_SPLIT_NONE, err);
    }
    sx_str_free(&dir);
    return ok;
}

/* Labels that are missing altogether would make all films normal. */
static bool has_labels(groups *g, group *of, bool *some, sx_error *err) {
    sx_paths found = { 0 };
    bool ok = true;
    *some = sx_manifest_exists(g->b, of->labels);
    if (*some && strcmp(of->labels, of->images) == 0) {
        *some = false;
        ok = sx_manifest_walk(g->b, of->labels, &found, err);
        for (size_t i = 0; ok && i < found.count; i++)
            *some = *some || sx_path_has_ending(found.items[i], ".txt");
    }
    sx_paths_free(&found);
    return ok;
}

/* The ids that films of several groups have in the split. */
static bool find_shared(const groups *g, sx_split split, sx_names *shared, sx_error *err) {
    sx_names seen = { 0 };
    bool ok = true, fresh;
    for (size_t i = 0; ok && i < g->count; i++) {
        const sx_names *ids = &g->items[i].chosen[split];
        for (size_t k = 0; ok && k < ids->count; k++)
            ok = sx_names_put(&seen, ids->items[k], 0, &fresh, err) &&
                 (fresh || sx_names_put(shared, ids->items[k], 0, &fresh, err));
    }
    sx_names_free(&seen);
    return ok;
}

/* What the ids of films in a folder begin with: its path in the data set, or to another one. */
static const char *prefix_of(const groups *g, const group *of) {
    const char *text = of->images;
    const size_t n = strlen(g->root);
    if (strncmp(text, g->root, n) == 0) text += n;
    while (*text == '/' || (*text == '.' && (text[1] == '/' || (text[1] == '.' && text[2] == '/'))))
        text += *text == '/' ? 1 : text[1] == '/' ? 2 : 3;
    return text;
}

static bool read_group(groups *g, group *of, sx_split split, const sx_names *shared,
                       sx_error *err) {
    const sx_yolo_keys *k = g->b->yolo;
    bool some;
    if (!of->chosen[split].count) return true;
    if (!has_labels(g, of, &some, err)) return false;
    if (!some && split == SX_SPLIT_NONE)
        return sx_manifest_yolo_note(g->b, of->images, of->chosen[split].count, of->labels, err);
    if (!some)
        return sx_fail(err, SX_ERR_MISSING,
                       "%s:%zu: %s names films in %.300s, but there are no files of labels in "
                       "%.300s",
                       k->file, k->lines[split], k->keys[split], of->images, of->labels);
    if (!of->listed && !sx_film_files_add_tree(g->b, &of->files, of->images, err)) return false;
    of->listed = true;
    const sx_yolo_folder folder = { .labels = of->labels,
                                    .films = &of->files,
                                    .split = split,
                                    .chosen = &of->chosen[split],
                                    .paths = &of->paths,
                                    .shared = shared,
                                    .prefix = prefix_of(g, of) };
    return sx_manifest_read_yolo(g->b, &folder, err);
}

/* Where relative paths begin: `path`, if it names a folder on this machine, else the folder of
 * data.yaml. */
static bool find_base(groups *g, sx_error *err) {
    const char *path = g->b->yolo->path;
    g->base = g->root;
    if (!path) return true;
    char *base = path[0] == '/' ? sx_strdup(path) : sx_path_join(g->root, path);
    if (!base) return no_memory(err);
    if (sx_path_is_dir(base) && !sx_same_file(base, g->root))
        g->base = g->b->yolo->base = base;
    else
        free(base);
    return true;
}

/* Replaces *folder by the folder above it, if it is called "images", or like a split. */
static bool leave(char **folder, bool split, sx_error *err) {
    const char *name = sx_path_base(*folder);
    if (split ? !sx_is_split_folder(name, strlen(name)) : !sx_equal_letters(name, "images"))
        return true;
    char *above = sx_path_folder(*folder);
    free(*folder);
    *folder = above;
    return above || no_memory(err);
}

/* "site" of "site/images/train", "site/train/images" and "site/images". */
static bool keep_folders(const groups *g, sx_error *err) {
    sx_yolo_keys *k = g->b->yolo;
    bool ok = true;
    for (size_t i = 0; ok && i < g->count; i++) {
        char *set = sx_strdup(g->items[i].images);
        ok = (set || no_memory(err)) && sx_paths_add(&k->folders, set, err) &&
             leave(&set, true, err) && leave(&set, false, err) && leave(&set, true, err) &&
             sx_paths_add(&k->sets, set, err);
        free(set);
    }
    return ok;
}

bool sx_manifest_read_yolo_keys(sx_manifest_build *b, const char *root, sx_error *err) {
    const sx_paths *entries = b->yolo->entries;
    groups g = { .b = b, .root = root };
    bool ok = find_base(&g, err);
    for (int split = SX_SPLIT_TRAIN; ok && split < SX_SPLITS; split++)
        for (size_t i = 0; ok && i < entries[split].count; i++)
            if (!b->o->split || (int)b->o->split == split)
                ok = choose_entry(&g, entries[split].items[i], (sx_split)split, err);
    if (ok && !b->o->split) ok = choose_rest(&g, err);
    for (int k = 1; ok && k <= SX_SPLITS; k++) {
        const sx_split split = (sx_split)(k % SX_SPLITS);
        sx_names shared = { 0 };
        ok = find_shared(&g, split, &shared, err);
        for (size_t i = 0; ok && i < g.count; i++)
            ok = read_group(&g, &g.items[i], split, &shared, err);
        sx_names_free(&shared);
    }
    ok = ok && keep_folders(&g, err);
    b->m->has_boxes = true;
    b->m->layout = SX_LAYOUT_YOLO;
    groups_free(&g);
    return ok;
}
