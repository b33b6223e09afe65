/* The one path of a film into the service, for C-STORE, STOW-RS and the watched folder.
 *
 * A film is acknowledged when it is on disk and in the database: check the header, fsync the file,
 * rename it, fsync the folder, commit. Whatever happens before the end, the sender hears that it
 * failed and sends the film again. */
#ifndef SX_SERVICE_NODE_RECEIVE_H
#define SX_SERVICE_NODE_RECEIVE_H

#include "base/fail.h"
#include "service/store/db.h"

typedef struct sx_receive_options {
    const char *folder;   /* of the service: films are below films/, conflicts in quarantine/ */
    const char *incoming; /* a folder of this machine alone, in which films arrive */
    int64_t quiet;        /* milliseconds without a new film until a study is complete */
    int64_t (*now)(void *user); /* milliseconds since 1970 */
    void *user;
} sx_receive_options;

/* What became of a film. */
typedef enum sx_received {
    SX_RECEIVED_NEW,      /* stored, and a job to predict it was added */
    SX_RECEIVED_AGAIN,    /* the same film was stored before: a success */
    SX_RECEIVED_OURS,     /* one of our results comes back: a success, and nothing is done */
    SX_RECEIVED_CONFLICT, /* the UID was stored with other contents; kept in quarantine */
    SX_RECEIVED_MISMATCH, /* another UID or class than the sender announced */
    SX_RECEIVED_INVALID,  /* no DICOM instance: its header cannot be read, or a UID is missing */
    SX_RECEIVED_FAILED    /* our fault: a full disk, the database; the sender may try again */
} sx_received;

/* Whether the sender hears that it was stored. */
static inline bool sx_received_well(sx_received r) {
    return r == SX_RECEIVED_NEW || r == SX_RECEIVED_AGAIN || r == SX_RECEIVED_OURS;
}

/* What the sender said of a film. */
typedef struct sx_announced {
    const char *sop_class, *sop_uid, *study_uid; /* NULL: nothing */
    const char *source; /* the AE title, the name of a token, or "folder" */
    bool part10;        /* as a file of PS3.10: anything else is invalid */
} sx_announced;

/* What its header says; "" if it cannot be read. */
typedef struct sx_film_ids {
    char sop_class[65], sop_uid[65];
} sx_film_ids;

/* Takes the file at `path`, which must be on the file system of options->folder, and removes it
 * unless it was stored. *err says why, but for NEW, AGAIN and OURS. `ids` may be NULL. Any number
 * of threads, each with a connection of its own. */
sx_received sx_receive_film(sx_db *db, const sx_receive_options *options, const char *path,
                            const sx_announced *announced, sx_film_ids *ids, sx_error *err);

/* Makes the folders, and removes what a killed service left: files that were being received, and
 * films that the database does not know. */
bool sx_receive_prepare(sx_db *db, const sx_receive_options *options, sx_error *err) SX_MUST_USE;

#endif
