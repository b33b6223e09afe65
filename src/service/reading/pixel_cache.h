/* The packed pixels of films, on disk: pixels/XX/SHA256.1, .4, .8 and .json below the folder of the
 * service, made when they are first needed, or when films are imported. XX: the first two digits of
 * the SHA-256 of the film's file. May be called by any number of threads and processes.
 *
 * What root makes belongs to the owner of the folder (reading/folder_owner.h). */
#ifndef SX_SERVICE_READING_PIXEL_CACHE_H
#define SX_SERVICE_READING_PIXEL_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/context_impl.h"
#include "base/fail.h"
#include "service/reading/pixel_samples.h"

typedef struct sx_pixel_source {
    const char *folder; /* of the service */
    const char *film;   /* path of its file */
    /* of its file when it was imported, 64 hexadecimal digits in lower case */
    const char *sha256;
    const sx_context *context; /* threads for reading the film; may be NULL */
    uint64_t most_bytes;       /* of the cache; 0: any number. See sx_pixel_cache_trim. */
} sx_pixel_source;

/* Opens a file for reading. part: "1", "4" or "8", a level (reading/pixel_level.h); "json", the
 * description (reading/pixel_samples.h). Makes the film's files if they do not exist, and then,
 * once a minute at most, removes others beyond most_bytes. The caller closes *fd. Errors:
 * SX_ERR_MISMATCH: the film's file has changed since its import; SX_ERR_MISSING: no such part;
 * those of sx_pixel_film_read; SX_ERR_IO. Only messages of SX_ERR_IO name paths. */
bool sx_pixel_cache_open(const sx_pixel_source *s, const char *part, int *fd, uint64_t *size,
                         sx_error *err) SX_MUST_USE;

/* Makes the files of a film that was just read from bytes with this SHA-256, if they do not exist.
 * Removes no others. *bytes: how many were written. */
bool sx_pixel_cache_put(const sx_pixel_source *s, const sx_pixel_film *film, uint64_t *bytes,
                        sx_error *err) SX_MUST_USE;

/* The bytes of all files; 0 where there is no cache. SX_ERR_IO. */
bool sx_pixel_cache_bytes(const char *folder, uint64_t *bytes, sx_error *err) SX_MUST_USE;
/* If there are more bytes than `most`, removes the files of the films that were opened least
 * recently (within an hour) until a tenth is free. */
bool sx_pixel_cache_trim(const char *folder, uint64_t most, sx_error *err) SX_MUST_USE;

#endif
