/* Pascal VOC: the XML files of a folder, and the splits of films from ImageSets/Main/train.txt and
 * so on, with an id (and perhaps a flag) per line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/name_case.h"
#include "base/name_forms.h"
#include "base/str.h"
#include "data/manifest_tables.h"
#include "data/manifest_voc.h"

enum { ID_SIZE = 512 };

typedef struct voc_files {
    const char *folder;
    sx_paths paths;
    /* by file: what its film is called, also with its folder, and with folder and ending */
    sx_paths ids, folder_ids, film_names;
    /* The names by which ImageSets/Main may list the films that have a file: those of the file, and
     * those of the film that are no other file's. */
    sx_names described, film_forms;
    sx_name_cases cases; /* of both */
    sx_names listed[SX_SPLITS];
    sx_str image_sets, main; /* the folders of the lists, as they are written; "": there is none */
    sx_paths lists;          /* that were read */
    sx_names endings,
        twins; /* names without the ending of a film that one file has; that several */
    sx_names shared, shared_folders, noted; /* sx_manifest_xml */
} voc_files;

/* A list and the files may be of different systems. */
static bool put_forms(sx_names *names, const char *name, sx_error *err) {
    bool fresh;
    return sx_names_put_forms(names, name, 0, &fresh, err);
}

static bool has_name(const sx_names *names, const char *name) {
    return sx_names_find_form(names, name) >= 0;
}

/* A name of an XML file, also with its ending. */
static bool has_file_name(const voc_files *v, const char *name) {
    char plain[ID_SIZE];
    if (has_name(&v->described, name)) return true;
    if (!sx_path_has_ending(name, ".xml")) return false;
    snprintf(plain, sizeof plain, "%.*s", (int)(strlen(name) - strlen(".xml")), name);
    return has_name(&v->described, plain);
}

static bool is_described(const voc_files *v, const char *name) {
    return has_name(&v->described, name) || has_name(&v->film_forms, name);
}

static bool put_cases(voc_files *v, sx_error *err) {
    bool ok = true;
    for (size_t i = 0; ok && i < v->described.count; i++)
        ok = sx_name_cases_put(&v->cases, v->described.items[i], false, err);
    for (size_t i = 0; ok && i < v->film_forms.count; i++)
        ok = sx_name_cases_put(&v->cases, v->film_forms.items[i], true, err);
    return ok;
}

/* The length without the ending of a film. */
static size_t plain_length(const char *id) {
    const char *base = sx_path_base(id);
    return (size_t)(base - id) + sx_film_name_length(base);
}

/* The names by which lists may call a film: with or without its folders and its ending. */
enum { NAMES = 4 };
static void get_names(const char *id, char plain[ID_SIZE], const char *names[NAMES]) {
    snprintf(plain, ID_SIZE, "%.*s", (int)plain_length(id), id);
    names[0] = id;
    names[1] = plain;
    names[2] = sx_path_base(id);
    names[3] = sx_path_base(plain);
}

/* The path below the folder without ".xml". */
static bool get_id(const voc_files *v, const char *path, char id[ID_SIZE], sx_error *err) {
    const char *below = path + strlen(v->folder) + 1;
    const size_t n = strlen(below) - 4;
    if (n >= ID_SIZE) return sx_fail(err, SX_ERR_LIMIT, "%s: a name of over 511 bytes", path);
    memcpy(id, below, n);
    id[n] = '\0';
    return true;
}

static bool add_file(voc_files *v, const char *path, sx_error *err) {
    char id[ID_SIZE], plain[ID_SIZE];
    const char *names[NAMES];
    bool ok = get_id(v, path, id, err) && sx_paths_add(&v->paths, path, err) &&
              sx_manifest_see_twin(&v->endings, &v->twins, path + strlen(v->folder) + 1, err);
    if (!ok) return false;
    get_names(id, plain, names);
    for (int i = 0; ok && i < NAMES; i++)
        ok = put_forms(&v->described, names[i], err);
    return ok;
}

static bool list_files(sx_manifest_build *b, voc_files *v, sx_error *err) {
    sx_paths found = { 0 };
    bool ok = sx_manifest_walk(b, v->folder, &found, err);
    for (size_t i = 0; ok && i < found.count; i++)
        ok = !sx_path_has_ending(found.items[i], ".xml") || add_file(v, found.items[i], err);
    sx_paths_free(&found);
    return ok;
}

