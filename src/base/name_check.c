#include "base/name_check.h"

#include <string.h>

#include "base/fold.h"
#include "base/utf8.h"

bool sx_name_check(const char *what, const char *name, size_t most, sx_error *err) {
    const size_t n = strlen(name);
    if (!n || n > most || sx_utf8_span(name, n) != n || sx_utf8_has_controls(name, false))
        return sx_fail(err, SX_ERR_VALUE,
                       "%s has 1 to %zu bytes of UTF-8 without control characters", what, most);
    return !sx_is_blank(name) || sx_fail(err, SX_ERR_VALUE, "%s has nothing but blanks", what);
}
