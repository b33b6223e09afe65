/* Builds the result of a study: the objects that are sent, from its films and what the workers said
 * of them (sx_store_put_prediction, with SX_VERSION as the configuration). A film without a picture
 * (store/picture_file.h) gets no secondary capture. */
#ifndef SX_SERVICE_NODE_BUILD_H
#define SX_SERVICE_NODE_BUILD_H

#include "base/fail.h"
#include "service/settings.h"
#include "service/store/db.h"
#include "service/store/jobs.h"

typedef struct sx_build_options {
    const char *folder;          /* of the service */
    const sx_settings *settings; /* destinations, says_normal */
    const char *weights;         /* SHA-256 of the networks in use: sx_film_result.weights */
    bool demonstration;          /* the weights are marked as such */
    const char *device_uid, *serial;
    int64_t (*now)(void *user);
    void *user;
} sx_build_options;

typedef enum sx_built {
    SX_BUILT_DONE,    /* the objects are stored, and a job for each destination was added */
    SX_BUILT_LATER,   /* films are still being predicted, or have just come */
    SX_BUILT_SAME,    /* it would be the same as the last revision: nothing is sent */
    SX_BUILT_NOTHING, /* all films of the study were refused by the rules: nothing is sent */
    SX_BUILT_DEAD,    /* the study can have no result (two patients); a dead letter */
    SX_BUILT_LOST     /* the lease was lost */
} sx_built;

/* Works on a leased job "build", whose key is the study. False: the database or a file failed; the
 * lease ends by itself. */
bool sx_build_study(sx_db *db, const sx_build_options *options, const sx_job *job,
                    sx_built *outcome, sx_error *err) SX_MUST_USE;

#endif
