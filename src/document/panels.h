/* A figure of several plots, each with a heading, row by row; for the files of this folder. */
#ifndef SX_DOCUMENT_PANELS_H
#define SX_DOCUMENT_PANELS_H

#include "document/figure_draw.h"

typedef struct sx_panels {
    sx_figure *figure;
    double width; /* of a panel */
    int columns, column;
    double y, tallest; /* of the row that is being drawn */
} sx_panels;

/* `about` is printed below the title; NULL: nothing. False when out of memory. */
bool sx_panels_open(sx_panels *p, const char *title, const char *about, double width,
                    int columns) SX_MUST_USE;
/* Draws the heading of the next panel, moves the pen below it, and returns the figure. */
sx_figure *sx_panels_begin(sx_panels *p, const char *heading, double height);
void sx_panels_end(sx_panels *p);
/* A panel with a message instead of a plot. */
void sx_panels_note(sx_panels *p, const char *heading, const char *why);
/* Sets the figure's size and returns it to the caller. */
sx_figure *sx_panels_close(sx_panels *p);

#endif
