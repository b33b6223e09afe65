#include "evaluation/eval_films.h"

#include <stdlib.h>

#include "base/mem.h"

/* A file to which the names of two films lead is shown for neither: it may be the other's. */
static bool leave_out_shared(sx_eval_films *f, sx_error *err) {
    sx_names owners = { 0 };
    bool ok = true, fresh;
    for (size_t i = 0; ok && i < f->count; i++)
        if (f->paths[i]) ok = sx_names_put(&owners, f->paths[i], (uint32_t)i, &fresh, err);
    for (size_t i = f->count; ok && i-- > 0;) {
        const long owner = f->paths[i] ? sx_names_find(&owners, f->paths[i]) : (long)i;
        if (owner != (long)i) f->paths[i] = f->paths[owner] = NULL;
    }
    sx_names_free(&owners);
    return ok;
}

/* COCO's ids are not file names: a film with an alias is searched for by that. */
static bool find_paths(sx_eval_films *f, const sx_truth *t, const char **aliases, sx_error *err) {
    for (size_t i = 0; i < t->aliases.count; i++) {
        const char **alias = &aliases[t->aliases.values[i]];
        if (!*alias) *alias = t->aliases.items[i];
    }
    for (size_t i = 0; i < f->count; i++)
        f->paths[i] = sx_film_index_find(&f->index, aliases[i] ? aliases[i] : t->films.items[i]);
    if (!leave_out_shared(f, err)) return false;
    for (size_t i = f->count; i-- > 0;) {
        if (f->paths[i]) continue;
        f->missing++;
        f->first_missing = (uint32_t)i;
    }
    return true;
}

bool sx_eval_films_open(sx_eval_films *f, const char *dir, const sx_truth *t, sx_error *err) {
    *f = (sx_eval_films){ .dir = dir, .count = t->films.count };
    if (!sx_film_index_open(&f->index, dir, err)) return false;
    const char **aliases = sx_calloc_for(f->count + 1, sizeof *aliases, "films", err);
    f->paths = sx_calloc_for(f->count + 1, sizeof *f->paths, "films", err);
    const bool ok = aliases && f->paths && find_paths(f, t, aliases, err);
    free(aliases);
    return ok;
}

void sx_eval_films_close(sx_eval_films *f) {
    sx_film_index_free(&f->index);
    free(f->paths);
    sx_film_notes_free(f->notes);
    *f = (sx_eval_films){ 0 };
}