/* The names of the films, for lists and to tell films from each other. */
static bool add_film(sx_manifest_build *b, voc_files *v, const char *path, sx_film_files *files,
                     sx_error *err) {
    char id[ID_SIZE], plain[ID_SIZE];
    const char *names[NAMES];
    sx_voc_film film;
    sx_str name = { 0 };
    sx_error why = { 0 };
    if (!get_id(v, path, id, err)) return false;
    const sx_manifest_xml x = { .id = id, .twin = sx_manifest_is_twin(&v->twins, id) };
    if (!sx_voc_read_film(b, path, &x, files, &film, &why)) {
        if (why.code == SX_ERR_MEMORY) return sx_fail(err, why.code, "%s", why.message);
        /* it is an error later, unless the file is of another split than the one that is read */
        film = (sx_voc_film){ 0 };
        snprintf(film.id, sizeof film.id, "%s", id);
        snprintf(film.folder_id, sizeof film.folder_id, "%s", id);
    }
    sx_str_printf(&name, "%s%s", film.folder_id, film.ending);
    bool ok = sx_str_ok(&name, err) && sx_paths_add(&v->ids, film.id, err) &&
              sx_paths_add(&v->folder_ids, film.folder_id, err) &&
              sx_paths_add(&v->film_names, name.data, err);
    if (ok) get_names(name.data, plain, names);
    for (int i = 0; ok && i < NAMES; i++)
        ok = has_file_name(v, names[i]) || put_forms(&v->film_forms, names[i], err);
    sx_str_free(&name);
    return ok;
}

/* The length of a line without a flag behind the name (1, 0, -1: the film shows the class of the
 * list, perhaps, or not). */
static size_t unflagged_length(const char *line) {
    const char *flag = strrchr(line, ' '), *tab = strrchr(line, '\t');
    if (!flag || (tab && tab > flag)) flag = tab;
    if (!flag ||
        (strcmp(flag + 1, "1") != 0 && strcmp(flag + 1, "0") != 0 && strcmp(flag + 1, "-1") != 0))
        return strlen(line);
    size_t k = (size_t)(flag - line);
    while (k && (line[k - 1] == ' ' || line[k - 1] == '\t'))
        k--;
    return k;
}

/* The search for the XML file or film of a line. */
typedef struct name_search {
    const voc_files *v;
    bool any_case;
    char tried[ID_SIZE]; /* the last name */
    const char *own;     /* how the files have it; NULL: not found, or several differ in case */
} name_search;

/* True: the search is over. */
static bool try_name(name_search *s, const char *name, size_t n) {
    const char *other = NULL;
    snprintf(s->tried, sizeof s->tried, "%.*s", (int)n, name);
    if (s->any_case)
        s->own = sx_name_cases_find(&s->v->cases, s->tried, NULL, &other);
    else
        s->own = is_described(s->v, s->tried) ? s->tried : NULL;
    return s->own || other;
}

/* With and without the ending. */
static bool try_endings(name_search *s, const char *name) {
    const size_t n = strlen(name);
    return try_name(s, name, n) ||
           (sx_path_has_ending(name, ".xml") && try_name(s, name, n - strlen(".xml"))) ||
           try_name(s, name, plain_length(name));
}

/* The folder of all films or XML files, which some programs write in front of each name. */
static bool is_folder_of_all(const char *name, size_t n) {
    static const char *const folders[] = { "JPEGImages", "images", "Annotations" };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (sx_film_name_equal(name, n, folders[i], strlen(folders[i]))) return true;
    return false;
}

static const char *without_dots(const char *path) {
    while (*path == '/' || strncmp(path, "./", 2) == 0)
        path += *path == '/' ? 1 : 2;
    return path;
}

/* Of "/set/JPEGImages/p1/a.png" also "p1/a.png" and "p1/a". The longest name says most. */
static bool try_path(name_search *s, const char *path) {
    if (try_endings(s, strncmp(path, "./", 2) == 0 ? without_dots(path) : path)) return true;
    for (const char *at = path, *end; (end = strchr(at, '/')) != NULL; at = end + 1)
        if (is_folder_of_all(at, (size_t)(end - at)) && try_endings(s, without_dots(end + 1)))
            return true;
    return false;
}

