#include "base/name_case.h"

#include <string.h>

#include "base/ascii.h"
#include "base/name_forms.h"

enum { ROOM = 4096 };

/* The composed form; false: the name is too long to be a file's. */
static bool compose(const char *name, char to[ROOM]) {
    if (strlen(name) >= ROOM) return false;
    if (!sx_other_form(name, to, ROOM)) memcpy(to, name, strlen(name) + 1);
    return true;
}

static void fold(char *name) {
    for (; *name; name++)
        *name = (char)sx_to_upper(*name);
}

static bool is_same(const char *name, const char *composed) {
    char other[ROOM];
    return compose(name, other) && strcmp(other, composed) == 0;
}

bool sx_name_cases_put(sx_name_cases *c, const char *name, bool weak, sx_error *err) {
    char composed[ROOM], key[ROOM];
    bool fresh;
    if (!compose(name, composed)) return true;
    memcpy(key, composed, sizeof key);
    fold(key);
    const long first = sx_names_find(&c->keys, key);
    const uint32_t at = (uint32_t)c->names.count;
    if (first >= 0 &&
        (is_same(c->names.items[first], composed) || (weak && (size_t)first < c->strong)))
        return true;
    if (!sx_paths_add(&c->names, name, err)) return false;
    if (!weak) c->strong = c->names.count;
    return sx_names_put(first >= 0 ? &c->rivals : &c->keys, key, at, &fresh, err);
}

const char *sx_name_cases_find(const sx_name_cases *c, const char *name, const char **first,
                               const char **other) {
    char key[ROOM];
    long at = -1, rival = -1;
    if (compose(name, key)) {
        fold(key);
        at = sx_names_find(&c->keys, key);
        rival = sx_names_find(&c->rivals, key);
    }
    if (first) *first = at >= 0 ? c->names.items[at] : NULL;
    if (other) *other = rival >= 0 ? c->names.items[rival] : NULL;
    return at >= 0 && rival < 0 ? c->names.items[at] : NULL;
}

void sx_name_cases_free(sx_name_cases *c) {
    sx_paths_free(&c->names);
    sx_names_free(&c->keys);
    sx_names_free(&c->rivals);
    *c = (sx_name_cases){ 0 };
}
