/* Checks the options that a caller gives for one film. */
#ifndef SX_API_FILM_OPTIONS_H
#define SX_API_FILM_OPTIONS_H

#include "base/fail.h"
#include "spinexr/predictor.h"

/* Copies the given options, or the defaults for NULL, to *out. Error: SX_ERR_USAGE (an option is
 * out of range, or this version does not have it). */
bool sx_predict_options_complete(sx_predict_options *out, const sx_predict_options *given,
                                 sx_error *err) SX_MUST_USE;

#endif
