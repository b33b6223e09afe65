#include "data/film_list.h"

#include <string.h>

#include "base/ascii.h"
#include "base/files.h"
#include "base/name_forms.h"
#include "base/str.h"
#include "base/utf8.h"
#include "data/film_homes.h"
#include "data/manifest_build.h"

enum { LONGEST = 4096 };

typedef struct reader {
    const sx_film_list_user *user;
    const char *name;
    size_t line, entries;
    sx_str text; /* of an entry */
} reader;

static bool try_entry(reader *r, const char *from, size_t n, bool *known, sx_error *err) {
    char bytes[LONGEST];
    memcpy(bytes, from, n);
    bytes[n] = '\0';
    r->text.len = 0;
    sx_utf8_escape(&r->text, bytes);
    if (!sx_str_ok(&r->text, err)) return false;
    if (r->text.len >= LONGEST)
        return sx_fail(err, SX_ERR_FORMAT, "%s:%zu: not an image id", r->name, r->line);
    return r->user->entry(r->user->user, sx_str_text(&r->text), known, err) ||
           sx_fail_in(err, "%s:%zu", r->name, r->line);
}

static bool read_line(reader *r, const char *from, size_t n, sx_error *err) {
    bool known = false;
    if (n && from[n - 1] == '\r') n--;
    if (n >= LONGEST || memchr(from, 0, n))
        return sx_fail(err, SX_ERR_FORMAT, "%s:%zu: not an image id", r->name, r->line);
    const char *first = from, *last = from + n;
    while (first < last && sx_is_space(*first))
        first++;
    while (last > first && sx_is_space(last[-1]))
        last--;
    if (first == last) return true;
    const size_t trimmed = (size_t)(last - first);
    if (trimmed < n && !try_entry(r, from, n, &known, err)) return false;
    if (!known && !try_entry(r, first, trimmed, &known, err)) return false;
    r->entries += known;
    if (known || *first == '#') return true;
    return sx_fail(err, SX_ERR_MISSING, "%s:%zu: %s has no film \"%.80s\"", r->name, r->line,
                   r->user->whose, sx_str_text(&r->text));
}

bool sx_film_list_parse(const char *name, const void *bytes, size_t n,
                        const sx_film_list_user *user, sx_error *err) {
    reader r = { .user = user, .name = name };
    const char *s = bytes, *end = s + n;
    bool ok = true;
    if (n >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0) s += 3;
    for (; ok && s < end; s++) {
        const char *stop = memchr(s, '\n', (size_t)(end - s));
        if (!stop) stop = end;
        r.line++;
        ok = read_line(&r, s, (size_t)(stop - s), err);
        s = stop;
    }
    sx_str_free(&r.text);
    return ok &&
           (r.entries > 0 || sx_fail(err, SX_ERR_MISSING, "%s: no image id in the list", name));
}

bool sx_film_list_read(const char *path, const sx_film_list_user *user, sx_error *err) {
    sx_file f;
    if (!sx_file_open(&f, path, err)) return false;
    const bool ok = sx_film_list_parse(path, f.data, f.size, user, err);
    sx_file_close(&f);
    return ok;
}

typedef struct set_films {
    const sx_manifest *m;
    sx_names known; /* ids in both forms of letters with marks -> film */
    sx_film_homes homes;
    const char *text; /* the entry */
    bool *chosen;
    sx_error why; /* of choose_id */
} set_films;

/* An id that the entry ends in. */
static bool choose_id(void *user, const char *id) {
    set_films *s = user;
    const long film = sx_names_find_form(&s->known, id);
    bool some = false;
    return film >= 0 && (!sx_film_homes_choose(&s->homes, s->m->films[film].id, s->text, s->chosen,
                                               &some, &s->why) ||
                         some);
}

/* In every split. */
static bool choose_exactly(const set_films *s, const char *text) {
    const long film = sx_names_find_form(&s->known, text);
    for (int split = 0; film >= 0 && split < SX_SPLITS; split++) {
        const long at = sx_manifest_find(s->m, s->m->films[film].id, (sx_split)split);
        if (at >= 0) s->chosen[at] = true;
    }
    return film >= 0;
}

static bool choose(void *user, const char *text, bool *known, sx_error *err) {
    set_films *s = user;
    *known = choose_exactly(s, text);
    if (*known || *text == '#') return true; /* a comment may contain paths */
    s->text = text;
    return sx_manifest_try_ids(text, choose_id, s, known, err) &&
           (!s->why.code || sx_fail(err, s->why.code, "%s", s->why.message));
}

bool sx_film_list_open(const char *path, const sx_manifest *m, bool *chosen, sx_error *err) {
    set_films films = { .m = m, .chosen = chosen };
    const sx_film_list_user user = { .entry = choose, .user = &films, .whose = "the data set" };
    bool ok = sx_film_homes_open(&films.homes, m, err), fresh;
    for (size_t i = 0; ok && i < m->film_count; i++)
        ok = sx_names_put_forms(&films.known, m->films[i].id, (uint32_t)i, &fresh, err);
    ok = ok && sx_film_list_read(path, &user, err);
    sx_names_free(&films.known);
    sx_film_homes_free(&films.homes);
    return ok;
}
