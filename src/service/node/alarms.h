/* What a person must hear of: results that do not arrive, a disk that fills, and scores that are no
 * longer what they were. */
#ifndef SX_SERVICE_NODE_ALARMS_H
#define SX_SERVICE_NODE_ALARMS_H

#include "base/fail.h"
#include "service/node/retain.h"
#include "service/settings.h"
#include "service/store/db.h"

typedef enum sx_alarm {
    SX_ALARM_DEAD,     /* a job failed for good */
    SX_ALARM_LATE,     /* a job that is not held is older than alarms.late_hours */
    SX_ALARM_DISK,     /* sx_disk_look */
    SX_ALARM_SCORES,   /* P(abnormal) of the last thousand films: alarms.drift_percent */
    SX_ALARM_DISTANCE, /* the same for the distance of familiarity */
    SX_ALARMS
} sx_alarm;

typedef struct sx_alarm_state {
    bool on;
    char text[200]; /* why, in one sentence; "" if it is off */
} sx_alarm_state;

const char *sx_alarm_name(sx_alarm alarm); /* "late_delivery", for metrics and webhooks */

/* The state of every alarm. Drift (drift.h) is that from the films before or from the reference.
 * Errors: those of sx_drift_measure. */
bool sx_alarms_look(sx_db *db, const sx_settings *settings, sx_disk disk, int64_t now,
                    sx_alarm_state out[SX_ALARMS], sx_error *err) SX_MUST_USE;

/* Tells alarms.webhook of a change, by POST with JSON: {"alarm", "on", "text", "at", "host"}.
 * Nothing of patients. Errors: those of sx_http_send; SX_ERR_IO also for a status other than 2xx.
 */
bool sx_alarms_tell(const sx_settings *settings, sx_alarm alarm, const sx_alarm_state *state,
                    int64_t now, const char *host, sx_error *err) SX_MUST_USE;

/* Which alarms were told to be on by the node of this name, also before it was started again; a
 * change is told only once. Errors: those of sx_db_query. */
bool sx_alarms_load_told(sx_db *db, const char *host, bool told[SX_ALARMS],
                         sx_error *err) SX_MUST_USE;
bool sx_alarms_save_told(sx_db *db, const char *host, const bool told[SX_ALARMS],
                         sx_error *err) SX_MUST_USE;

#endif
