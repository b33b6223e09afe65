/* Many films through one predictor, with reading, networks and drawing in parallel.
 *
 * The calling thread runs the networks, film by film in the order given. Helper threads decode the
 * films that come next and draw those that have been predicted. The calling thread helps with both
 * while it has no film to run. Every film ends in a call of `done`, in the order given, from the
 * calling thread. Results do not depend on the number of threads.
 *
 * Memory is bounded: of the films in flight (begun and not yet done) there are at most 2 more than
 * twice the helpers, and a further film is begun only if its estimated size, from the header, and
 * that of the films in flight is at most SX_BATCH_BYTES, or if it is the only one. */
#ifndef SX_PIPELINE_BATCH_H
#define SX_PIPELINE_BATCH_H

#include "pipeline/prediction.h"

#define SX_BATCH_BYTES ((size_t)512 << 20)
enum { SX_BATCH_HELPERS = 8 }; /* at most */

/* A film and what became of it. */
typedef struct sx_batch_film {
    size_t index; /* among the sources */
    const sx_film_source *source;
    sx_prediction *prediction; /* NULL: failed */
    sx_error error;            /* of a film that failed */
    bool drawn;                /* `draw` returned true */
    sx_error draw_error;       /* if it did not */
    double draw_seconds;
} sx_batch_film;

/* Draws and saves the pictures of a film that was predicted. Called from any thread, for several
 * films at once and in any order; `context` is for its loops. If a picture cannot be made, `done`
 * still gets the film, with the error. */
typedef bool sx_batch_draw_fn(void *user, const sx_context *context, sx_batch_film *film,
                              sx_error *err);
/* Receives a film. It may take the prediction by setting film->prediction to NULL; otherwise that
 * is freed. False, with an error, ends the batch. */
typedef bool sx_batch_done_fn(void *user, sx_batch_film *film, sx_error *err);

typedef struct sx_batch {
    sx_predictor *predictor;
    const sx_film_source *sources; /* [count] */
    size_t count;
    sx_predict_options options; /* complete */
    sx_batch_draw_fn *draw;     /* NULL: nothing is drawn */
    sx_batch_done_fn *done;
    void *user;
    /* Threads in addition to the calling one. -1: none for a single film and where the context has
     * one thread, else half of its threads, at most SX_BATCH_HELPERS. */
    int helpers;
} sx_batch;

/* Runs the batch. A film that fails does not end it. When the predictor's context is cancelled, the
 * film in the networks is finished, films that were predicted are drawn and done, the rest is left
 * out, and *stopped becomes true. False: `done` failed, or memory ran out before the first film. */
bool sx_batch_run(const sx_batch *batch, bool *stopped, sx_error *err) SX_MUST_USE;

#endif
