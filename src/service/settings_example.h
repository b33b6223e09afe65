/* A settings file with all keys, for a person to edit. */
#ifndef SX_SERVICE_SETTINGS_EXAMPLE_H
#define SX_SERVICE_SETTINGS_EXAMPLE_H

#include "base/str.h"

/* Appends the file: each key with its default, under a comment that says what it means and which
 * values it takes. One destination follows, with all its keys commented out ("#destinations:"), as
 * there is none by default. Parsing the file gives the defaults (sx_settings_parse). */
void sx_settings_put_example(sx_str *out);

#endif
