/* Names that two systems write in different forms of Unicode (base/compose.h). */
#ifndef SX_BASE_NAME_FORMS_H
#define SX_BASE_NAME_FORMS_H

#include "base/names.h"

/* Whether a text may have another form: it is not ASCII. */
bool sx_has_forms(const char *text);
/* The composed form of a text. False: it is the text itself, or does not fit. */
bool sx_other_form(const char *text, char *to, size_t size);
/* sx_names_put, and the same for the composed form. *fresh: of the name itself. */
bool sx_names_put_forms(sx_names *n, const char *name, uint32_t value, bool *fresh,
                        sx_error *err) SX_MUST_USE;
/* The number of a name that was put so, in either form, the name itself first; -1: not found. */
long sx_names_find_form(const sx_names *n, const char *name);

#endif
