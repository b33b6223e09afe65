/* Selects the films that a list names. */
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/film_name.h"
#include "base/name_forms.h"
#include "base/str.h"
#include "base/utf8.h"
#include "data/film_list.h"
#include "data/manifest_build.h"
#include "pipeline/inputs.h"

typedef struct selection {
    /* The names of a film, in both forms of letters with marks: the last parts of its path, with
     * and without ending. */
    sx_names names;
    sx_names chosen; /* of them, those in the list */
} selection;

/* Calls `each` for "x.dcm", "x", "b/x.dcm", "b/x" ... "/a/b/x" until it returns false. */
static bool each_name(const char *path, bool (*each)(selection *s, const char *name, sx_error *err),
                      selection *s, sx_error *err) {
    sx_str whole = { 0 }, stem = { 0 };
    sx_utf8_escape(&whole, path);
    const char *text = sx_str_text(&whole), *base = sx_path_base(text);
    sx_str_append(&stem, text, (size_t)(base - text) + sx_film_name_length(base));
    bool ok = sx_str_ok(&whole, err) && sx_str_ok(&stem, err);
    for (size_t at = strlen(text) + 1; ok && at-- > 0;) {
        if ((at > 0 && text[at - 1] != '/') || !text[at] || text[at] == '/') continue;
        ok = each(s, text + at, err) && each(s, stem.data + at, err);
    }
    if (ok && text[0] == '/') ok = each(s, text, err) && each(s, stem.data, err);
    sx_str_free(&whole);
    sx_str_free(&stem);
    return ok;
}

static bool add_name(selection *s, const char *name, sx_error *err) {
    bool fresh;
    return sx_names_put_forms(&s->names, name, 0, &fresh, err);
}

static bool choose_name(selection *s, const char *name, bool *known, sx_error *err) {
    bool fresh;
    if (strncmp(name, "./", 2) == 0) name += 2;
    *known = sx_names_find_form(&s->names, name) >= 0;
    return !*known || sx_names_put_forms(&s->chosen, name, 0, &fresh, err);
}

/* As it is, or the path that a Windows path or a URL names. */
static bool choose(void *user, const char *text, bool *known, sx_error *err) {
    sx_str path = { 0 };
    if (!choose_name(user, text, known, err)) return false;
    if (*known) return true;
    sx_manifest_file_name(text, &path);
    const bool ok = sx_str_ok(&path, err) && choose_name(user, sx_str_text(&path), known, err);
    sx_str_free(&path);
    return ok;
}

/* Returns false, without an error, at the first name that is chosen. */
static bool is_not_chosen(selection *s, const char *name, sx_error *err) {
    (void)err;
    return sx_names_find_form(&s->chosen, name) < 0;
}

/* Removes the films that are not chosen. */
static bool keep_chosen(sx_inputs *in, selection *s, sx_error *err) {
    size_t kept = 0;
    for (size_t i = 0; i < in->count; i++) {
        sx_input *item = &in->items[i];
        sx_error why = { 0 };
        const bool out = each_name(item->path, is_not_chosen, s, &why);
        if (why.code) return sx_fail(err, why.code, "%s", why.message);
        if (out) {
            free(item->path);
            free(item->fault);
            item->path = item->fault = NULL;
            continue;
        }
        in->items[kept] = *item;
        if (kept++ != i) item->path = item->fault = NULL;
    }
    in->count = kept;
    return true;
}

bool sx_inputs_select(sx_inputs *in, const char *list, sx_error *err) {
    selection s = { { 0 }, { 0 } };
    const sx_film_list_user user = { .entry = choose, .user = &s, .whose = "the input" };
    bool ok = true;
    for (size_t i = 0; ok && i < in->count; i++)
        ok = each_name(in->items[i].path, add_name, &s, err);
    ok = ok && sx_film_list_read(list, &user, err) && keep_chosen(in, &s, err);
    sx_names_free(&s.names);
    sx_names_free(&s.chosen);
    return ok;
}
