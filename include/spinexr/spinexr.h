/* libspinexr: spinal lesions on radiographs.
 *
 *     sx_error err = { SX_OK, "" };
 *     sx_predictor *p = sx_predictor_open(NULL, weights, 4, NULL, &err);
 *     sx_prediction *film = p ? sx_predict_file(p, "film.dcm", NULL, &err) : NULL;
 *     if (film) printf("P(abnormal) %.3f\n", sx_prediction_probability(film));
 *
 * Strings are UTF-8, except paths, which are bytes as in the file system. Fallible calls return
 * NULL or false and fill `err` (spinexr/error.h), which may be NULL. Nothing is printed, and no
 * call ends the program.
 *
 * Threads, messages and cancellation: spinexr/context.h. The library keeps no process-wide state.
 *
 * fork: threads do not survive it. In the child process the only valid call on a predictor of the
 * parent is to free it: predicting with it gives SX_ERR_USAGE. Open predictors in the child, in a
 * thread that did not use the library before the fork (OpenMP's threads belong to the thread that
 * made them), or call exec. */
#ifndef SPINEXR_H
#define SPINEXR_H

#include "spinexr/batch.h"
#include "spinexr/context.h"
#include "spinexr/error.h"
#include "spinexr/prediction.h"
#include "spinexr/predictor.h"
#include "spinexr/types.h"
#include "spinexr/version.h"

#endif
