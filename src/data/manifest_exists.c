/* The files of a layout under names in upper or lower case: TRAIN.CSV. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "data/manifest_build.h"

static void to_upper(char *text) {
    for (; *text; text++)
        *text = (char)sx_to_upper(*text);
}

void sx_manifest_exists_free(sx_manifest_build *b) {
    sx_names_free(&b->in_listed);
    sx_paths_free(&b->listed_names);
    free(b->listed);
    b->listed = NULL;
}

/* Lists a folder, whose names are looked up many times. */
static bool list_folder(sx_manifest_build *b, char *folder) {
    DIR *d = opendir(folder);
    bool ok = true, fresh;
    sx_manifest_exists_free(b);
    b->listed = folder;
    for (struct dirent *e; ok && d && (e = readdir(d)) != NULL;)
        ok = sx_paths_add(&b->listed_names, e->d_name, NULL);
    if (d) closedir(d);
    sx_paths_sort(&b->listed_names);
    for (size_t i = 0; ok && i < b->listed_names.count; i++) {
        char *name = sx_strdup(b->listed_names.items[i]);
        if (name) to_upper(name);
        ok = name && sx_names_put(&b->in_listed, name, (uint32_t)i, &fresh, NULL);
        free(name);
    }
    return ok;
}

const sx_paths *sx_manifest_list(sx_manifest_build *b, const char *folder) {
    if (b->listed && strcmp(b->listed, folder) == 0) return &b->listed_names;
    char *own = sx_strdup(folder);
    return own && list_folder(b, own) ? &b->listed_names : NULL;
}

bool sx_manifest_exists(sx_manifest_build *b, char *path) {
    char *const base = path + (sx_path_base(path) - path);
    if (sx_path_exists(path)) return true;
    char *folder = sx_path_folder(path);
    if (!folder) return false;
    if (b->listed && strcmp(b->listed, folder) == 0)
        free(folder);
    else if (!list_folder(b, folder))
        return false;
    char *name = sx_strdup(base);
    if (!name) return false;
    to_upper(name);
    const long at = sx_names_find(&b->in_listed, name);
    free(name);
    if (at >= 0) memcpy(base, b->listed_names.items[at], strlen(base));
    return at >= 0;
}

char *sx_manifest_other_form(sx_manifest_build *b, const char *path) {
    char *folder = sx_path_folder(path), *found = NULL;
    const char *base = sx_path_base(path);
    if (folder && !sx_path_exists(folder)) { /* its name has another form, too */
        char *other = strchr(folder, '/') ? sx_manifest_other_form(b, folder) : NULL;
        free(folder);
        folder = other;
    }
    const sx_paths *names = folder ? sx_manifest_list(b, folder) : NULL;
    for (size_t i = 0; names && !found && i < names->count; i++)
        if (sx_film_name_equal(names->items[i], strlen(names->items[i]), base, strlen(base)))
            found = sx_path_join(folder, names->items[i]);
    free(folder);
    return found;
}
