/* Films on an evaluation's page. */
#ifndef SX_EVALUATION_FILM_PICTURES_H
#define SX_EVALUATION_FILM_PICTURES_H

#include "evaluation/eval_input.h"
#include "evaluation/film_view.h"

/* A small picture of a film with a missed lesion or a false positive marked (NULL: none); `detail`
 * says in words what it shows. False
 * when in->films does not have the film or it cannot be read, which is counted there. */
bool sx_eval_thumbnail(const sx_eval_input *in, sx_eval_output *out, uint32_t film,
                       const sx_truth_box *truth, const sx_found_box *found, const char *detail);
/* A film twice, side by side: with its true boxes; and with the boxes of in->predictions[0] that
 * score at least `least`, and P(abnormal) compared with `threshold`. */
typedef struct sx_eval_sheet {
    uint32_t film;
    bool found; /* in->films has the film */
    bool drawn; /* false: it could not be read or drawn, as `why` says */
    sx_error why;
    sx_str pair; /* JPEG of both pictures */
    sx_str alt;  /* what they show, in words */
    sx_film_view view;
} sx_eval_sheet;

/* Draws it. Several threads may draw films of one input. Always followed by sx_eval_sheet_free. */
void sx_eval_sheet_draw(const sx_eval_input *in, uint32_t film, double threshold, double least,
                        sx_eval_sheet *s);
/* Appends it to the page, and writes its files if the pictures are beside the page. False when
 * in->films does not have the film or there is no picture, which is counted there. */
bool sx_eval_sheet_put(const sx_eval_input *in, sx_eval_output *out, const char *detail,
                       sx_eval_sheet *s);
void sx_eval_sheet_free(sx_eval_sheet *s);

/* The film's file; NULL: files are not searched for, or it was not found. */
const char *sx_eval_film_path(const sx_eval_input *in, uint32_t film);
/* The film's file as a path from the folder of in->page_path, for the caller to free; NULL: there
 * is no page or file, both share only the root folder, or memory ran out. */
char *sx_eval_film_link(const sx_eval_input *in, uint32_t film) SX_MUST_USE;
/* Counts a picture: `why` is the error if it could not be drawn. Returns whether it was drawn. */
bool sx_eval_count_picture(const sx_eval_input *in, bool drawn, const sx_error *why);
/* A warning that counts the pictures that could not be drawn. */
void sx_eval_warn_about_pictures(const sx_eval_input *in, sx_eval_output *out);

#endif
