/* A table that gives the lesion classes of several data sets common names. */
#ifndef SX_DATA_CLASS_MAP_H
#define SX_DATA_CLASS_MAP_H

#include "base/fail.h"
#include "base/mem.h"
#include "base/names.h"

typedef struct sx_class_map_row {
    const char *set;       /* "": every set without a row of its own for this class */
    const char *from, *to; /* to "": boxes of this class are left out */
    size_t line;
} sx_class_map_row;

typedef struct sx_class_map {
    sx_class_map_row *rows; /* [count] */
    size_t count, cap;
    const char *path; /* of its file */
    sx_arena *memory;
} sx_class_map;

/* Reads CSV with the columns lesion_type and to, and optionally set. Errors, which name the file
 * and the line: SX_ERR_MISSING (a column), SX_ERR_FORMAT (a class without a name, "No finding", a
 * second row for a class), SX_ERR_IO, SX_ERR_MEMORY. Free *map with sx_class_map_free, also after
 * an error. */
bool sx_class_map_read(const char *path, sx_class_map *map, sx_error *err) SX_MUST_USE;
/* The row for a class of a set; NULL: there is none, so that the class keeps its name. */
const sx_class_map_row *sx_class_map_find(const sx_class_map *map, const char *set,
                                          const char *name);
void sx_class_map_free(sx_class_map *map);

#endif
