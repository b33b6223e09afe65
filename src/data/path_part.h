/* Internal to data/: the folders that a path names, from the last one to the first. */
#ifndef SX_DATA_PATH_PART_H
#define SX_DATA_PATH_PART_H

#include "base/files.h"

/* The name of one folder in a path. */
typedef struct sx_path_part {
    const char *s; /* NULL: there is none */
    size_t n;
} sx_path_part;

/* The last folder of the path that begins at `begin`, before `end`: where its last name begins, or
 * a folder that this function gave. */
static inline sx_path_part sx_path_last_part(const char *begin, const char *end) {
    sx_path_part p = { 0 };
    p.s = sx_path_folder_above(begin, end, &p.n);
    return p;
}

#endif
