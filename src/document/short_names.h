/* Short forms of names for narrow columns, which differ wherever the names do. */
#ifndef SX_DOCUMENT_SHORT_NAMES_H
#define SX_DOCUMENT_SHORT_NAMES_H

#include <stddef.h>

#include "base/fail.h"

typedef struct sx_short_names {
    char **items; /* [count] */
    size_t count;
} sx_short_names;

/* items[i] is names[i], or "..." and its end if it is long: a UID of more than 20 digits and dots,
 * which differ in their last digits, another name of more than 40 characters. The end is as long as
 * is necessary for different names to differ, and begins at a character. SX_ERR_MEMORY. */
bool sx_short_names_make(sx_short_names *s, const char *const *names, size_t count,
                         sx_error *err) SX_MUST_USE;
void sx_short_names_free(sx_short_names *s);

#endif
