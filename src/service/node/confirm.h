/* Makes sure that a destination keeps what it said it stored.
 *
 * sx_deliver adds a job "confirm" with the key of its job "send" when all has arrived and the
 * destination's settings want a confirmation:
 *
 *     commitment   Storage commitment (PS3.4 J): asked for up to three times, each time after
 *                  `confirm_minutes` without an answer. If none comes, or the destination does not
 *                  offer it: as `find`. A destination by DICOMweb: as `find`.
 *     find         Each object is looked for by C-FIND or QIDO-RS. One that is not found after
 *                  `confirm_minutes` is sent again.
 *     none         There is no job.
 *
 * An object that was sent three times without a confirmation is failed, and the job a dead letter;
 * sx_retry_job sends the object again. So is a job that is not confirmed within `retry_hours`. */
#ifndef SX_SERVICE_NODE_CONFIRM_H
#define SX_SERVICE_NODE_CONFIRM_H

#include "service/node/deliver.h"

/* Works on a leased job "confirm"; as sx_deliver. SX_DELIVERED_ALL: all is confirmed. */
bool sx_confirm(sx_db *db, const sx_deliver_options *options, const sx_job *job,
                sx_delivered *outcome, sx_error *err) SX_MUST_USE;

/* Takes a report of storage commitment, for the `committed` function of the DICOM server. *known is
 * false if we did not ask: then nothing happens. Any thread, with a connection of its own. */
bool sx_confirm_answer(sx_db *db, int64_t now, const char *transaction,
                       const sx_dicom_committed *items, size_t count, bool *known,
                       sx_error *err) SX_MUST_USE;

#endif
