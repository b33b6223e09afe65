/* A film: the content of a DICOM, PNG or JPEG file, and its conversion to the 8 bits that the
 * networks take.
 *
 * The kind of a file is recognised by its bytes, not by its name. The functions keep no state
 * between calls and may run in any number of threads at once. docs/films.md describes the transfer
 * syntaxes and the two pipelines to 8 bit for users. */
#ifndef SX_DICOM_DICOM_FILM_H
#define SX_DICOM_DICOM_FILM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/context_impl.h"
#include "base/fail.h"
#include "dicom/film_types.h"
#include "image/image.h"
#include "spinexr/types.h" /* sx_pixels */

/* Reads a film; free it with sx_film_free. Messages begin with the path. Errors: SX_ERR_IO;
 * SX_ERR_FORMAT (not a film, truncated, inconsistent); SX_ERR_MISSING (no Pixel Data, no Rows);
 * SX_ERR_VALUE (zero rows); SX_ERR_LIMIT (larger than sx_image allows); SX_ERR_UNSUPPORTED (colour,
 * several frames, unknown transfer syntax); SX_ERR_USAGE (no such frame). */
sx_film *sx_film_open(const char *path, const sx_film_options *options, sx_error *err) SX_MUST_USE;
/* The same from memory, which may be freed afterwards; `name` names the film in messages. */
sx_film *sx_film_from_memory(const void *bytes, size_t n, const char *name,
                             const sx_film_options *options, sx_error *err) SX_MUST_USE;
void sx_film_free(sx_film *f); /* NULL is allowed */

/* Converts the film to 8 bits, with bright bone, in a new image of one channel (three for a colour
 * PNG or JPEG).
 *
 * SX_PIXELS_DICOM (and AUTO): Modality LUT or rescale; VOI LUT, else the first window, else
 * smallest..largest value; inverted once for MONOCHROME1 or PresentationLUTShape INVERSE; rounded.
 * Padding becomes black and is excluded from smallest..largest; a film of one value without window
 * is black. SX_PIXELS_VINDR: the same bytes as dicom2png of the VinDr-SpineXR authors (its
 * convert2, and convert1 if that fails). PNG and JPEG: in both pipelines 8-bit pixels are not
 * changed and 16-bit pixels are stretched from smallest..largest to 0..255.
 *
 * A warning is logged if a look-up table or window maps a film of several values to a single grey
 * value or to less than a tenth of the grey range. */
bool sx_film_to_8bit(const sx_film *f, sx_pixels pixels, sx_image *out, sx_error *err) SX_MUST_USE;
/* The same with errors that begin with the film's name, as those of sx_film_open do. */
bool sx_film_to_8bit_named(const sx_film *f, sx_pixels pixels, sx_image *out,
                           sx_error *err) SX_MUST_USE;

#endif