static bool try_text(name_search *s, const char *text, bool *found, sx_error *err) {
    sx_str path = { 0 };
    *found = try_name(s, text, strlen(text));
    if (*found) return true;
    sx_manifest_file_name(text, &path);
    const bool ok = sx_str_ok(&path, err);
    if (ok) *found = try_path(s, sx_str_text(&path));
    sx_str_free(&path);
    return ok;
}

/* Turns a line into the name that XML files or their films have. What looks like a flag may be a
 * part of it. No name in another case comes before one that is as it is written. */
static bool settle_name(const voc_files *v, char id[ID_SIZE], sx_error *err) {
    char plain[ID_SIZE];
    bool found = false, ok = true;
    name_search s = { .v = v };
    snprintf(plain, sizeof plain, "%.*s", (int)unflagged_length(id), id);
    const bool flag = strcmp(plain, id) != 0;
    for (int pass = 0; ok && !found && pass < 2; pass++) {
        s.any_case = pass == 1;
        ok = try_text(&s, id, &found, err);
        if (ok && !found && flag) ok = try_text(&s, plain, &found, err);
    }
    if (ok) snprintf(id, ID_SIZE, "%s", s.own ? s.own : found ? s.tried : plain);
    return ok;
}

/* The text of a line, without the blanks around it. */
static bool add_line(const voc_files *v, const char *path, size_t number, const char *s, size_t n,
                     sx_names *listed, sx_error *err) {
    char id[ID_SIZE];
    while (n && (s[n - 1] == ' ' || s[n - 1] == '\t' || s[n - 1] == '\r'))
        n--;
    while (n && (*s == ' ' || *s == '\t'))
        s++, n--;
    if (!n) return true;
    if (n >= ID_SIZE)
        return sx_fail(err, SX_ERR_LIMIT, "%s:%zu: a name of over 511 bytes", path, number);
    snprintf(id, sizeof id, "%.*s", (int)n, s);
    return settle_name(v, id, err) && put_forms(listed, id, err);
}

static bool read_list(const voc_files *v, const char *path, sx_names *listed, sx_error *err) {
    sx_file f;
    size_t at, number = 0;
    if (!sx_file_open(&f, path, err)) return false;
    bool ok = sx_manifest_check_text(&f, path, &at, err);
    while (ok && at < f.size) {
        const char *s = (const char *)f.data + at, *line = memchr(s, '\n', f.size - at);
        const size_t n = line ? (size_t)(line - s) : f.size - at;
        ok = add_line(v, path, ++number, s, n, listed, err);
        at += n + 1;
    }
    sx_file_close(&f);
    return ok;
}

/* The folders, in letters of any case. */
static bool find_folders(sx_manifest_build *b, const char *root, voc_files *v, sx_error *err) {
    char path[4096];
    if (!sx_manifest_has_below(b, path, root, "ImageSets", "")) return true;
    sx_str_add(&v->image_sets, path);
    if (!sx_str_ok(&v->image_sets, err)) return false;
    if (sx_manifest_has_below(b, path, v->image_sets.data, "Main", "")) sx_str_add(&v->main, path);
    return sx_str_ok(&v->main, err);
}

static bool read_lists(sx_manifest_build *b, voc_files *v, sx_error *err) {
    char path[4096];
    for (const char *const *split = sx_split_names; v->main.len && *split; split++)
        if (sx_manifest_has_below(b, path, v->main.data, "%s.txt", *split) &&
            (!read_list(v, path, &v->listed[sx_split_of_name(*split)], err) ||
             !sx_paths_add(&v->lists, path, err)))
            return false;
    return true;
}

/* The splits that list the film: by its whole name, else without its ending or folders. */
static bool find_splits(const voc_files *v, const char *id, bool in[SX_SPLITS]) {
    char plain[ID_SIZE];
    const char *names[NAMES];
    bool some = false;
    get_names(id, plain, names);
    for (int i = 0; i < NAMES && !some; i++)
        for (int split = 0; split < SX_SPLITS; split++) {
            in[split] = has_name(&v->listed[split], names[i]);
            some = some || in[split];
        }
    return some;
}

