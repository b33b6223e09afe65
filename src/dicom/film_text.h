/* Text burned into the pixels of a film (image/text.h). */
#ifndef SX_DICOM_FILM_TEXT_H
#define SX_DICOM_FILM_TEXT_H

#include "dicom/dicom_film.h"
#include "image/text.h"

/* Areas in which text is likely, of a film or of several frames of one. {0} is empty. */
typedef struct sx_film_text {
    sx_text_area *areas; /* [count], owned */
    size_t count;
    int width, height; /* of the film */
} sx_film_text;

/* Adds what is found in the film over its whole range of values, and as `shown` shows it: an image
 * of one channel and 8 bits, searched if the film has a window or a VOI LUT, which can hide text or
 * bring it out; NULL: none. Errors: those of sx_text_find. */
bool sx_film_text_add(sx_film_text *t, const sx_film *f, const sx_image *shown,
                      sx_error *err) SX_MUST_USE;
/* All that is found in a film, DICOM or a picture, joined. Errors: also those of sx_film_to_8bit.
 */
bool sx_film_text_find(const sx_film *f, sx_film_text *out, sx_error *err) SX_MUST_USE;
/* Joins areas that overlap, found in both pictures or in several frames. */
void sx_film_text_merge(sx_film_text *t);
/* "x 10 to 90, y 5 to 30 (upper left); ..." as much as fits into `size` bytes, at least 32. */
void sx_film_text_describe(const sx_film_text *t, char *to, size_t size);
void sx_film_text_free(sx_film_text *t);

#endif
