/* Names that two systems write in different case, or in different forms of Unicode. */
#ifndef SX_BASE_NAME_CASE_H
#define SX_BASE_NAME_CASE_H

#include "base/files.h"
#include "base/names.h"

typedef struct sx_name_cases {
    sx_paths names;        /* as they were put */
    sx_names keys, rivals; /* internal: the first name, and a second one, of each folded name */
    size_t strong;         /* internal: names[0, strong) are no others' */
} sx_name_cases;

/* Adds a name. weak: it gives way to names that are not, which must be put before. */
bool sx_name_cases_put(sx_name_cases *c, const char *name, bool weak, sx_error *err) SX_MUST_USE;
/* The one name that differs from `name` at most in the case of ASCII letters and the form of
 * letters with marks. NULL: there is none, or, if *other is one, there are several. *first, *other:
 * two of these; NULL is allowed for both. */
const char *sx_name_cases_find(const sx_name_cases *c, const char *name, const char **first,
                               const char **other);
void sx_name_cases_free(sx_name_cases *c);

#endif
