/* A set of names, numbered in the order in which they were added. */
#ifndef SX_BASE_NAMES_H
#define SX_BASE_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sx_names {
    char **items; /* [count] */
    size_t count;
    size_t cap;       /* internal */
    uint32_t *slots;  /* internal */
    uint32_t *values; /* internal: the number of each name */
    size_t slot_count;
} sx_names;

/* The number of a name, adding it if it is new. */
bool sx_names_add(sx_names *n, const char *name, uint32_t *index, sx_error *err) SX_MUST_USE;
/* The same for a name with a given number; if it exists already, *fresh is false and nothing
 * changes. */
bool sx_names_put(sx_names *n, const char *name, uint32_t value, bool *fresh,
                  sx_error *err) SX_MUST_USE;
/* -1: not found. */
long sx_names_find(const sx_names *n, const char *name);
void sx_names_free(sx_names *n);
/* Sorts: as numbers when every name is a whole number, by bytes otherwise. order[old] = new. */
bool sx_names_sort(sx_names *n, uint32_t *order, sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
