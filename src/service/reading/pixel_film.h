/* Reads the pixels of a film for the reading room's pages. */
#ifndef SX_SERVICE_READING_PIXEL_FILM_H
#define SX_SERVICE_READING_PIXEL_FILM_H

#include "base/context_impl.h"
#include "dicom/dicom_film.h"
#include "service/reading/pixel_samples.h"

/* Reads a film from its bytes; `name` names it in messages. `context`: threads; may be NULL. A
 * colour picture becomes grey. Errors: those of sx_film_from_memory and sx_film_to_8bit. On failure
 * *out is empty. */
bool sx_pixel_film_read(const void *bytes, size_t n, const char *name, const sx_context *context,
                        sx_pixel_film *out, sx_error *err) SX_MUST_USE;
/* The same of a film whose pixels were read. */
bool sx_pixel_film_of(const sx_film *f, sx_pixel_film *out, sx_error *err) SX_MUST_USE;
/* {0} is allowed */
void sx_pixel_film_free(sx_pixel_film *p);

#endif
