/* Lists of films by their ids, one a line, as `spinexr data split` writes them. */
#ifndef SX_DATA_FILM_LIST_H
#define SX_DATA_FILM_LIST_H

#include "base/names.h"
#include "data/manifest.h"

/* The ids of a list, each once; blank lines and spaces round an id do not count. Free with
 * sx_names_free, also after an error. Errors name the file: SX_ERR_IO; SX_ERR_MISSING: no id in it,
 * or one (with its line) that the set does not have. */
bool sx_film_list_open(const char *path, const sx_manifest *m, sx_names *ids,
                       sx_error *err) SX_MUST_USE;

#endif
