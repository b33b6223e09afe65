/* The packed pixels of films, on disk: pixels/XX/SHA256.1, .4, .8 and .json below the folder of the
 * service, made when they are first needed. XX: the first two digits of the SHA-256 of the film's
 * file. May be called by any number of threads and processes. */
#ifndef SX_SERVICE_READING_PIXEL_CACHE_H
#define SX_SERVICE_READING_PIXEL_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/context_impl.h"
#include "base/fail.h"

typedef struct sx_pixel_source {
    const char *folder; /* of the service */
    const char *film;   /* path of its file */
    /* of its file when it was imported, 64 hexadecimal digits in lower case */
    const char *sha256;
    const sx_context *context; /* threads for reading the film; may be NULL */
} sx_pixel_source;

/* Opens a file for reading. part: "1", "4" or "8", a level (reading/pixel_level.h); "json", the
 * description (reading/pixel_samples.h). The caller closes *fd. Errors: SX_ERR_MISMATCH: the film's
 * file has changed since its import; SX_ERR_MISSING: no such part; those of sx_pixel_film_read;
 * SX_ERR_IO. Only messages of SX_ERR_IO name paths. */
bool sx_pixel_cache_open(const sx_pixel_source *s, const char *part, int *fd, uint64_t *size,
                         sx_error *err) SX_MUST_USE;

/* Makes the files if they do not exist, for instance when films are imported. */
bool sx_pixel_cache_make(const sx_pixel_source *s, sx_error *err) SX_MUST_USE;

#endif
