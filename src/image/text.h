/* Text burned into films: lines of glyphs, found by their appearance; characters are not
 * recognised.
 *
 * Burned-in text consists of sharp, thin strokes of one grey level on a wider background, of equal
 * height and on one base line. Strokes are found as white and black top-hats of two sizes (Serra
 * 1982), glyphs as connected components, and lines as chains of at least three glyphs beside each
 * other (or below each other, turned by a right angle). Rulers, single letters (L, R) and anatomy
 * rarely form such chains. docs/deidentify.md lists the rates of misses and false alarms. */
#ifndef SX_IMAGE_TEXT_H
#define SX_IMAGE_TEXT_H

#include "image/image.h"

typedef struct sx_text_area {
    int x0, y0, x1,
        y1;     /* pixels, right and lower edges excluded; with a margin around the glyphs */
    int glyphs; /* number of separate glyphs */
} sx_text_area;

/* Lines of text in the border of a film: those that lie wholly within a quarter of its width or
 * height from an edge. film: one channel, 8 bits. *areas by malloc, the caller's to free, NULL
 * where there is none; areas that overlap are joined. Glyphs from 6 pixels to a twelfth of the
 * longer side high. Errors: SX_ERR_UNSUPPORTED (film), SX_ERR_MEMORY. */
bool sx_text_find(const sx_image *film, sx_text_area **areas, size_t *count,
                  sx_error *err) SX_MUST_USE;

/* "upper left", "lower", ...: where an area lies on a film of that size. */
const char *sx_text_place(const sx_text_area *a, int width, int height);

#endif
