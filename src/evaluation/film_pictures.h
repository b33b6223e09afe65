/* Films on an evaluation's page. */
#ifndef SX_EVALUATION_FILM_PICTURES_H
#define SX_EVALUATION_FILM_PICTURES_H

#include "evaluation/evaluation.h"

/* A small picture of a film with a missed lesion or a false positive marked (NULL: none). False
 * when in->films does not hold the film or it cannot be read. */
bool sx_eval_thumbnail(const sx_eval_input *in, sx_eval_output *out, uint32_t film,
                       const sx_truth_box *truth, const sx_found_box *found, const char *detail);
/* A film twice, side by side: its true boxes, and what in->predictions[0] found with scores of at
 * least `least` and P(abnormal) against `threshold`. False as above. */
bool sx_eval_sheet(const sx_eval_input *in, sx_eval_output *out, uint32_t film, double threshold,
                   double least, const char *detail);

/* The film's file in a folder, by its name and the ending of a film; on the heap, NULL: none. */
char *sx_eval_find_film(const char *folder, const char *id);

#endif
