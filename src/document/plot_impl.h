/* Internal to the plots: what their parts share. */
#ifndef SX_DOCUMENT_PLOT_IMPL_H
#define SX_DOCUMENT_PLOT_IMPL_H

#include "document/figure_draw.h"
#include "document/plot.h"

enum {
    SX_INK = 0x1b1f24,
    SX_INK_SOFT = 0x47505a,
    SX_INK_FAINT = 0x737d87,
    SX_GRID = 0xe3e7eb,
    SX_WHITE = 0xffffff
};

/* The area in which the data are drawn, and the axes made valid. */
typedef struct sx_frame {
    const sx_plot *p;
    sx_axis x, y;
    double left, top, width, height;
    bool legend_above; /* between the upper edge of the plot and the frame, not in a corner */
} sx_frame;

/* A point of a series in the frame: 0..1 to the right and upwards; NaN: missing. */
typedef struct sx_spot {
    double u, v;
} sx_spot;

/* plot_curves.c */
/* sx_plot_draw_curves without the description in words. */
void sx_plot_draw_shapes(sx_figure *f, const sx_plot *p);
uint32_t sx_series_colour(int i); /* < 0: a faint grey */
/* The dash of the i-th series of a plot. */
int sx_series_dash(const sx_series *s, size_t i);
sx_spot sx_frame_spot(const sx_frame *f, double x, double y);
bool sx_spot_missing(sx_spot s);
bool sx_spot_inside(sx_spot s);
double sx_frame_x(const sx_frame *f, double u);
double sx_frame_y(const sx_frame *f, double v);
/* Clips the line from a to b to 0..1; false if nothing remains. */
bool sx_clip_line(sx_spot *a, sx_spot *b);
/* Adds a circle to the path. */
void sx_add_dot(sx_figure *f, double x, double y, double radius);

/* plot_legend.c: drawn in a free corner. If there is none, sx_make_room_for_legend lowers the upper
 * edge of the frame, and the legend is drawn above it. */
void sx_make_room_for_legend(sx_figure *f, sx_frame *frame);
void sx_plot_legend(sx_figure *f, const sx_frame *frame);

/* plot_describe.c */
void sx_describe_curves(sx_figure *f, const sx_plot *p);
void sx_describe_bars(sx_figure *f, const sx_bars *b);

#endif
