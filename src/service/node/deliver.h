/* Sends the results of a study to one destination, as far as they have not arrived there.
 *
 * A job "send" has the key STUDY/REVISION and the name of a destination. An object that arrived is
 * noted at once, so that a second try sends the others alone. A failure that may pass is tried
 * again with growing pauses; one that stays makes a dead letter. When all has arrived, what it
 * replaces is withdrawn (node/withdraw.h), and a job "confirm" is added where the destination wants
 * one (node/confirm.h). A revision that a later one replaces is not sent any more. */
#ifndef SX_SERVICE_NODE_DELIVER_H
#define SX_SERVICE_NODE_DELIVER_H

#include "base/fail.h"
#include "service/node/delivery_key.h"
#include "service/node/destinations.h"
#include "service/store/db.h"

typedef enum sx_delivered {
    SX_DELIVERED_ALL,        /* the job is done */
    SX_DELIVERED_LATER,      /* it waits for another try */
    SX_DELIVERED_DEAD,       /* it is a dead letter */
    SX_DELIVERED_SUPERSEDED, /* a later version replaces this one, so the job is done */
    SX_DELIVERED_AGAIN, /* of a confirmation: done; what the destination has lost is sent again */
    SX_DELIVERED_LOST   /* the lease was lost: another worker has the job */
} sx_delivered;

/* Works on a leased job. False: the database failed; the lease ends by itself. */
bool sx_deliver(sx_db *db, const sx_deliver_options *options, const sx_job *job,
                sx_delivered *outcome, sx_error *err) SX_MUST_USE;

#endif
