/* A film for the viewer of a page: the picture without boxes, and the boxes as data. */
#ifndef SX_EVALUATION_FILM_VIEW_H
#define SX_EVALUATION_FILM_VIEW_H

#include "base/run_folder.h"
#include "evaluation/eval_input.h"
#include "image/image.h"

typedef struct sx_film_view {
    /* JSON: w, h (of the film, in pixels), least, classes[] of name and colour (#rrggbb), and the
     * boxes truth[], findings[] (of the film's picture) and others[], each an array: the number of
     * its class, x, y, w, h and, but for true ones, the score in ten thousandths. */
    sx_str data;
    sx_str picture; /* JPEG, at most 1,280 pixels a side */
} sx_film_view;

/* `grey` is the whole film; `least` the score from which boxes are shown at first. Several threads
 * may make views of one input. Error: SX_ERR_MEMORY. Free *out with sx_film_view_free; a failed
 * call leaves it empty. */
bool sx_film_view_make(const sx_eval_input *in, uint32_t film, const sx_image *grey, double least,
                       sx_film_view *out, sx_error *err) SX_MUST_USE;
void sx_film_view_free(sx_film_view *v);

/* Opens the folder PAGE-films beside the page for pictures: those of an earlier page are replaced,
 * by the folder's journal, and other files of such names are refused, as is a link. For
 * sx_run_folder_begin and sx_run_folder_close. */
bool sx_film_view_folder(const char *page, sx_run_folder **out, sx_error *err) SX_MUST_USE;
/* Writes a picture into in->pictures; *link is its path from the page, for
 * the caller to free. */
bool sx_film_view_file(const sx_eval_input *in, uint32_t film, const char *kind,
                       const sx_str *picture, char **link, sx_error *err) SX_MUST_USE;

#endif
