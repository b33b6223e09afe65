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

/* `about` is printed below the title; NULL: nothing. False when memory is out. */
bool sx_panels_open(sx_panels *p, const char *title, const char *about, double width,
                    int columns) SX_MUST_USE;
/* Puts the heading into the next place, the pen below it, and returns the figure. */
sx_figure *sx_panels_begin(sx_panels *p, const char *heading, double height);
void sx_panels_end(sx_panels *p);
/* A panel that says why there is no plot. */
void sx_panels_note(sx_panels *p, const char *heading, const char *why);
/* Gives the figure its size and hands it over. */
sx_figure *sx_panels_close(sx_panels *p);

#endif
