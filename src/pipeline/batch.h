/* Predicts many films with one predictor. Reading, networks and drawing run in parallel.
 *
 * The calling thread runs the networks, film by film in the given order. Helper threads decode the
 * next films and draw those that have been predicted. The calling thread helps with both while it
 * has no film to run. Finally the calling thread calls `done` for every film, in the given order.
 * Results do not depend on the number of threads.
 *
 * Memory is limited. A film is in flight from the start of reading until `done` returns. The number
 * of films in flight is at most twice the number of helpers plus 2. A further film is begun only if
 * the estimated size of all films in flight, from their headers, is then at most SX_BATCH_BYTES, or
 * if no other film is in flight. */
#ifndef SX_PIPELINE_BATCH_H
#define SX_PIPELINE_BATCH_H

#include "pipeline/prediction.h"

#define SX_BATCH_BYTES ((size_t)512 << 20)
enum { SX_BATCH_HELPERS = 8 }; /* at most */

/* A film and its result. */
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
 * still receives the film, with the error. */
typedef bool sx_batch_draw_fn(void *user, const sx_context *context, sx_batch_film *film,
                              sx_error *err);
/* Receives a film. To keep the prediction, it sets film->prediction to NULL; otherwise the batch
 * frees the prediction. Returning false, with an error, ends the batch. */
typedef bool sx_batch_done_fn(void *user, sx_batch_film *film, sx_error *err);

typedef struct sx_batch {
    sx_predictor *predictor;
    const sx_film_source *sources; /* [count] */
    size_t count;
    sx_predict_options options; /* complete */
    sx_batch_draw_fn *draw;     /* NULL: nothing is drawn */
    sx_batch_done_fn *done;
    void *user;
    /* The number of threads in addition to the calling one. -1 selects half of the context's
     * threads, at most SX_BATCH_HELPERS, and no helper for a single film or if the context has one
     * thread. */
    int helpers;
} sx_batch;

/* Runs the batch. A film that fails does not end it. When the predictor's context is cancelled, the
 * batch finishes the film that is in the networks, draws and delivers the films that were
 * predicted, skips the others, and sets *stopped. Returns false if `done` failed, or if memory ran
 * out before the first film. */
bool sx_batch_run(const sx_batch *batch, bool *stopped, sx_error *err) SX_MUST_USE;

#endif
