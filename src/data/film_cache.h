/* Decoded films on disk: 8 bits, at the size for training, in one file that every process maps.
 *
 * The file stands in `dir` under a name that follows from the films' paths, the way to 8 bit and
 * the size, and is written whole or not at all: killed half-way or on a full disk, nothing is left
 * that could be taken for one. Each film carries a checksum and its file's size and time of change;
 * where these differ the film is read anew and the rest copied. Of several processes that want the
 * same file one makes it and the others wait. The layout is in docs/data.md. */
#ifndef SX_DATA_FILM_CACHE_H
#define SX_DATA_FILM_CACHE_H

#include "base/progress.h"
#include "data/fit.h"

typedef struct sx_film_cache_options {
    const char *dir; /* made if it is not there */
    const char *const *paths;
    size_t count;
    sx_pixels pixels;
    sx_fit fit;
    const sx_context *context; /* borrowed, must outlive the cache; may be NULL */
    /* A step for each film that is looked at while the file is made; may be NULL. */
    sx_progress *progress;
} sx_film_cache_options;

typedef struct sx_film_cache sx_film_cache;

/* Opens the file, making it on all threads if it is not there, damaged, or out of date; memory does
 * not grow with the number of films. A film that cannot be read has no place in it and is no error.
 * Errors: SX_ERR_IO (no room, no permission), SX_ERR_CANCELLED, SX_ERR_MEMORY. */
sx_film_cache *sx_film_cache_open(const sx_film_cache_options *o, sx_error *err) SX_MUST_USE;
void sx_film_cache_close(sx_film_cache *c); /* NULL is allowed */

size_t sx_film_cache_count(const sx_film_cache *c);
size_t sx_film_cache_decoded(const sx_film_cache *c); /* how many films this opening had to read */
const char *sx_film_cache_path(const sx_film_cache *c);

/* Film i of options.paths; the pixels belong to the cache, must not be written, and are valid until
 * it is closed. False: it is not there, or its bytes are not those that were written (said once in
 * the log; the file is then taken away, so that the next run makes it anew). From any thread. */
bool sx_film_cache_get(const sx_film_cache *c, size_t i, sx_fitted *out);

#endif
