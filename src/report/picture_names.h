/* Names for the pictures of films: the film's own, and with "-2", "-3", ... if several films have
 * the same name. They depend only on the list of films, so every rank of a run computes the same
 * names, even if films fail. */
#ifndef SX_REPORT_PICTURE_NAMES_H
#define SX_REPORT_PICTURE_NAMES_H

#include "pipeline/inputs.h"

typedef struct sx_picture_names {
    char **items; /* [count], in the order of the inputs, without folder and ending; UTF-8 */
    size_t count;
} sx_picture_names;

/* Size of the longest folder, name and ending, with the NUL. */
enum { SX_PICTURE_NAME = 300 };

/* `frame`: as sx_predict_options.frame; from 2 on it is part of the names. Takes time proportional
 * to the number of films. On failure *names is empty. */
bool sx_picture_names_make(sx_picture_names *names, const sx_inputs *inputs, int frame,
                           sx_error *err) SX_MUST_USE;
void sx_picture_names_free(sx_picture_names *names); /* {0} is allowed */

#endif
