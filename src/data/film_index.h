/* Finds the files of films in a folder by the names that tables and predictions use for the
 * films. */
#ifndef SX_DATA_FILM_INDEX_H
#define SX_DATA_FILM_INDEX_H

#include "base/files.h"
#include "base/names.h"

typedef struct sx_film_index {
    sx_names names; /* ids of films, to the place of their file */
    sx_paths paths;
} sx_film_index;

/* Finds the films of a data set of any layout as its reader does; without a known layout, those in
 * the folder and in the subfolders that layouts use. Errors: SX_ERR_IO (there is no such folder),
 * SX_ERR_MEMORY. Free *x with sx_film_index_free, also after an error. */
bool sx_film_index_open(sx_film_index *x, const char *dir, sx_error *err) SX_MUST_USE;
/* The file of the film of that name, with or without its ending; NULL: none. */
const char *sx_film_index_find(const sx_film_index *x, const char *name);
void sx_film_index_free(sx_film_index *x);

#endif