/* The same for a file: by its own name, else by the names of its film that no file has. */
static void find_file_splits(const voc_files *v, size_t file, const char *id, bool in[SX_SPLITS]) {
    char plain[ID_SIZE];
    const char *names[NAMES];
    bool some = find_splits(v, id, in);
    get_names(v->film_names.items[file], plain, names);
    for (int i = 0; i < NAMES && !some; i++)
        some = !has_name(&v->described, names[i]) && find_splits(v, names[i], in);
    if (!some) in[SX_SPLIT_NONE] = true;
}

static bool is_left_out(const sx_manifest_build *b, int split) {
    return b->o->split && (int)b->o->split != split;
}

/* Another list, unless all its films are in those that are read, as are those of "trainval.txt"
 * and of the lists per class in the VOC development kit. certain: the place and the ending are
 * those of a list, so that what cannot be read is noted. */
static bool note_list(sx_manifest_build *b, const voc_files *v, const char *path, bool certain,
                      sx_error *err) {
    sx_names listed = { 0 };
    sx_error why = { 0 };
    size_t missed = 0;
    bool in[SX_SPLITS], ok = true;
    for (size_t i = 0; i < v->lists.count; i++)
        if (sx_same_file(v->lists.items[i], path)) return true;
    if (!read_list(v, path, &listed, &why)) {
        if (why.code == SX_ERR_MEMORY)
            ok = sx_fail(err, why.code, "%s", why.message);
        else if (certain)
            ok = sx_manifest_note(b, err, "%s; the list is not read", why.message);
    } else {
        for (size_t i = 0; i < listed.count; i++)
            missed += is_described(v, listed.items[i]) && !find_splits(v, listed.items[i], in);
    }
    if (ok && missed)
        ok = sx_manifest_note(b, err,
                              "%s: is not read, and %zu of its films %s in no list that is: only "
                              "ImageSets/Main/train.txt, val.txt, valid.txt and test.txt are",
                              path, missed, sx_noun(missed, "is", "are"));
    sx_names_free(&listed);
    return ok;
}

/* Whether a file of that name may be a list: "trainval", "train.lst"; beside the films only text.
 */
static bool may_be_list(const char *name, bool in_root) {
    static const char *const endings[] = { ".txt", ".lst", ".csv" };
    for (size_t i = 0; i < (in_root ? 2 : sizeof endings / sizeof *endings); i++)
        if (sx_path_has_ending(name, endings[i])) return true;
    return !in_root && !strchr(name, '.');
}

static bool note_folder(sx_manifest_build *b, const voc_files *v, const char *folder, bool in_root,
                        sx_paths *folders, sx_error *err) {
    const sx_paths *names = sx_manifest_list(b, folder);
    bool ok = names || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    for (size_t i = 0; ok && i < names->count; i++) {
        const char *name = names->items[i];
        if (name[0] == '.') continue;
        char *path = sx_path_join(folder, name);
        if (!path)
            ok = sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
        else if (folders && !sx_path_has_ending(name, ".txt") && sx_path_is_dir(path))
            ok = sx_paths_add(folders, path, err);
        else if (may_be_list(name, in_root))
            ok = note_list(b, v, path, !in_root && sx_path_has_ending(name, ".txt"), err);
        free(path);
    }
    return ok;
}

/* In ImageSets, in its folders (Main, Segmentation, Layout), and beside it. */
static bool note_lists(sx_manifest_build *b, const char *root, const voc_files *v, sx_error *err) {
    sx_paths folders = { 0 };
    bool ok = !v->image_sets.len || note_folder(b, v, v->image_sets.data, false, &folders, err);
    for (size_t i = 0; ok && i < folders.count; i++)
        ok = note_folder(b, v, folders.items[i], false, NULL, err);
    ok = ok && note_folder(b, v, root, true, NULL, err);
    sx_paths_free(&folders);
    return ok;
}

