#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/film_name.h"
#include "base/mem.h"
#include "data/manifest_build.h"

bool sx_film_files_add(sx_film_files *f, const char *dir, sx_error *err) {
    DIR *d = opendir(dir);
    if (!d)
        return errno == ENOENT || errno == ENOTDIR || sx_fail_errno(err, dir, "open this folder");
    sx_paths found = { 0 };
    bool ok = sx_paths_add(&f->folders, dir, err);
    for (struct dirent *e; ok && (e = readdir(d));) {
        if (e->d_name[0] == '.' || !sx_is_film_name(e->d_name)) continue;
        char *path = sx_path_join(dir, e->d_name);
        ok = path ? sx_paths_add(&found, path, err)
                  : sx_fail(err, SX_ERR_MEMORY, "out of memory for %s", dir);
        free(path);
    }
    closedir(d);
    sx_paths_sort(&found); /* "x.dicom" before "x.png": the original before a picture of it */
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
