/* Shared by the parts of the overlay (overlay_draw.h). */
#ifndef SX_IMAGE_OVERLAY_DRAW_IMPL_H
#define SX_IMAGE_OVERLAY_DRAW_IMPL_H

#include <cairo.h>

#include "image/overlay_draw.h"
#include "image/place.h"

enum { SX_TAG_BYTES = 128, SX_LINE_BYTES = 512, SX_PARAGRAPH_BYTES = 1024 };

typedef struct sx_ink {
    double r, g, b, a;
} sx_ink;

extern const sx_ink sx_ink_ground, sx_ink_plate, sx_ink_casing, sx_ink_bright, sx_ink_soft,
    sx_ink_dim, sx_ink_warning;

typedef struct sx_shown_box {
    sx_rect at; /* on the picture */
    const sx_overlay_box *box;
    char text[SX_TAG_TEXTS][SX_TAG_BYTES];
} sx_shown_box;

/* Sizes in pixels of the picture. */
typedef struct sx_picture {
    const sx_overlay *what;
    cairo_t *c;
    double font, line;
    int film_x, film_y, film_width, film_height, width, height, legend_y;
    double scale; /* picture pixels to one of the film */
    sx_shown_box *boxes;
    sx_tag *tags;
    size_t count;
} sx_picture;

/* overlay_ink.c */
sx_ink sx_label_ink(int label);
void sx_use_ink(const sx_picture *p, sx_ink ink);
/* cairo rejects the whole picture for one invalid byte, so bytes that are not UTF-8 become '?'. */
void sx_clean_text(char *to, size_t size, const char *from);
void sx_use_font(const sx_picture *p, double size, bool bold);
/* Whether all was drawn and measured so far: SX_ERR_MEMORY, SX_ERR_INTERNAL. */
bool sx_picture_ok(const sx_picture *p, const char *what, sx_error *err) SX_MUST_USE;
double sx_text_width(const sx_picture *p, const char *text);
/* Truncated with an ellipsis if `room` is too small. `y` is the line's middle; returns the width
 * used. */
double sx_put_text(const sx_picture *p, double x, double y, double room, sx_ink ink,
                   const char *text);
/* Copies a text, shortened in the middle by an ellipsis if `room` is too small: the ends of UIDs
 * tell films apart. */
void sx_shorten_middle(const sx_picture *p, double room, const char *text, char to[SX_LINE_BYTES]);
void sx_round_rect(const sx_picture *p, sx_rect r, double radius); /* adds a path */
/* Strokes the path in the colour of the label. */
void sx_stroke_label(const sx_picture *p, int label, sx_overlay_line line);
double sx_nearest(double v, double low, double high);

/* overlay_paragraph.c: text that is broken between words. */
typedef struct sx_paragraph {
    double x, y, room; /* y: the middle of the first line */
    double line;       /* from one line to the next */
    int most_lines;    /* the last is truncated with an ellipsis */
    sx_ink ink;
} sx_paragraph;

/* Draws the text in the current font, without `draw` only measures; returns the number of lines. */
int sx_put_paragraph(const sx_picture *p, const sx_paragraph *style, const char *text, bool draw);
/* The notice and the warning of a picture; either may be NULL or "". Returns the height. */
double sx_put_notice(const sx_picture *p, double x, double top, double room, const char *notice,
                     const char *warning, bool draw);

/* overlay_boxes.c: clips the boxes, measures their texts and places the tags; then draws them. */
bool sx_arrange_boxes(sx_picture *p, sx_error *err) SX_MUST_USE;
void sx_draw_boxes(const sx_picture *p);

/* overlay_frame.c */
int sx_header_height(const sx_picture *p);
void sx_draw_header(const sx_picture *p);
/* One entry for each label in use, the note and the notice; returns the height. Without `draw` it
 * only measures. */
double sx_legend(const sx_picture *p, bool draw);

#endif
