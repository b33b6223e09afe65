#include "data/class_map.h"

#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/vindr_classes.h"

static const sx_class_map_row *exact(const sx_class_map *map, const char *set, const char *name) {
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->rows[i].set, set) == 0 && strcmp(map->rows[i].from, name) == 0)
            return &map->rows[i];
    return NULL;
}

const sx_class_map_row *sx_class_map_find(const sx_class_map *map, const char *set,
                                          const char *name) {
    const sx_class_map_row *own = exact(map, set, name);
    return own ? own : exact(map, "", name);
}

typedef struct columns {
    int set, from, to;
} columns;

static bool add_row(sx_class_map *map, const sx_csv *c, const columns *k, sx_error *err) {
    const char *set = sx_csv_field(c, k->set), *from = sx_csv_field(c, k->from);
    const char *to = sx_csv_field(c, k->to);
    if (!from[0]) return sx_csv_fail(c, err, "no lesion_type");
    if (strcmp(from, SX_NO_FINDING) == 0 || strcmp(to, SX_NO_FINDING) == 0)
        return sx_csv_fail(c, err, "\"" SX_NO_FINDING "\" is no class");
    const sx_class_map_row *earlier = exact(map, set, from);
    if (earlier)
        return sx_csv_fail(c, err, "line %zu has this class already: %.80s", earlier->line, from);
    if (map->count == map->cap) {
        const size_t cap = map->cap ? 2 * map->cap : 32;
        sx_class_map_row *rows = sx_realloc(map->rows, cap, sizeof *rows);
        if (!rows) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a table of classes");
        map->rows = rows;
        map->cap = cap;
    }
    const sx_class_map_row row = { sx_arena_strdup(map->memory, set),
                                   sx_arena_strdup(map->memory, from),
                                   sx_arena_strdup(map->memory, to), sx_csv_line(c) };
    if (!row.set || !row.from || !row.to)
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for a table of classes");
    map->rows[map->count++] = row;
    return true;
}

bool sx_class_map_read(const char *path, sx_class_map *map, sx_error *err) {
    columns k = { 0 };
    bool failed = false;
    *map = (sx_class_map){ .memory = sx_arena_new() };
    if (!map->memory || !(map->path = sx_arena_strdup(map->memory, path)))
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for a table of classes");
    sx_csv *c = sx_csv_open(path, err);
    bool ok = c && sx_csv_need(c, "lesion_type", &k.from, err) && sx_csv_need(c, "to", &k.to, err);
    if (ok) k.set = sx_csv_find(c, "set");
    while (ok && sx_csv_next(c, &failed, err))
        ok = add_row(map, c, &k, err);
    sx_csv_close(c);
    return ok && !failed;
}

void sx_class_map_free(sx_class_map *map) {
    free(map->rows);
    sx_arena_free(map->memory);
    *map = (sx_class_map){ 0 };
}
