#include "data/film_index.h"

#include <string.h>

#include "data/manifest_build.h"

static bool add_film(sx_film_index *x, const char *name, const char *path, sx_error *err) {
    bool fresh;
    return sx_names_put(&x->names, name, (uint32_t)x->paths.count, &fresh, err) &&
           (!fresh || sx_paths_add(&x->paths, path, err));
}

/* If the annotations cannot be read, the files are found without them. */
static bool add_set(sx_film_index *x, const char *dir, sx_error *err) {
    sx_manifest m;
    sx_error why = { 0 };
    const sx_manifest_options o = { .keep_faults = true };
    bool ok = sx_manifest_open(dir, &o, &m, &why);
    if (!ok && why.code == SX_ERR_MEMORY) {
        sx_manifest_free(&m);
        return sx_fail(err, why.code, "%s", why.message);
    }
    const size_t count = ok ? m.film_count : 0;
    for (size_t i = 0; ok && i < count; i++)
        if (m.films[i].path) ok = add_film(x, m.films[i].id, m.films[i].path, err);
    sx_manifest_free(&m);
    return ok || count == 0;
}

static bool add_folders(sx_film_index *x, const char *dir, sx_error *err) {
    sx_film_files files = { 0 };
    bool ok = sx_film_files_of_set(&files, dir, err);
    for (size_t i = 0; ok && i < files.stems.count; i++)
        ok = add_film(x, files.stems.items[i], files.paths.items[files.stems.values[i]], err);
    sx_film_files_free(&files);
    return ok;
}

bool sx_film_index_open(sx_film_index *x, const char *dir, sx_error *err) {
    *x = (sx_film_index){ 0 };
    return sx_path_check_dir(dir, err) && add_set(x, dir, err) && add_folders(x, dir, err);
}

const char *sx_film_index_find(const sx_film_index *x, const char *name) {
    const long at = sx_film_name_find(&x->names, name);
    return at < 0 ? NULL : x->paths.items[at];
}

void sx_film_index_free(sx_film_index *x) {
    sx_names_free(&x->names);
    sx_paths_free(&x->paths);
}
