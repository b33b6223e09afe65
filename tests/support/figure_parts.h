/* Finds what a figure is made of. */
#ifndef TESTS_SUPPORT_FIGURE_PARTS_H
#define TESTS_SUPPORT_FIGURE_PARTS_H

#include "document/figure_draw.h"

/* The label with this text; NULL: there is none. */
const sx_label *find_label(const sx_figure *f, const char *text);
/* The n-th shape that is stroked or, if `fill`, filled with this colour; NULL: there is none. */
const sx_shape *find_shape(const sx_figure *f, bool fill, uint32_t colour, size_t n);
/* The places to which a path moves and draws lines, at most `room`; *moves of them begin a part. */
size_t path_points(const sx_shape *s, double (*xy)[2], size_t room, size_t *moves);
/* Where a path ends at the left, top, right and bottom. */
void path_box(const sx_shape *s, double box[4]);

#endif
