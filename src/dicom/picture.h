/* PNG and JPEG files as films. */
#ifndef SX_DICOM_PICTURE_H
#define SX_DICOM_PICTURE_H

#include "base/fail.h"
#include "dicom/film_types.h"

/* False if the bytes are neither the beginning of a PNG nor of a JPEG. */
bool sx_picture_kind(const uint8_t *bytes, size_t n, sx_film_kind *kind);
/* Fills kind, size and image of *f, or with `header_only` all except the image. Messages begin with
 * `name`. */
bool sx_picture_read(sx_film *f, const uint8_t *bytes, size_t n, const char *name, bool header_only,
                     sx_error *err) SX_MUST_USE;

#endif
