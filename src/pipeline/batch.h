/* Predicts many films with one predictor. Reading, networks and drawing run in parallel.
 *
 * Several films are in the networks at once, each in a lane (lanes.h) with a part of the threads:
 * that gives more films a second than one film after another on all threads, which wait for one
 * another at the end of every loop. The calling thread has a lane, every other lane a thread of its
 * own. Where lanes have several threads, helper threads decode the next films and draw those that
 * have been predicted; otherwise the lanes' threads do that too. The calling thread calls `done`
 * for every film, in the given order. Results do not depend on the number of threads and lanes.
 *
 * Memory is limited. A film is in flight from the start of reading until `done` returns. The number
 * of films in flight is at most four times the number of threads that work on films: the other
 * threads must not run out of work while the calling thread has a film in its networks and cannot
 * deliver any. A further film is begun only if the estimated size of all films in flight, from
 * their headers, is then at most SX_BATCH_BYTES, or if no other film is in flight. A lane that
 * finds no memory for its networks gives them up and waits for the predictor's own. */
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
    int lanes; /* 0: chosen by the number of films and of the context's threads */
    /* The helper threads. -1 selects one for every two threads of the context that have no lane of
     * their own, at most SX_BATCH_HELPERS, and none for a single film. */
    int helpers;
} sx_batch;

/* Runs the batch. A film that fails does not end it. When the predictor's context is cancelled, the
 * batch finishes the films that are in the networks, draws and delivers the films that were
 * predicted and skips the others; *stopped: there are such. Returns false if `done` failed, or if
 * memory ran out before the first film. */
bool sx_batch_run(const sx_batch *batch, bool *stopped, sx_error *err) SX_MUST_USE;

#endif
