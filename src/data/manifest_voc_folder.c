/* Pascal VOC: the XML files of a folder, and the splits of films from ImageSets/Main/train.txt and
 * so on, with an id (and perhaps a flag) per line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/name_forms.h"
#include "base/str.h"
#include "data/manifest_tables.h"

enum { ID_SIZE = 512 };

typedef struct voc_files {
    const char *folder;
    sx_paths paths;
    sx_names described; /* the names by which ImageSets/Main may list the films that have a file */
    sx_names listed[SX_SPLITS];
    sx_paths lists; /* that were read */
    sx_names endings,
        twins; /* names without the ending of a film that one file has; that several */
} voc_files;

/* A list and the files may be of different systems. */
static bool put_forms(sx_names *names, const char *name, sx_error *err) {
    bool fresh;
    return sx_names_put_forms(names, name, 0, &fresh, err);
}

static bool has_name(const sx_names *names, const char *name) {
    return sx_names_find_form(names, name) >= 0;
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
    char id[ID_SIZE];
    return get_id(v, path, id, err) && sx_paths_add(&v->paths, path, err) &&
           sx_manifest_see_twin(&v->endings, &v->twins, path + strlen(v->folder) + 1, err) &&
           put_forms(&v->described, id, err) && put_forms(&v->described, sx_path_base(id), err);
}

static bool list_files(sx_manifest_build *b, voc_files *v, sx_error *err) {
    sx_paths found = { 0 };
    bool ok = sx_manifest_walk(b, v->folder, &found, err);
    for (size_t i = 0; ok && i < found.count; i++)
        ok = !sx_path_has_ending(found.items[i], ".xml") || add_file(v, found.items[i], err);
    sx_paths_free(&found);
    return ok;
}

/* The length of the name in a line: all of it, if there is such a file, otherwise without a flag
 * behind it (1, 0, -1: the film shows the class of the list, perhaps, or not). */
