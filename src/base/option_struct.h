/* Option structs of callers that may have been built with older headers. */
#ifndef SX_BASE_OPTION_STRUCT_H
#define SX_BASE_OPTION_STRUCT_H

#include <stddef.h>

#include "base/fail.h"

typedef struct sx_options_names {
    const char *type, *defaults; /* "sx_context_options", "SX_CONTEXT_DEFAULTS" */
} sx_options_names;

/* Fills *to, which holds the defaults and is `size` bytes long, with the fields of the caller's
 * struct. Both begin with struct_size; `from` NULL: *to keeps the defaults. SX_ERR_USAGE, naming
 * both: a struct_size that no version had (below `least`, usually because the struct was not
 * initialised with the defaults, or not a multiple of sizeof(size_t), the alignment of all these
 * structs); or a larger struct than ours with additional bytes that are not 0, because it may
 * request something unknown. */
bool sx_options_complete(void *to, size_t size, const void *from, size_t least,
                         const sx_options_names *names, sx_error *err) SX_MUST_USE;

#endif
