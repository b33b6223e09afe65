#include "data/film_list.h"

#include <string.h>

#include "base/ascii.h"
#include "base/files.h"

static bool in_some_split(const sx_manifest *m, const char *id) {
    for (int split = 0; split < SX_SPLITS; split++)
        if (sx_manifest_find(m, id, (sx_split)split) >= 0) return true;
    return false;
}

static bool add(const char *from, size_t n, const char *path, size_t line, const sx_manifest *m,
                sx_names *ids, sx_error *err) {
    char id[512];
    while (n && sx_is_space(from[n - 1]))
        n--;
    while (n && sx_is_space(*from))
        from++, n--;
    if (!n) return true;
    if (n >= sizeof id || memchr(from, 0, n))
        return sx_fail(err, SX_ERR_FORMAT, "%s:%zu: not an image id", path, line);
    memcpy(id, from, n);
    id[n] = 0;
    uint32_t index;
    if (!in_some_split(m, id))
        return sx_fail(err, SX_ERR_MISSING, "%s:%zu: the data set has no film \"%.80s\"", path,
                       line, id);
    return sx_names_add(ids, id, &index, err);
}

bool sx_film_list_open(const char *path, const sx_manifest *m, sx_names *ids, sx_error *err) {
    sx_file f;
    if (!sx_file_open(&f, path, err)) return false;
    bool ok = true;
    size_t line = 1;
    for (size_t at = 0; ok && at < f.size; line++) {
        const uint8_t *end = memchr(f.data + at, '\n', f.size - at);
        const size_t n = end ? (size_t)(end - f.data) - at : f.size - at;
        ok = add((const char *)f.data + at, n, path, line, m, ids, err);
        at += n + 1;
    }
    sx_file_close(&f);
    return ok &&
           (ids->count > 0 || sx_fail(err, SX_ERR_MISSING, "%s: no image id in the list", path));
}