static size_t name_length(const voc_files *v, const char *line) {
    const size_t n = strlen(line);
    const char *flag = strrchr(line, ' '), *tab = strrchr(line, '\t');
    if (!flag || (tab && tab > flag)) flag = tab;
    if (!flag || has_name(&v->described, line)) return n;
    flag++;
    if (strcmp(flag, "1") != 0 && strcmp(flag, "0") != 0 && strcmp(flag, "-1") != 0) return n;
    size_t k = (size_t)(flag - line);
    while (k && (line[k - 1] == ' ' || line[k - 1] == '\t'))
        k--;
    return k;
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
    id[name_length(v, id)] = '\0';
    return put_forms(listed, id, err);
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

static bool read_lists(sx_manifest_build *b, const char *root, voc_files *v, sx_error *err) {
    char path[4096];
    for (const char *const *split = sx_split_names; *split; split++)
        if (sx_manifest_has_below(b, path, root, "ImageSets/Main/%s.txt", *split) &&
            (!read_list(v, path, &v->listed[sx_split_of_name(*split)], err) ||
             !sx_paths_add(&v->lists, path, err)))
            return false;
    return true;
}

static bool is_listed(const voc_files *v, const char *id) {
    for (int split = 0; split < SX_SPLITS; split++)
        if (has_name(&v->listed[split], id) || has_name(&v->listed[split], sx_path_base(id)))
            return true;
    return false;
}

/* Another list, unless all its films are in those that are read, as are those of "trainval.txt"
 * and of the lists per class in the VOC development kit. */
static bool note_list(sx_manifest_build *b, const voc_files *v, const char *path, sx_error *err) {
    sx_names listed = { 0 };
    sx_error why = { 0 };
    size_t missed = 0;
    for (size_t i = 0; i < v->lists.count; i++)
        if (sx_same_file(v->lists.items[i], path)) return true;
    bool ok = true;
    if (!read_list(v, path, &listed, &why)) {
        ok = why.code == SX_ERR_MEMORY
                 ? sx_fail(err, why.code, "%s", why.message)
                 : sx_manifest_note(b, err, "%s; the list is not read", why.message);
    } else {
        for (size_t i = 0; i < listed.count; i++)
            missed += has_name(&v->described, listed.items[i]) && !is_listed(v, listed.items[i]);
    }
    if (ok && missed)
        ok = sx_manifest_note(b, err,
                              "%s: is not read, and %zu of its films %s in no list that is: only "
                              "ImageSets/Main/train.txt, val.txt, valid.txt and test.txt are",
                              path, missed, sx_noun(missed, "is", "are"));
    sx_names_free(&listed);
    return ok;
}

static bool note_lists(sx_manifest_build *b, const char *root, const voc_files *v, sx_error *err) {
    static const char *const folders[] = { "ImageSets/Main", "ImageSets" };
    char folder[4096];
    bool ok = true;
    for (size_t k = 0; ok && k < 2; k++) {
        if (!sx_manifest_has_below(b, folder, root, folders[k], "")) continue;
        const sx_paths *names = sx_manifest_list(b, folder);
        ok = names || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
        for (size_t i = 0; ok && i < names->count; i++) {
            if (names->items[i][0] == '.' || !sx_path_has_ending(names->items[i], ".txt")) continue;
            char *path = sx_path_join(folder, names->items[i]);
            ok = path ? note_list(b, v, path, err)
                      : sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
            free(path);
        }
    }
    return ok;
}

/* The splits that list the film: by its whole name, else without folders; else SX_SPLIT_NONE. */
static void find_splits(const voc_files *v, const char *id, bool in[SX_SPLITS]) {
    const char *const names[] = { id, sx_path_base(id) };
    bool some = false;
    for (int i = 0; i < 2 && !some; i++)
        for (int split = 0; split < SX_SPLITS; split++) {
            in[split] = has_name(&v->listed[split], names[i]);
            some = some || in[split];
        }
    if (!some) in[SX_SPLIT_NONE] = true;
}

static bool read_file(sx_manifest_build *b, const char *path, const voc_files *v,
                      sx_film_files *files, sx_error *err) {
    char id[ID_SIZE];
    bool in[SX_SPLITS];
    if (!get_id(v, path, id, err)) return false;
    find_splits(v, id, in);
    const bool twin = sx_manifest_is_twin(&v->twins, id);
    for (int split = 0; split < SX_SPLITS; split++) {
        const sx_manifest_xml x = { .id = id, .twin = twin, .split = (sx_split)split };
        if (!in[split] || (b->o->split && (int)b->o->split != split)) continue;
        if (!sx_manifest_read_voc(b, path, &x, files, err)) return false;
    }
    return true;
}

/* A film that is listed and has no XML file would otherwise be left out in silence. */
static bool all_described(const sx_manifest_build *b, const char *root, const voc_files *v,
                          sx_error *err) {
    for (int split = 0; split < SX_SPLITS; split++) {
        const sx_names *names = &v->listed[split];
        if (b->o->split && (int)b->o->split != split) continue;
        for (size_t i = 0; i < names->count; i++)
            if (!has_name(&v->described, names->items[i]))
                return sx_fail(err, SX_ERR_MISSING,
                               "%s/ImageSets/Main: lists film %.200s for %s, but there is no file "
                               "of annotations of that name",
                               root, names->items[i], sx_split_name((sx_split)split));
    }
    return true;
}

bool sx_manifest_read_voc_folder(sx_manifest_build *b, const char *root, const char *folder,
                                 sx_film_files *files, sx_error *err) {
    voc_files v = { .folder = folder };
    bool ok =
        list_files(b, &v, err) && read_lists(b, root, &v, err) && note_lists(b, root, &v, err);
    for (size_t i = 0; ok && i < v.paths.count; i++)
        ok = read_file(b, v.paths.items[i], &v, files, err);
    ok = ok && all_described(b, root, &v, err);
    sx_paths_free(&v.paths);
    sx_paths_free(&v.lists);
    for (int split = 0; split < SX_SPLITS; split++)
        sx_names_free(&v.listed[split]);
    sx_names_free(&v.described);
    sx_names_free(&v.endings);
    sx_names_free(&v.twins);
    return ok;
}
