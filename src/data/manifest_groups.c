/* Studies and patients of films from a table of their own (--groups). */
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/files.h"
#include "base/mem.h"
#include "base/str.h"
#include "data/film_homes.h"
#include "data/manifest_tables.h"

bool sx_manifest_set_groups(sx_manifest_build *b, const sx_csv *c, const sx_group_columns *k,
                            sx_manifest_film *f, sx_error *err) {
    if (sx_manifest_set_text(b, &f->study, sx_csv_field(c, k->study), "study", f, err) &&
        sx_manifest_set_text(b, &f->series, sx_csv_field(c, k->series), "series", f, err) &&
        sx_manifest_set_text(b, &f->patient, sx_csv_field(c, k->patient), "patient", f, err))
        return true;
    sx_error why = { 0 };
    if (err) why = *err;
    return sx_csv_fail(c, err, "%s", why.message);
}

typedef struct groups {
    sx_manifest_build *b;
    sx_csv *c;
    sx_group_columns k;
    sx_names aliases; /* names of films -> film */
    sx_names several; /* those of several films */
    sx_film_matcher films;
    sx_film_homes homes;
    bool *chosen;     /* [m->film_count], all false between two rows */
    const char *text; /* of the row */
    sx_error why;     /* of choose_id */
} groups;

static bool add_alias(groups *g, const char *name, uint32_t film, sx_error *err) {
    bool fresh;
    return sx_names_put(&g->aliases, name, film, &fresh, err) &&
           (sx_names_find(&g->aliases, name) == (long)film ||
            sx_names_put(&g->several, name, 0, &fresh, err));
}

/* With and without the folders that they have among others of the name. */
static bool add_aliases(groups *g, sx_error *err) {
    const sx_manifest *m = g->b->m;
    bool ok = true;
    for (size_t i = 0; ok && i < m->film_count; i++) {
        const char *alias = m->films[i].alias;
        ok = !alias[0] || (add_alias(g, alias, (uint32_t)i, err) &&
                           add_alias(g, sx_path_base(alias), (uint32_t)i, err));
    }
    return ok;
}

/* Of one of the splits; -1: none. */
static long film_of_id(const sx_manifest *m, const char *id) {
    long film = -1;
    for (int split = 0; film < 0 && split < SX_SPLITS; split++)
        film = sx_manifest_find(m, id, (sx_split)split);
    return film;
}

static bool set_film(groups *g, long film, sx_error *err) {
    return sx_manifest_set_groups(g->b, g->c, &g->k, &g->b->m->films[film], err);
}

/* In every split. *known: it is an id. */
static bool set_id(groups *g, const char *id, bool *known, sx_error *err) {
    *known = false;
    for (int split = 0; split < SX_SPLITS; split++) {
        const long film = sx_manifest_find(g->b->m, id, (sx_split)split);
        *known = *known || film >= 0;
        if (film >= 0 && !set_film(g, film, err)) return false;
    }
    return true;
}

static bool is_shared(const groups *g, const char *name) {
    return sx_names_find(&g->several, name) >= 0;
}

/* A film's other name or else its id, in which the text ends: of films with such folders. */
static bool choose_id(void *user, const char *name) {
    groups *g = user;
    const sx_manifest *m = g->b->m;
    const long alias = sx_names_find(&g->aliases, name);
    const long film = alias < 0 ? film_of_id(m, name) : is_shared(g, name) ? -1 : alias;
    bool some = false;
    return film >= 0 && (!sx_film_homes_choose(&g->homes, m->films[film].id, g->text, g->chosen,
                                               &some, &g->why) ||
                         some);
}

static bool set_chosen(groups *g, sx_error *err) {
    bool found, ok = sx_manifest_try_ids(g->text, choose_id, g, &found, err);
    if (ok && g->why.code) ok = sx_fail(err, g->why.code, "%s", g->why.message);
    for (size_t i = 0; ok && found && i < g->b->m->film_count; i++) {
        if (g->chosen[i]) ok = set_film(g, (long)i, err);
        g->chosen[i] = false;
    }
    return ok;
}

/* The last part of the text, without the ending of a film. */
static bool find_stem(const groups *g, char stem[SX_FILM_STEM], sx_error *err) {
    sx_str name = { 0 };
    sx_manifest_file_name(g->text, &name);
    const bool ok = sx_str_ok(&name, err);
    sx_film_name_stem(sx_path_base(sx_str_text(&name)), stem, SX_FILM_STEM);
    sx_str_free(&name);
    return ok;
}

/* By the file, by what is similar to its name or an id, or by a path that ends in one. A name that
 * is the number of one image and the file of another is the file here. */
static bool set_similar(groups *g, sx_error *err) {
    char stem[SX_FILM_STEM];
    if (!find_stem(g, stem, err)) return false;
    const long id = film_of_id(g->b->m, stem), alias = sx_names_find(&g->aliases, stem);
    const bool both = id >= 0 && alias >= 0 && id != alias;
    if (both && !is_shared(g, stem)) return set_chosen(g, err);
    const long film = sx_film_matcher_find(&g->films, g->text, sx_csv_line(g->c), err);
    if (film >= 0) return (both && film == id) || set_film(g, film, err);
    return film == SX_MATCH_SEVERAL || (film != SX_MATCH_FAILED && set_chosen(g, err));
}

static bool read_row(groups *g, sx_error *err) {
    bool known;
    g->text = sx_csv_field(g->c, g->k.image);
    return set_id(g, g->text, &known, err) && (known || set_similar(g, err));
}

static bool find_columns(groups *g, sx_error *err) {
    const int patient = sx_csv_find(g->c, "patient_id");
    g->k = (sx_group_columns){ .series = -1,
                               .study = sx_csv_find(g->c, "study_id"),
                               .patient = patient >= 0 ? patient : sx_csv_find(g->c, "patient") };
    return sx_csv_need(g->c, "image_id", &g->k.image, err) &&
           (g->k.study >= 0 || g->k.patient >= 0 ||
            sx_csv_need(g->c, "study_id", &g->k.study, err));
}

bool sx_manifest_read_groups(sx_manifest_build *b, const char *path, sx_error *err) {
    groups g = { .b = b, .c = sx_csv_open(path, err) };
    bool failed = false;
    if (!g.c) return false;
    g.chosen = sx_calloc_for(b->m->film_count + 1, sizeof *g.chosen, "films", err);
    bool ok = g.chosen && find_columns(&g, err) && add_aliases(&g, err) &&
              sx_film_matcher_open(&g.films, b->m, NULL, err) &&
              sx_film_homes_open(&g.homes, b->m, err);
    while (ok && sx_csv_next(g.c, &failed, err))
        ok = read_row(&g, err);
    sx_film_matcher_free(&g.films);
    sx_film_homes_free(&g.homes);
    sx_names_free(&g.aliases);
    sx_names_free(&g.several);
    free(g.chosen);
    sx_csv_close(g.c);
    return ok && !failed;
}
