/* A cache of decoded films on disk. The films have 8 bits and the size for training, and are in one
 * file that every process reads.
 *
 * The file is in `dir`, and its name is derived from the films' paths, the conversion to 8 bits and
 * the size. It is complete or absent, also if the process is killed or the disk is full. It
 * contains a checksum of each film, and the size and modification time of the film's file. If files
 * of films have changed, these films are read again and the others are copied. If several processes
 * need the same file, one makes it and the others wait. docs/data.md describes the format. */
#ifndef SX_DATA_FILM_CACHE_H
#define SX_DATA_FILM_CACHE_H

#include "base/progress.h"
#include "data/fit.h"

typedef struct sx_film_cache_options {
    const char *dir; /* created if it does not exist */
    const char *const *paths;
    size_t count;
    sx_pixels pixels;
    sx_fit fit;
    const sx_context *context; /* borrowed, must outlive the cache; may be NULL */
    sx_film_notes *notes;      /* receives warnings about films that are read; may be NULL */
    /* A step for each film while the file is made; may be NULL. */
    sx_progress *progress;
} sx_film_cache_options;

typedef struct sx_film_cache sx_film_cache;

/* Opens the file. If it does not exist, is damaged or is out of date, all threads make it, in
 * memory that does not grow with the number of films. A film that cannot be read is left out
 * without an error. Errors: SX_ERR_IO (a full disk, no permission), SX_ERR_CANCELLED,
 * SX_ERR_MEMORY. */
sx_film_cache *sx_film_cache_open(const sx_film_cache_options *o, sx_error *err) SX_MUST_USE;
void sx_film_cache_close(sx_film_cache *c); /* NULL is allowed */

size_t sx_film_cache_count(const sx_film_cache *c);
size_t sx_film_cache_decoded(const sx_film_cache *c);    /* films that had to be read, and were */
size_t sx_film_cache_unreadable(const sx_film_cache *c); /* films that it does not have */
const char *sx_film_cache_path(const sx_film_cache *c);

/* Reads film i of options.paths; free out->image with sx_image_free. False: the cache does not have
 * the film, out of memory, its checksum is wrong, or the file was truncated. The last two are
 * logged once and remove the file, so that the next run makes it again. May be called from any
 * thread. */
bool sx_film_cache_get(const sx_film_cache *c, size_t i, sx_fitted *out);

#endif
