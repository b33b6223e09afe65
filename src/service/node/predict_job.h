/* Has a film that was received predicted by a worker process, and keeps what it says. */
#ifndef SX_SERVICE_NODE_PREDICT_JOB_H
#define SX_SERVICE_NODE_PREDICT_JOB_H

#include "base/fail.h"
#include "service/node/worker_pool.h"
#include "service/store/db.h"
#include "service/store/films.h"
#include "service/store/jobs.h"

typedef struct sx_predict_job_options {
    const char *folder; /* of the service */
    int attempts; /* of a film that ends its process or has lost its file; then a dead letter, as is
                     a film whose file could not be read SX_JOB_PUT_OFFS times */
    int64_t (*now)(void *user);
    double (*draw)(void *user); /* 0 to 1 at random, for pauses */
    void *user;
} sx_predict_job_options;

typedef enum sx_predicted {
    SX_PREDICTED_SCORED,
    SX_PREDICTED_UNFAMILIAR, /* scored, but without a verdict */
    SX_PREDICTED_REFUSED,    /* the header says that it shows something else */
    SX_PREDICTED_FAILED,     /* it cannot be read or predicted; there will be no second try */
    SX_PREDICTED_LATER,      /* our fault, or one attempt of the film: another try follows */
    SX_PREDICTED_DEAD,       /* that was its last attempt */
    SX_PREDICTED_GONE,       /* there is no such film any longer */
    SX_PREDICTED_LOST        /* the lease was lost */
} sx_predicted;

/* What a worker process says of a film. */
typedef struct sx_film_answer {
    sx_store_film film;
    bool gone; /* there is no such film any longer; nothing was asked */
    sx_film_fault fault;
    sx_pool_outcome outcome;
    sx_str json;
    sx_pool_picture picture;
    sx_error note; /* of another outcome than SX_POOL_PREDICTED */
} sx_film_answer;

/* Works on a leased job "predict", whose key is the film: asks the worker, which then is free for
 * the next film. False: the database failed, and the lease ends by itself. Free *answer in both
 * cases. */
bool sx_predict_ask(sx_db *db, const sx_predict_job_options *options, sx_pool_worker *worker,
                    const sx_job *job, sx_film_answer *answer, sx_error *err) SX_MUST_USE;
/* Stores the answer and ends the job. `weights` receives the hash of the networks that were used
 * (65 bytes), if the film was scored. *note: what happened, for the log; "" if it was scored.
 * False: the database or the disk failed; the lease ends by itself. */
bool sx_predict_store(sx_db *db, const sx_predict_job_options *options, const sx_job *job,
                      const sx_film_answer *answer, char weights[65], sx_predicted *outcome,
                      sx_error *note, sx_error *err) SX_MUST_USE;
void sx_film_answer_free(sx_film_answer *answer);

#endif
