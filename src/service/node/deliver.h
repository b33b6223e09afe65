/* Sends the results of a study to one destination, as far as they have not arrived there.
 *
 * A job "send" has the key STUDY/REVISION and the name of a destination. An object that arrived is
 * noted at once, so that a second try sends the others alone. A failure that may pass is tried
 * again with growing pauses; one that stays makes a dead letter. */
#ifndef SX_SERVICE_NODE_DELIVER_H
#define SX_SERVICE_NODE_DELIVER_H

#include "base/fail.h"
#include "service/net/dicom_client.h"
#include "service/settings.h"
#include "service/store/db.h"
#include "service/store/jobs.h"

/* The key of a job "send". */
void sx_deliver_key(const char *study_uid, int64_t revision, char key[SX_JOB_KEY]);

typedef struct sx_deliver_options {
    const sx_destination *destination;
    const char *our_title;
    const sx_dicom_tls *tls; /* NULL: none */
    int message_seconds;
    /* milliseconds since 1970; 0 to 1 at random, for the pauses */
    int64_t (*now)(void *user);
    double (*draw)(void *user);
    /* Sends, as sx_dicom_send does; tests replace it. */
    void (*send)(void *user, const sx_dicom_remote *remote, sx_send_item *items, size_t count);
    void *user;
} sx_deliver_options;

typedef enum sx_delivered {
    SX_DELIVERED_ALL,   /* the job is done */
    SX_DELIVERED_LATER, /* it waits for another try */
    SX_DELIVERED_DEAD,  /* it is a dead letter */
    SX_DELIVERED_LOST   /* the lease was lost: another worker has the job */
} sx_delivered;

/* Works on a leased job. False: the database failed; the lease ends by itself. */
bool sx_deliver(sx_db *db, const sx_deliver_options *options, const sx_job *job,
                sx_delivered *outcome, sx_error *err) SX_MUST_USE;

#endif
