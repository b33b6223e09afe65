/* Films with identifying attributes, and whether their copies in other attributes stay. */
#ifndef TESTS_SUPPORT_COPIES_H
#define TESTS_SUPPORT_COPIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

typedef struct attribute {
    uint16_t group, element;
    const char *vr;
    const void *bytes;
    size_t n; /* 0: text */
} attribute;

enum { ATTRIBUTES = 6 };

/* At first the identifying attributes, and at last one that is kept for any other patient. */
typedef struct film_case {
    attribute attributes[ATTRIBUTES];
} film_case;

#define STATION(text)                                                                              \
    { 0x0008, 0x1010, "SH", text, 0 }
#define INSTANCE(text)                                                                             \
    { 0x0020, 0x0013, "IS", text, 0 }

/* Makes a film with the attributes, which are in ascending order, except that `late` (or NULL)
 * follows all others, and de-identifies it with device attributes kept. */
bool deidentify_attributes(const attribute *a, size_t count, const attribute *late, bool keep_dates,
                           uint8_t **out, size_t *n, sx_error *err);
/* Whether the result has the attribute with a value. */
bool has_value(const uint8_t *out, size_t n, const attribute *a);
/* Checks that the last attribute is emptied or removed, but is kept without the others. */
void check_emptied(const film_case *c, const char *what);

#endif
