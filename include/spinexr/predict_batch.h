/* Many films through one predictor: reading, networks and drawing run in parallel.
 *
 *     sx_batch_options o = SX_BATCH_DEFAULTS;
 *     o.film_done = print_film;
 *     if (!sx_predict_batch(p, &folder, 1, &o, &err)) fprintf(stderr, "%s\n", err.message);
 *
 * The calling thread runs the networks and makes the calls of film_done; other threads read ahead
 * and draw. At most 18 films are held in memory, and further films are begun only while their
 * estimated size, from the headers, stays below 512 MiB. Results do not depend on the number of
 * threads. */
#ifndef SPINEXR_PREDICT_BATCH_H
#define SPINEXR_PREDICT_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "spinexr/error.h"
#include "spinexr/predictor.h"
#include "spinexr/result.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The result of one film. Owned by the library and valid during the call; later versions may add
 * fields at the end. Keep the prediction with sx_prediction_hold. */
typedef struct sx_film_result {
    size_t index, count; /* index of the film, 0..count - 1; number of films */
    const char *path;
    const sx_prediction *prediction; /* NULL: the film failed */
    const sx_error *error;           /* NULL: the film did not fail */
} sx_film_result;

/* Begin with SX_BATCH_DEFAULTS. */
typedef struct sx_batch_options {
    size_t struct_size;             /* sizeof(sx_batch_options): later versions may add fields */
    const sx_predict_options *film; /* for each film; NULL: the defaults */
    /* Called for each film, failed or not, in order, from the calling thread. Returns false to
     * stop. Must not be NULL. */
    bool (*film_done)(void *user, const sx_film_result *film);
    /* Called for each film that did not fail, before film_done, to draw and save pictures: from any
     * thread, for several films at once and in any order. NULL: nothing is drawn. */
    void (*draw)(void *user, const sx_film_result *film);
    void *user;
} sx_batch_options;
#define SX_BATCH_DEFAULTS                                                                          \
    { sizeof(sx_batch_options), NULL, NULL, NULL, NULL }

/* Predicts `count` files and folders; in a folder, every DICOM, PNG or JPEG file below it, sorted
 * by path. Films of one study (DICOM Study Instance UID) follow one another; a path given twice is
 * predicted once. A film that fails does not end the batch: film_done is called with the error.
 *
 * True when all films are done. False: SX_ERR_CANCELLED (film_done returned false, or the
 * predictor's context was cancelled: films that the networks had finished are done, the rest is
 * left out), SX_ERR_MISSING (a folder without films), SX_ERR_IO (a folder that cannot be read),
 * SX_ERR_USAGE (NULL, an option out of range, a predictor from before fork), SX_ERR_MEMORY. */
SX_API bool sx_predict_batch(sx_predictor *p, const char *const *inputs, size_t count,
                             const sx_batch_options *options, sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
