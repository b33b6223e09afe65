/* Predicts many films with one predictor. Reading, networks and drawing run in parallel.
 *
 *     sx_batch_options o = SX_BATCH_DEFAULTS;
 *     o.film_done = print_film;
 *     if (!sx_predict_batch(p, &folder, 1, &o, &err)) fprintf(stderr, "%s\n", err.message);
 *
 * The calling thread predicts films and calls film_done. Other threads, as many as the context has
 * in all, predict, read and draw too; the weights are in memory once. At most 64 films are in
 * memory at a time. The library reads a further film only if the films in memory then take at most
 * 512 MiB, which it estimates from their headers; a single film may take more. Results do not
 * depend on the number of threads. */
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

/* The result of one film. The library owns it, and it is valid during the call. To keep the
 * prediction longer, call sx_prediction_hold. Later versions may add fields at the end. */
typedef struct sx_film_result {
    size_t index, count; /* index of the film, 0..count - 1; number of films */
    const char *path;
    const sx_prediction *prediction; /* NULL: the film failed */
    /* NULL: the film did not fail. SX_ERR_REFUSED: it was not predicted (options->film->any_film)
     */
    const sx_error *error;
} sx_film_result;

/* Begin with SX_BATCH_DEFAULTS. */
typedef struct sx_batch_options {
    size_t struct_size;             /* sizeof(sx_batch_options): later versions may add fields */
    const sx_predict_options *film; /* for each film; NULL: the defaults */
    /* Called in the calling thread for each film, failed or not, in order. Return false to stop the
     * batch. Must not be NULL. */
    bool (*film_done)(void *user, const sx_film_result *film);
    /* Called for each film that did not fail, before film_done, to draw and save pictures. Any
     * thread may call it, for several films at once and in any order. NULL: nothing is drawn. */
    void (*draw)(void *user, const sx_film_result *film);
    void *user;
} sx_batch_options;
#define SX_BATCH_DEFAULTS                                                                          \
    { sizeof(sx_batch_options), NULL, NULL, NULL, NULL }

/* Predicts `count` files and folders. Of a folder, it predicts every DICOM, PNG or JPEG film in it
 * and its subfolders, sorted by path. Films of one study (DICOM Study Instance UID) are
 * consecutive. A path that is given twice is predicted once. A film that fails does not end the
 * batch: film_done receives its error. A folder without films, or one that cannot be read, counts
 * as one film that fails with SX_ERR_MISSING.
 *
 * Returns true when film_done was called for all films. Returns false on failure: SX_ERR_CANCELLED
 * (film_done returned false, or the predictor's context was cancelled), SX_ERR_USAGE (NULL, an
 * option out of range, a predictor from before fork), SX_ERR_MEMORY. After the context was
 * cancelled, film_done is still called for the films that were in the networks or had been there,
 * and for no others. */
SX_API bool sx_predict_batch(sx_predictor *p, const char *const *inputs, size_t count,
                             const sx_batch_options *options, sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
