#include "service/reading/reading_film_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/names.h"
#include "data/film_matcher.h"

struct sx_reading_film_names {
    sx_manifest m; /* ids and paths alone */
    sx_names ids;  /* id -> place in m.films */
    sx_reading_named_film *films;
    size_t cap;
    sx_film_matcher matcher;
    sx_arena *memory;
};

static bool grow(sx_reading_film_names *x, sx_error *err) {
    const size_t cap = x->cap ? x->cap * 2 : 256;
    sx_manifest_film *of = sx_realloc(x->m.films, cap, sizeof *of);
    if (of) x->m.films = of;
    sx_reading_named_film *films = of ? sx_realloc(x->films, cap, sizeof *films) : NULL;
    if (!films) return sx_fail(err, SX_ERR_MEMORY, "out of memory for films");
    x->films = films;
    x->cap = cap;
    return true;
}

static bool take_name(void *user, const sx_db_row *row, sx_error *err) {
    sx_reading_film_names *x = user;
    bool fresh;
    const size_t at = x->m.film_count;
    if (at == x->cap && !grow(x, err)) return false;
    const char *id = sx_arena_strdup(x->memory, sx_db_get_text(row, 1)),
               *path = sx_arena_strdup(x->memory, sx_db_get_text(row, 2));
    if (!id || !path) return sx_fail(err, SX_ERR_MEMORY, "out of memory for films");
    x->films[at] = (sx_reading_named_film){ .id = sx_db_get_int(row, 0), .image_id = id };
    x->m.films[at] = (sx_manifest_film){ .id = id, .alias = "", .path = path };
    x->m.film_count++;
    return sx_names_put(&x->ids, id, (uint32_t)at, &fresh, err);
}

sx_reading_film_names *sx_reading_film_names_open(sx_db *db, int64_t project, sx_error *err) {
    const sx_db_value value = sx_db_int(project);
    sx_reading_film_names *x = sx_calloc_for(1, sizeof *x, "films", err);
    if (!x) return NULL;
    x->memory = sx_arena_new();
    if (!x->memory) sx_fail(err, SX_ERR_MEMORY, "out of memory for films");
    if (x->memory &&
        sx_db_query(db, "SELECT id, image_id, path FROM reading_film WHERE project = ? ORDER BY id",
                    &value, 1, take_name, x, err) &&
        sx_film_matcher_open(&x->matcher, &x->m, NULL, err))
        return x;
    sx_reading_film_names_close(x);
    return NULL;
}

bool sx_reading_film_names_find(sx_reading_film_names *x, const char *name,
                                sx_reading_named_film **film, sx_error *err) {
    long at = sx_names_find(&x->ids, name);
    if (at < 0) at = sx_film_matcher_find(&x->matcher, name, 0, err);
    *film = at >= 0 ? &x->films[at] : NULL;
    if (at == SX_MATCH_SEVERAL)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "film %.200s: several films of the project fit its name", name);
    return at != SX_MATCH_FAILED;
}

bool sx_reading_film_names_claim(sx_reading_named_film *film, const char *name, sx_error *err) {
    if (film->claimed && strcmp(film->claimed, name) != 0)
        return sx_fail(err, SX_ERR_MISMATCH, "films %.200s and %.200s are one film of the project",
                       film->claimed, name);
    film->claimed = name;
    return true;
}

void sx_reading_film_names_close(sx_reading_film_names *x) {
    if (!x) return;
    sx_film_matcher_free(&x->matcher);
    sx_names_free(&x->ids);
    sx_arena_free(x->memory);
    free(x->m.films);
    free(x->films);
    free(x);
}
