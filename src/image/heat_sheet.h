/* Heat maps over a film: panels side by side, each with the film in grey under one map and a
 * caption, and one colour scale below.
 *
 * Colours are viridis: its lightness rises evenly, which suits colour-blind readers, and none of
 * its colours is grey like the film. Small values are more transparent, so that the film shows
 * through. A contour surrounds values of at least half of the map's maximum. */
#ifndef SX_IMAGE_HEAT_SHEET_H
#define SX_IMAGE_HEAT_SHEET_H

#include "image/image.h"

/* The contribution of each region of a film to a number: the number is the mean of all cells plus
 * `bias`. */
typedef struct sx_heat_map {
    int width, height; /* cells */
    float *cell;       /* [height][width], owned */
    /* the cells cover this many times the film's width and height, from its upper left corner: 1,
     * or more if the network's input is padded */
    double over_x, over_y;
    float bias;
} sx_heat_map;
void sx_heat_map_free(sx_heat_map *h); /* {0} is allowed */

/* The value at (x, y), 0..1 of the film's width and height: bilinear between the cells' middles. */
double sx_heat_at(const sx_heat_map *h, double x, double y);
/* The highest cell of those that show a part of the film, and its centre as x and y in the same
 * units. */
double sx_heat_peak(const sx_heat_map *h, double *x, double *y);

typedef struct sx_heat_panel {
    const char *title, *detail; /* UTF-8; NULL: none */
    const sx_heat_map *map;     /* NULL: only the film */
} sx_heat_panel;

enum { SX_HEAT_PANELS = 66 };

typedef struct sx_heat_sheet {
    const sx_heat_panel *panels;
    size_t count;      /* 1..SX_HEAT_PANELS */
    const char *title; /* of the sheet */
    const char *scale; /* what the colours mean */
    /* at the bottom, as in an overlay (overlay_draw.h); NULL or "": none */
    const char *notice, *warning;
    double full; /* the value of the highest colour; > 0 */
} sx_heat_sheet;

/* 0..1 -> colour. */
void sx_heat_color(double t, uint8_t rgb[3]);

/* Makes *out, RGB, 8 bits. `film`: 8 bits, 1 or 3 channels. Errors: as sx_overlay_draw;
 * SX_ERR_USAGE (no panel, a scale that is not above 0). */
bool sx_heat_draw(const sx_image *film, const sx_heat_sheet *sheet, sx_image *out,
                  sx_error *err) SX_MUST_USE;

#endif
