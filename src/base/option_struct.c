#include "base/option_struct.h"

#include <string.h>

static bool all_zero(const unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (bytes[i]) return false;
    return true;
}

bool sx_options_complete(void *to, size_t size, const void *from, size_t least,
                         const sx_options_names *names, sx_error *err) {
    size_t given;
    if (!from) return true;
    memcpy(&given, from, sizeof given);
    /* sizeof of every version: a whole number of words, so that no field is cut in two */
    if (given < least || given > 64 * size || given % sizeof given != 0)
        return sx_fail(err, SX_ERR_USAGE, "%s.struct_size is %zu: begin with %s", names->type,
                       given, names->defaults);
    if (given > size && !all_zero((const unsigned char *)from + size, given - size))
        return sx_fail(
            err, SX_ERR_USAGE,
            "%s has fields that this version of the library (%zu bytes) does not support",
            names->type, size);
    memcpy(to, from, given < size ? given : size);
    memcpy(to, &size, sizeof size);
    return true;
}
