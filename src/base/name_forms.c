#include "base/name_forms.h"

#include <string.h>

#include "base/compose.h"

enum { ROOM = 4096 };

bool sx_has_forms(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80) return true;
    return false;
}

bool sx_other_form(const char *text, char *to, size_t size) {
    if (!sx_has_forms(text) || strlen(text) >= size) return false;
    memcpy(to, text, strlen(text) + 1);
    sx_compose_text(to);
    return strcmp(to, text) != 0;
}

bool sx_names_put_forms(sx_names *n, const char *name, uint32_t value, bool *fresh, sx_error *err) {
    char composed[ROOM];
    bool unused;
    return sx_names_put(n, name, value, fresh, err) &&
           (!sx_other_form(name, composed, sizeof composed) ||
            sx_names_put(n, composed, value, &unused, err));
}

long sx_names_find_form(const sx_names *n, const char *name) {
    char composed[ROOM];
    const long at = sx_names_find(n, name);
    return at >= 0 || !sx_other_form(name, composed, sizeof composed) ? at
                                                                      : sx_names_find(n, composed);
}
