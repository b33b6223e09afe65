#include "evaluation/eval_films.h"

#include <stdlib.h>

#include "base/mem.h"

/* COCO's ids are not file names: a film with an alias is searched for by that. */
static void find_paths(sx_eval_films *f, const sx_truth *t, const char **aliases) {
    for (size_t i = 0; i < t->aliases.count; i++) {
        const char **alias = &aliases[t->aliases.values[i]];
        if (!*alias) *alias = t->aliases.items[i];
    }
    for (size_t i = f->count; i-- > 0;) {
        f->paths[i] = sx_film_index_find(&f->index, aliases[i] ? aliases[i] : t->films.items[i]);
        if (f->paths[i]) continue;
        f->missing++;
        f->first_missing = (uint32_t)i;
    }
}

bool sx_eval_films_open(sx_eval_films *f, const char *dir, const sx_truth *t, sx_error *err) {
    *f = (sx_eval_films){ .dir = dir, .count = t->films.count };
    if (!sx_film_index_open(&f->index, dir, err)) return false;
    const char **aliases = sx_calloc_for(f->count + 1, sizeof *aliases, "films", err);
    f->paths = sx_calloc_for(f->count + 1, sizeof *f->paths, "films", err);
    const bool ok = aliases && f->paths;
    if (ok) find_paths(f, t, aliases);
    free(aliases);
    return ok;
}

void sx_eval_films_close(sx_eval_films *f) {
    sx_film_index_free(&f->index);
    free(f->paths);
    *f = (sx_eval_films){ 0 };
}
