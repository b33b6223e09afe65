/* Lists of film ids, one per line, as `spinexr data split` writes them. */
#ifndef SX_DATA_FILM_LIST_H
#define SX_DATA_FILM_LIST_H

#include "base/names.h"
#include "data/manifest.h"

/* The ids of a list, each once. Blank lines, and spaces around an id, are ignored. Errors name the
 * file and line: SX_ERR_IO, SX_ERR_FORMAT, SX_ERR_MISSING (no id, or one that is not in the data
 * set), SX_ERR_MEMORY. Free *ids with sx_names_free, also after an error. */
bool sx_film_list_open(const char *path, const sx_manifest *m, sx_names *ids,
                       sx_error *err) SX_MUST_USE;

#endif
