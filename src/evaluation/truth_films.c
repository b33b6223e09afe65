/* Selects the films of a data set that are evaluated. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/name_forms.h"
#include "data/film_homes.h"
#include "data/film_list.h"
#include "evaluation/truth_impl.h"

typedef struct choosing {
    const sx_manifest *m;
    /* The names of all films, which a list uses as predictions do. films: each id once, as a film
     * may be in several splits. */
    sx_truth all;
    sx_film_homes homes;
    bool *chosen;    /* [m->film_count] */
    uint32_t *id_of; /* [m->film_count] */
} choosing;

static bool name_films(choosing *c, sx_error *err) {
    bool ok = true;
    for (size_t i = 0; ok && i < c->m->film_count; i++)
        ok = sx_names_add(&c->all.films, c->m->films[i].id, &c->id_of[i], err);
    for (size_t i = 0; ok && i < c->m->film_count; i++)
        ok = sx_truth_add_alias(&c->all, &c->m->films[i], c->id_of[i], err);
    return ok && sx_truth_add_endings(&c->all, err);
}

/* A comment may contain paths. */
static bool is_comment(const choosing *c, const char *text) {
    return *text == '#' && strpbrk(text, "/\\") && sx_names_find_form(&c->all.films, text) < 0 &&
           sx_names_find_form(&c->all.aliases, text) < 0;
}

static bool choose(void *user, const char *text, bool *known, sx_error *err) {
    choosing *c = user;
    if (is_comment(c, text)) return true;
    const sx_truth_match match = sx_truth_find(&c->all, text);
    if (match.film >= 0 && match.ambiguous)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "\"%.100s\" is the id of one image of the truth and the file of another",
                       text);
    if (match.shared)
        return sx_fail(err, SX_ERR_MISMATCH, "the names of several films end in \"%.100s\"", text);
    return match.film < 0 || sx_film_homes_choose(&c->homes, c->all.films.items[match.film], text,
                                                  c->chosen, known, err);
}

static bool choose_films(choosing *c, const sx_truth_films *films, sx_error *err) {
    const sx_film_list_user user = { .entry = choose, .user = c, .whose = "the truth" };
    if (films->list) {
        if (!sx_film_list_read(films->list, &user, err)) return false;
    } else {
        memset(c->chosen, true, c->m->film_count * sizeof *c->chosen);
    }
    for (size_t i = 0; films->only && i < c->m->film_count; i++)
        if (sx_names_find(films->only, c->m->films[i].id) < 0) c->chosen[i] = false;
    return true;
}

/* The names of omitted films are kept, so that predictions for them are not an error. */
static bool leave_out(const choosing *c, sx_truth *t, sx_error *err) {
    bool ok = true, fresh;
    for (size_t i = 0; ok && i < c->m->film_count; i++) {
        const sx_manifest_film *f = &c->m->films[i];
        if (c->chosen[i]) continue;
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
    const bool ok = c.chosen && c.id_of && name_films(&c, err) &&
                    sx_film_homes_open(&c.homes, m, err) && choose_films(&c, films, err) &&
                    leave_out(&c, t, err) && sx_manifest_select(m, c.chosen, err);
    sx_truth_free(&c.all);
    sx_film_homes_free(&c.homes);
    free(c.chosen);
    free(c.id_of);
    return ok && (m->film_count > 0 || sx_fail(err, SX_ERR_MISSING, "no film is left to evaluate"));
}