/* Films of a split with one name in several folders, or, with different endings, in one. */
static bool find_shared(const sx_manifest_build *b, voc_files *v, sx_error *err) {
    sx_names ids = { 0 }, folder_ids = { 0 }, names = { 0 };
    char id[ID_SIZE], key[SX_FILM_KEY];
    bool in[SX_SPLITS], ok = true, fresh = true;
    for (size_t i = 0; ok && i < v->paths.count; i++) {
        ok = get_id(v, v->paths.items[i], id, err);
        if (ok) find_file_splits(v, i, id, in);
        for (int split = 0; ok && split < SX_SPLITS; split++) {
            if (!in[split] || is_left_out(b, split)) continue;
            sx_manifest_key(key, v->ids.items[i], (sx_split)split);
            ok = sx_manifest_see_name(&ids, &v->shared, key, err);
            sx_manifest_key(key, v->film_names.items[i], (sx_split)split);
            ok = ok && sx_names_put(&names, key, 0, &fresh, err);
            sx_manifest_key(key, v->folder_ids.items[i], (sx_split)split);
            /* no ending tells a film from itself */
            if (ok && fresh) ok = sx_manifest_see_name(&folder_ids, &v->shared_folders, key, err);
        }
    }
    sx_names_free(&ids);
    sx_names_free(&folder_ids);
    sx_names_free(&names);
    return ok;
}

static bool read_file(sx_manifest_build *b, size_t file, voc_files *v, sx_film_files *files,
                      sx_error *err) {
    char id[ID_SIZE];
    bool in[SX_SPLITS];
    const char *path = v->paths.items[file];
    if (!get_id(v, path, id, err)) return false;
    find_file_splits(v, file, id, in);
    const bool twin = sx_manifest_is_twin(&v->twins, id);
    for (int split = 0; split < SX_SPLITS; split++) {
        const sx_manifest_xml x = { .id = id,
                                    .twin = twin,
                                    .split = (sx_split)split,
                                    .shared = &v->shared,
                                    .shared_folders = &v->shared_folders,
                                    .noted = &v->noted };
        if (!in[split] || is_left_out(b, split)) continue;
        if (!sx_manifest_read_voc(b, path, &x, files, err)) return false;
    }
    return true;
}

static bool refuse_name(const voc_files *v, const char *root, const char *name, sx_split split,
                        sx_error *err) {
    const char *first, *other;
    (void)sx_name_cases_find(&v->cases, name, &first, &other);
    if (other)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "%s/ImageSets/Main: lists film %.200s for %s, which may be %.200s or %.200s",
                       root, name, sx_split_name(split), first, other);
    return sx_fail(err, SX_ERR_MISSING,
                   "%s/ImageSets/Main: lists film %.200s for %s, but there is no file of "
                   "annotations of that name",
                   root, name, sx_split_name(split));
}

/* A film that is listed and has no XML file would otherwise be left out in silence. */
static bool all_described(const sx_manifest_build *b, const char *root, const voc_files *v,
                          sx_error *err) {
    for (int split = 0; split < SX_SPLITS; split++) {
        const sx_names *names = &v->listed[split];
        if (is_left_out(b, split)) continue;
        for (size_t i = 0; i < names->count; i++)
            if (!is_described(v, names->items[i]))
                return refuse_name(v, root, names->items[i], (sx_split)split, err);
    }
    return true;
}

static void free_files(voc_files *v) {
    sx_paths *const paths[] = { &v->paths, &v->ids, &v->folder_ids, &v->film_names, &v->lists };
    sx_names *const names[] = { &v->described, &v->film_forms,     &v->endings, &v->twins,
                                &v->shared,    &v->shared_folders, &v->noted };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        sx_paths_free(paths[i]);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        sx_names_free(names[i]);
    for (int split = 0; split < SX_SPLITS; split++)
        sx_names_free(&v->listed[split]);
    sx_name_cases_free(&v->cases);
    sx_str_free(&v->image_sets);
    sx_str_free(&v->main);
}

bool sx_manifest_read_voc_folder(sx_manifest_build *b, const char *root, const char *folder,
                                 sx_film_files *files, sx_error *err) {
    voc_files v = { .folder = folder };
    bool ok = list_files(b, &v, err);
    for (size_t i = 0; ok && i < v.paths.count; i++)
        ok = add_film(b, &v, v.paths.items[i], files, err);
    ok = ok && put_cases(&v, err) && find_folders(b, root, &v, err) && read_lists(b, &v, err) &&
         note_lists(b, root, &v, err) && find_shared(b, &v, err);
    for (size_t i = 0; ok && i < v.paths.count; i++)
        ok = read_file(b, i, &v, files, err);
    ok = ok && all_described(b, root, &v, err);
    free_files(&v);
    return ok;
}
