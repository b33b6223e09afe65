/* The clock was put back: times that were noted before lie ahead, and what waits for them would
 * wait for as long as the clock was wrong. */
#ifndef SX_SERVICE_STORE_CLOCK_BACK_H
#define SX_SERVICE_STORE_CLOCK_BACK_H

#include "service/store/db.h"

/* Jobs, studies and requests whose times are after `furthest`, which no right clock has given them,
 * are due now; leases last until `furthest`. Predictions are moved so that the latest was made now,
 * and sessions were used now. *count: how many of all these were changed. It only reads if no job,
 * prediction or session is that far ahead. Errors: those of sx_db_run. */
bool sx_store_clock_back(sx_db *db, int64_t now, int64_t furthest, int64_t *count,
                         sx_error *err) SX_MUST_USE;

#endif
