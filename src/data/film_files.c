#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/film_name.h"
#include "base/mem.h"
#include "data/manifest_build.h"

/* The name may be that of another file, which is no folder of films. */
static bool is_regular(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool list_films(const char *dir, sx_paths *films, bool *absent, sx_error *err) {
    DIR *d = opendir(dir);
    if (!d) {
        sx_path_fail(err, dir, "open the folder");
        *absent = !sx_path_exists(dir) || is_regular(dir);
        return *absent;
    }
    bool ok = true;
    for (struct dirent *e; ok && (errno = 0, e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.' || !sx_is_film_name(e->d_name)) continue;
        char *path = sx_path_join(dir, e->d_name);
        ok = path ? sx_paths_add(films, path, err)
                  : sx_fail(err, SX_ERR_MEMORY, "out of memory for %s", dir);
        free(path);
        errno = 0;
    }
    if (ok && errno) ok = sx_fail_errno(err, dir, "read the folder");
    closedir(d);
    sx_paths_sort(films); /* "x.dicom" before "x.png": the original before a picture of it */
    return ok;
}

bool sx_film_files_add(sx_film_files *f, const char *dir, sx_error *err) {
    sx_paths found = { 0 };
    sx_error why = { 0 };
    bool absent = false, ok = list_films(dir, &found, &absent, &why);
    if (!ok) sx_fail(err, why.code, "%s", why.message);
    if (ok && !absent) ok = sx_paths_add(&f->folders, dir, err);
    for (size_t i = 0; ok && i < found.count; i++) {
        char stem[SX_FILM_STEM];
        bool fresh;
        sx_film_name_stem(found.items[i], stem, sizeof stem);
        ok = sx_names_put(&f->stems, stem, (uint32_t)f->paths.count, &fresh, err) &&
             sx_paths_add(&f->paths, found.items[i], err);
    }
    sx_paths_free(&found);
    return ok;
}

const char *sx_film_files_find(const sx_film_files *f, const char *id) {
    const long at = sx_film_name_find(&f->stems, id);
    return at < 0 ? NULL : f->paths.items[at];
}

void sx_film_files_free(sx_film_files *f) {
    sx_paths_free(&f->paths);
    sx_names_free(&f->stems);
    sx_paths_free(&f->folders);
}
