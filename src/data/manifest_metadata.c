/* Tables of metadata beside the annotations: which films they describe. */
#include <string.h>

#include "base/csv.h"
#include "data/manifest_tables.h"

bool sx_manifest_is_metadata(const char *path, sx_error *err) {
    int column;
    sx_csv *c = sx_csv_open(path, err);
    const bool is = c && sx_csv_need(c, "image_id", &column, err);
    sx_csv_close(c);
    return is;
}

static bool has_films(const sx_manifest *m, sx_split split) {
    for (size_t i = 0; i < m->film_count; i++)
        if (m->films[i].split == split) return true;
    return false;
}

static bool has_splits(const sx_manifest *m) {
    for (size_t i = 0; i < m->film_count; i++)
        if (m->films[i].split) return true;
    return false;
}

/* Whether the options or the single file leave out all films that the table may describe. */
static bool is_of_others(const sx_manifest_build *b, sx_split split, bool alone) {
    if (!split) return false;
    if (b->o->split && b->o->split != split) return true;
    return alone && has_splits(b->m) && !has_films(b->m, split);
}

static bool read_one(sx_manifest_build *b, const char *path, sx_split split, sx_error *err) {
    sx_error why = { 0 };
    if (sx_manifest_is_read(b->m, path)) return true;
    if (sx_manifest_is_metadata(path, &why)) return sx_manifest_read_meta(b, path, split, -1, err);
    if (why.code != SX_ERR_MISSING) return sx_fail(err, why.code, "%s", why.message);
    return sx_manifest_note(b, err, "%s: is not read, because it has no column image_id", path);
}

bool sx_manifest_read_metadata(sx_manifest_build *b, const char *root, bool alone, sx_error *err) {
    char path[4096];
    bool ok = true;
    if (b->o->annotations_only || !b->m->film_count) return true;
    b->rows_left_out = b->rows_left_out || alone || b->o->split;
    for (const char *const *table = sx_tables_of_metadata; *table; table++) {
        const bool each = strstr(*table, "%s") != NULL;
        for (size_t i = 0; ok && sx_split_names[i] && (i == 0 || each); i++) {
            const sx_split split = each ? sx_split_of_name(sx_split_names[i]) : SX_SPLIT_NONE;
            if (!is_of_others(b, split, alone) &&
                sx_manifest_has_below(b, path, root, *table, sx_split_names[i]))
                ok = read_one(b, path, split, err);
        }
    }
    return ok;
}
