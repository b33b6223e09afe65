/* Names that people give to persons, projects, labels and the like. */
#ifndef SX_BASE_NAME_CHECK_H
#define SX_BASE_NAME_CHECK_H

#include "base/fail.h"

/* SX_ERR_VALUE, which begins with `what`, unless the name has 1 to `most` bytes of UTF-8, no
 * control character, and at least one character that shows something (base/fold.h). */
bool sx_name_check(const char *what, const char *name, size_t most, sx_error *err) SX_MUST_USE;

#endif
