/* Lists of films, one per line, as `spinexr data split` writes them. All commands use this reader.
 *
 * Blanks around an entry, blank lines, a byte order mark and line ends of all systems are ignored.
 * A line that begins with # is a comment, unless a film has this name. */
#ifndef SX_DATA_FILM_LIST_H
#define SX_DATA_FILM_LIST_H

#include "base/names.h"
#include "data/manifest.h"

typedef struct sx_film_list_user {
    /* Takes an entry if it names a film (*known). It may get a line twice, with the blanks around
     * it and without. Bytes that are not UTF-8 are escaped (base/utf8.h). */
    bool (*entry)(void *user, const char *text, bool *known, sx_error *err);
    void *user;
    const char *whose; /* "the data set": what must contain the entries, for messages */
} sx_film_list_user;

/* Reads a list. Errors name the file and line: SX_ERR_IO, SX_ERR_FORMAT, SX_ERR_MISSING (no entry,
 * or one that names no film), SX_ERR_MEMORY, and those of `entry`. */
bool sx_film_list_read(const char *path, const sx_film_list_user *user, sx_error *err) SX_MUST_USE;
/* The same for the bytes of a list, which messages call `name`. */
bool sx_film_list_parse(const char *name, const void *bytes, size_t n,
                        const sx_film_list_user *user, sx_error *err) SX_MUST_USE;

/* Marks the films of a data set that a list names in chosen[m->film_count]: by their ids, or by
 * paths that end in these, whose folders must be those of the films (data/film_homes.h). */
bool sx_film_list_open(const char *path, const sx_manifest *m, bool *chosen,
                       sx_error *err) SX_MUST_USE;

#endif
