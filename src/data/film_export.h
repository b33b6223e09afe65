/* The films of a data set, written as pictures or copied: what the authors' dicom2png does. */
#ifndef SX_DATA_FILM_EXPORT_H
#define SX_DATA_FILM_EXPORT_H

#include "base/context_impl.h"
#include "data/manifest.h"
#include "spinexr/types.h" /* sx_pixels */

typedef enum sx_film_format {
    SX_EXPORT_PNG,   /* 8 bits a sample */
    SX_EXPORT_PNG16, /* stored values, smallest..largest to 0..65535, bone bright; no window */
    SX_EXPORT_JPEG,  /* 8 bits, quality 92 */
    SX_EXPORT_DICOM  /* a copy of the file's bytes */
} sx_film_format;

typedef struct sx_film_export {
    sx_film_format format;
    sx_pixels pixels; /* how stored values become 8 bits */
    int side;         /* shrink films whose longer side has more pixels; 0: none. Not DICOM */
} sx_film_export;

/* The ending of such a file: ".png". */
const char *sx_film_export_ending(sx_film_format format);

/* Writes one film and logs the warnings about its pixels. context may be NULL. *film_failed, which
 * may be NULL, says whether the film could not be read or converted; otherwise `to` could not be
 * written, which other films share. Errors: those of sx_film_open and sx_film_to_8bit_named, which
 * begin with `from`; SX_ERR_UNSUPPORTED (a picture as DICOM or with 16 bits), SX_ERR_IO. */
bool sx_film_export_one(const sx_context *context, const sx_film_export *e, const char *from,
                        const char *to, bool *film_failed, sx_error *err) SX_MUST_USE;

/* Changes sizes and boxes to those of films that are shrunk to `side`. SX_ERR_MISSING: a film with
 * boxes has no size. */
bool sx_film_export_fit(sx_manifest *m, int side, sx_error *err) SX_MUST_USE;

#endif
