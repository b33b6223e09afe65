/* Internal to the search for text (text.h): text.c finds glyphs, text_lines.c joins them to
 * lines. */
#ifndef SX_IMAGE_TEXT_IMPL_H
#define SX_IMAGE_TEXT_IMPL_H

#include "image/text.h"

typedef struct sx_glyph {
    int x0, y0, x1, y1, area;
    float edge;             /* width of its edges, pixels */
    uint8_t peak, contrast; /* brightest pixel; difference from the background */
} sx_glyph;

typedef struct sx_text_plane {
    int width, height, scale;    /* scale: pixels of the film per pixel of the plane */
    int film_width, film_height; /* of the film */
    uint8_t *grey, *hat, *mark;  /* [height][width] */
    uint8_t *row;
    uint32_t *stack;
    size_t stack_size;
    sx_glyph *glyphs;
    size_t glyph_count;
} sx_text_plane;

typedef struct sx_text_list {
    sx_text_area *items;
    size_t count;
} sx_text_list;

/* Adds the lines that the plane's glyphs form, horizontal and vertical. Sorts the glyphs. */
bool sx_text_lines(sx_text_plane *p, sx_text_list *list, sx_error *err) SX_MUST_USE;
/* Adds an area in the plane's pixels, if it lies in the film's border. */
bool sx_text_add(sx_text_list *list, const sx_text_plane *p, sx_text_area a,
                 sx_error *err) SX_MUST_USE;

#endif
