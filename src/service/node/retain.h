/* How long films and results are kept, and whether the disk has room for more. */
#ifndef SX_SERVICE_NODE_RETAIN_H
#define SX_SERVICE_NODE_RETAIN_H

#include "base/fail.h"
#include "service/settings.h"
#include "service/store/db.h"

/* ---- the disk ---- */

typedef enum sx_disk {
    SX_DISK_OK,
    SX_DISK_FULL,    /* beyond keep.full_percent, or less than keep.full_gb free: no new input */
    SX_DISK_CRITICAL /* less than a quarter of keep.full_gb, and at most 256 MB, are free: what is
                        being received is stopped as well */
} sx_disk;

typedef struct sx_disk_space {
    sx_disk state;
    int64_t free, size; /* bytes that we may write, and of all */
} sx_disk_space;

/* Of the file system of a folder. Never deletes anything. Any thread. SX_ERR_IO. */
bool sx_disk_look(const sx_settings *settings, const char *folder, sx_disk_space *out,
                  sx_error *err) SX_MUST_USE;

/* ---- deletion ---- */

typedef struct sx_retained {
    size_t films, results; /* that were deleted */
    size_t seconds;        /* of quarantine/, likewise */
} sx_retained;

/* Deletes the films and the results of studies whose time is over, and whose results all
 * destinations have confirmed. A study is left as it is if any of its jobs is not done: if a film
 * is to be predicted, if a result waits, is a dead letter or was dropped, or is not confirmed where
 * the destination confirms. So nothing is deleted that did not arrive, however full the disk is.
 *
 * A second film of a UID is deleted after keep.quarantine_days, and the event "conflict deleted" is
 * added.
 *
 * Rows stay: a film or a result that comes back is still known. A film's file is removed after the
 * commit; one that a crash leaves behind is removed by the next call. Call it now and then, from
 * one thread. False: the database failed, or a file cannot be removed. */
bool sx_retain_sweep(sx_db *db, const sx_settings *settings, const char *folder, int64_t now,
                     sx_retained *out, sx_error *err) SX_MUST_USE;

#endif
