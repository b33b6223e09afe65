/* The map of old and new ids that a de-identification writes.
 *
 * Every row is appended to the file MAP.unfinished, and synced, before the film that it belongs to
 * gets its name. So a run that is stopped at any moment leaves no film without its row. The next
 * run with the same map continues that file and writes the map, all at once, when it is complete.
 * With a random key the file holds the key as well, until then. Both are readable only by their
 * owner.
 *
 * Threads: sx_deid_map_add may be called by several at a time. */
#ifndef SX_DATA_DEID_MAP_H
#define SX_DATA_DEID_MAP_H

#include "dicom/deid.h"

typedef struct sx_deid_map sx_deid_map;

enum { SX_DEID_KEY = 32 }; /* bytes of a random key */

/* The key of an unfinished run that had a random one. *found: there is such a run. Errors:
 * SX_ERR_IO, SX_ERR_FORMAT, SX_ERR_MEMORY. */
bool sx_deid_map_key(const char *path, uint8_t key[SX_DEID_KEY], bool *found,
                     sx_error *err) SX_MUST_USE;

/* Reads what an unfinished run left of the map at `path`; *resumed: there was one. new_key: the key
 * of the options, of SX_DEID_KEY bytes, is random. Errors: SX_ERR_IO (the map exists already;
 * another run writes it), SX_ERR_FORMAT, SX_ERR_USAGE (the unfinished run had another key),
 * SX_ERR_MEMORY. NULL after an error; otherwise end with sx_deid_map_free. */
sx_deid_map *sx_deid_map_open(const char *path, const sx_deid_options *o, bool new_key,
                              bool *resumed, sx_error *err) SX_MUST_USE;
/* Makes MAP.unfinished, if there is none, before the first row. Error: SX_ERR_IO. */
bool sx_deid_map_begin(sx_deid_map *m, sx_error *err) SX_MUST_USE;
/* Appends the rows that are new. When the call returns true, they are on disk. After an error,
 * which may have left a part of a row, every further call fails. */
bool sx_deid_map_add(sx_deid_map *m, const sx_deid_pair pairs[SX_DEID_PAIRS],
                     sx_error *err) SX_MUST_USE;
/* Writes the map, a CSV with columns kind, was, now in this order, and removes MAP.unfinished. */
bool sx_deid_map_finish(sx_deid_map *m, sx_error *err) SX_MUST_USE;
/* Without sx_deid_map_finish, MAP.unfinished stays if it has a row. NULL is allowed. */
void sx_deid_map_free(sx_deid_map *m);

#endif
