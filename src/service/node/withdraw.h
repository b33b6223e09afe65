/* Withdraws the result that a later one replaces, at destinations whose settings say that they
 * support it (`withdraw: iocm`; dicom/result_withdrawal.h). */
#ifndef SX_SERVICE_NODE_WITHDRAW_H
#define SX_SERVICE_NODE_WITHDRAW_H

#include "base/fail.h"
#include "service/settings.h"
#include "service/store/outputs.h"

/* Adds a note of the kind "withdrawal" to the outputs of a revision, and a delivery that waits, if
 * objects of earlier revisions are at the destination and were not withdrawn there. Call it when
 * the revision has arrived, or as much of it as the destination accepts. Nothing happens if films
 * of the study were deleted: the later result then does not say all that the earlier one said.
 * `report`: the new report, with its bytes. *added: there is something to send. *busy: an earlier
 * revision is being sent at this moment, so try again later. */
bool sx_withdraw_earlier(sx_db *db, const sx_destination *destination,
                         const sx_store_output *report, int64_t now, bool *added, bool *busy,
                         sx_error *err) SX_MUST_USE;

/* Whether a later revision is to be sent to the destination, so that this one need not be. */
bool sx_is_superseded(sx_db *db, const char *destination, const char *study_uid, int64_t revision,
                      bool *is, sx_error *err) SX_MUST_USE;

/* Ends the dead jobs of the versions before `revision` at the destination: nobody needs to do
 * anything about them any more. */
bool sx_settle_superseded(sx_db *db, const char *destination, const char *study_uid,
                          int64_t revision, int64_t now, sx_error *err) SX_MUST_USE;

#endif
