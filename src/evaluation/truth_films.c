/* Selects the films of a data set that are evaluated. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/film_name.h"
#include "base/mem.h"
#include "base/name_forms.h"
#include "data/film_list.h"
#include "evaluation/truth_impl.h"

/* Names of films; each maps to the first film that has it. */
typedef struct choosing {
    const sx_manifest *m;
    sx_names names;     /* ids and aliases, to the number of the id */
    sx_names ambiguous; /* an id of one film and an alias of another */
    sx_names ids;       /* each id once: a film may be in several splits */
    bool *chosen;       /* [ids.count] */
    uint32_t *id_of;    /* [m->film_count] */
} choosing;

static bool name_films(choosing *c, sx_error *err) {
    bool ok = true, fresh;
    for (size_t i = 0; ok && i < c->m->film_count; i++) {
        const sx_manifest_film *f = &c->m->films[i];
        ok = sx_names_add(&c->ids, f->id, &c->id_of[i], err) &&
             sx_names_put_forms(&c->names, f->id, c->id_of[i], &fresh, err);
    }
    for (size_t i = 0; ok && i < c->m->film_count; i++) {
        const char *alias = c->m->films[i].alias;
        if (!alias[0]) continue;
        ok = sx_names_put_forms(&c->names, alias, c->id_of[i], &fresh, err);
        if (ok && sx_names_find(&c->names, alias) != (long)c->id_of[i])
            ok = sx_names_put(&c->ambiguous, alias, 0, &fresh, err);
    }
    return ok;
}

static bool choose(void *user, const char *text, bool *known, sx_error *err) {
    choosing *c = user;
    char stem[SX_FILM_STEM];
    long at = sx_names_find_form(&c->names, text);
    const char *base = sx_path_base(text);
    snprintf(stem, sizeof stem, "%.*s", (int)((size_t)(base - text) + sx_film_name_length(base)),
             text);
    if (at < 0) at = sx_names_find_form(&c->names, stem);
    sx_film_name_stem(text, stem, sizeof stem);
    if (at < 0) at = sx_names_find_form(&c->names, stem);
    if (at >= 0 && sx_names_find(&c->ambiguous, text) >= 0)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "\"%.100s\" is the id of one image of the truth and the file of another",
                       text);
    *known = at >= 0;
    if (*known) c->chosen[at] = true;
    return true;
}

static bool choose_films(choosing *c, const sx_truth_films *films, sx_error *err) {
    const sx_film_list_user user = { .entry = choose, .user = c, .whose = "the truth" };
    if (films->list) {
        if (!sx_film_list_read(films->list, &user, err)) return false;
    } else {
        memset(c->chosen, true, c->ids.count * sizeof *c->chosen);
    }
    for (size_t i = 0; films->only && i < c->ids.count; i++)
        if (sx_names_find(films->only, c->ids.items[i]) < 0) c->chosen[i] = false;
    return true;
}

/* The names of omitted films are kept, so that predictions for them are not an error. */
static bool leave_out(const choosing *c, bool *keep, sx_truth *t, sx_error *err) {
    bool ok = true, fresh;
    for (size_t i = 0; ok && i < c->m->film_count; i++) {
        const sx_manifest_film *f = &c->m->films[i];
        keep[i] = c->chosen[c->id_of[i]];
        if (keep[i]) continue;
        ok = sx_names_put(&t->left_out, f->id, 0, &fresh, err);
        t->left_out_count += ok && fresh;
        if (ok && f->alias[0]) ok = sx_names_put(&t->left_out, f->alias, 0, &fresh, err);
    }
    return ok;
}

bool sx_truth_choose(sx_truth *t, sx_manifest *m, const sx_truth_films *films, sx_error *err) {
    if (!films || (!films->list && !films->only)) return true;
    choosing c = { .m = m,
                   .chosen = sx_calloc_for(m->film_count + 1, sizeof *c.chosen, "films", err),
                   .id_of = sx_calloc_for(m->film_count + 1, sizeof *c.id_of, "films", err) };
    bool *keep = sx_calloc_for(m->film_count + 1, sizeof *keep, "films", err);
    const bool ok = c.chosen && c.id_of && keep && name_films(&c, err) &&
                    choose_films(&c, films, err) && leave_out(&c, keep, t, err) &&
                    sx_manifest_select(m, keep, err);
    sx_names_free(&c.names);
    sx_names_free(&c.ids);
    sx_names_free(&c.ambiguous);
    free(c.chosen);
    free(c.id_of);
    free(keep);
    return ok && (m->film_count > 0 || sx_fail(err, SX_ERR_MISSING, "no film is left to evaluate"));
}
