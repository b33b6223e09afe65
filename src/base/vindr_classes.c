#include "base/vindr_classes.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const char *sx_vindr_class_name(sx_vindr_class c) {
    static const char *const names[SX_VINDR_CLASSES] = {
        "Disc space narrowing", "Foraminal stenosis", "Osteophytes",        "Other lesions",
        "Spondylolysthesis",    "Surgical implant",   "Vertebral collapse",
    };
    return names[c];
}

static bool add_vindr(sx_names *names, sx_error *err) {
    uint32_t at;
    for (int c = 0; c < SX_VINDR_CLASSES; c++)
        if (!sx_names_add(names, sx_vindr_class_name((sx_vindr_class)c), &at, err)) return false;
    return true;
}

static char *trim(char *text) {
    text += strspn(text, " \t");
    for (size_t n = strlen(text); n && strchr(" \t", text[n - 1]); n--)
        text[n - 1] = 0;
    return text;
}

bool sx_class_list(const char *list, sx_names *names, sx_error *err) {
    if (strcmp(list, "vindr") == 0) return add_vindr(names, err);
    char *copy = sx_strdup(list), *rest = copy;
    bool ok = copy || sx_fail(err, SX_ERR_MEMORY, "out of memory for classes");
    for (char *name; ok && (name = strsep(&rest, ","));) {
        bool fresh = false;
        name = trim(name);
        ok = name[0] ? sx_names_put(names, name, (uint32_t)names->count, &fresh, err)
                     : sx_fail(err, SX_ERR_USAGE, "an empty class name in \"%s\"", list);
        if (ok && !fresh)
            ok = sx_fail(err, SX_ERR_USAGE, "the classes %ld and %zu of \"%s\" are both called %s",
                         sx_names_find(names, name) + 1, names->count + 1, list, name);
    }
    free(copy);
    return ok;
}
