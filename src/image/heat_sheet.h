/* Heat maps over a film: panels beside one another, each the film in grey with one map laid on it,
 * a caption, and one colour scale below for all.
 *
 * Colours are viridis' (dark blue, green, yellow: its lightness rises evenly, so that it reads the
 * same to colour-blind readers, and no colour of it is a grey of the film); a small value is also
 * more transparent, so that the film shows where there is nothing. A line with a dark edge goes
 * round what reaches half of a map's highest. */
#ifndef SX_IMAGE_HEAT_SHEET_H
#define SX_IMAGE_HEAT_SHEET_H

#include "image/image.h"

/* How much each place of a film adds to a number: the mean of all cells plus `bias` is the
 * number. */
typedef struct sx_heat_map {
    int width, height; /* cells */
    float *cell;       /* [height][width], owned */
    /* the cells cover so many times the film's width and height, from its upper left corner: 1, or
     * more where a network's input is padded */
    double over_x, over_y;
    float bias;
} sx_heat_map;
void sx_heat_map_free(sx_heat_map *h); /* {0} is allowed */

/* The value at (x, y), 0..1 of the film's width and height: bilinear between the cells' middles. */
double sx_heat_at(const sx_heat_map *h, double x, double y);
/* The highest cell, and its middle as such x and y. */
double sx_heat_peak(const sx_heat_map *h, double *x, double *y);

typedef struct sx_heat_panel {
    const char *title, *detail; /* UTF-8; NULL: none */
    const sx_heat_map *map;     /* NULL: the film alone */
} sx_heat_panel;

enum { SX_HEAT_PANELS = 66 };

typedef struct sx_heat_sheet {
    const sx_heat_panel *panels;
    size_t count;      /* 1..SX_HEAT_PANELS */
    const char *title; /* of the sheet */
    const char *scale; /* what the colours mean */
    const char *note;  /* NULL or "": none */
    double full;       /* the value of the last colour; > 0 */
} sx_heat_sheet;

/* 0..1 -> colour. */
void sx_heat_color(double t, uint8_t rgb[3]);

/* Makes *out, RGB, 8 bits. `film`: 8 bits, 1 or 3 channels. Errors: as sx_overlay_draw;
 * SX_ERR_USAGE (no panel, a scale that is not above 0). */
bool sx_heat_draw(const sx_image *film, const sx_heat_sheet *sheet, sx_image *out,
                  sx_error *err) SX_MUST_USE;

#endif
