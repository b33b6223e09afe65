/* The overlay: a film with the boxes of its findings, each with a tag, a header and a legend.
 *
 * Classes differ by colour (Okabe and Ito's palette, safe for colour-blind readers), by the dashes
 * of their lines and by the names in tags and legend. Lines have a dark casing and text has a dark
 * background, so that both are legible on dark and on bright films. */
#ifndef SX_IMAGE_OVERLAY_DRAW_H
#define SX_IMAGE_OVERLAY_DRAW_H

#include "base/context_impl.h"
#include "image/image.h"

/* BY_CLASS: dashes that tell the classes apart. SOLID and DASHED are free for another distinction,
 * which the note must explain. */
typedef enum sx_overlay_line { SX_LINE_BY_CLASS, SX_LINE_SOLID, SX_LINE_DASHED } sx_overlay_line;

typedef struct sx_overlay_box {
    float x0, y0, x1, y1; /* in the film's pixels */
    float score;          /* 0..1; NaN: none is shown */
    int label;            /* 0..: colour and dashes */
    const char *name;     /* UTF-8 */
    sx_overlay_line line;
} sx_overlay_box;

/* Strings may be NULL: they are left out. Tags are placed in the order of the boxes: put the most
 * important first. */
typedef struct sx_overlay {
    const sx_context *context; /* threads; NULL: one */
    const sx_overlay_box *boxes;
    size_t count;
    const char *title;             /* the header's first line: the film's name */
    const char *verdict;           /* "abnormal" */
    bool alarm;                    /* colours the verdict vermilion, else bluish green */
    double probability, threshold; /* 0..1, NaN: none; shown as numbers and as a bar with a mark */
    const char *note;              /* small, below the legend, at most three lines */
    /* At the bottom, on the canvas below the film and never on it, so large that it can be read
     * where the whole picture is shown: what must stand with the result (base/notice.h), and the
     * weights' note, of which at most five lines are shown. */
    const char *notice, *warning;
    /* pixels: the film is scaled until its longer side lies between; 0: 1000 and 1600 */
    int least, most;
} sx_overlay;

/* Makes *out, RGB, 8 bits: the scaled film, on a wider canvas if it is very narrow, with a header
 * above and a legend below it unless they are empty. `film`: 8 bits, 1 or 3 channels. Boxes are
 * clipped to the film; those with NaN or without area are left out. Errors: SX_ERR_UNSUPPORTED
 * (film), SX_ERR_MEMORY, SX_ERR_INTERNAL (cairo). */
bool sx_overlay_draw(const sx_image *film, const sx_overlay *what, sx_image *out,
                     sx_error *err) SX_MUST_USE;

/* The colour of a label as R, G, B; labels from 7 on repeat the colours with other dashes. */
void sx_label_color(int label, uint8_t rgb[3]);

#endif
