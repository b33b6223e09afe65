/* The two ends of a node, for its tests: a sender of films, and an archive of results in this
 * process. There is one archive at a time. */
#ifndef SPINEXR_TEST_NODE_ENDS_H
#define SPINEXR_TEST_NODE_ENDS_H

#include <stdbool.h>

#include "service/net/dicom_client.h"
#include "service/store/db.h"
#include "support/orthanc.h"

/* Empty, at a port (0: any), which it returns. What it holds survives closing and opening. */
int archive_open(int port);
void archive_close(void);
void archive_clear(void);
/* Instead of the archive in this process: archive_has and archive_count(false) look there.
 * Borrowed. */
void archive_is(const orthanc *o);
/* Objects, or reports alone. The same object that comes again counts once. */
int archive_count(bool reports);
bool archive_has(const char *sop_uid);
/* Objects that came more than once with other bytes. */
int archive_conflicts(void);
/* Objects that came again. */
int archive_repeats(void);
int archive_repeats_of(const char *sop_uid);

/* There is one report for each revision of a study, and a picture of each film in the newest one,
 * whose objects are all in the archive. The archive has nothing else than these and objects of
 * earlier revisions, which may have been replaced before they were sent. */
void expect_one_result_each(sx_db *db);

/* A film of 48 x 48 pixels as a file; free it. */
uint8_t *make_film(const char *study_uid, const char *sop_uid, size_t *n);
/* Sends what another program made of such a film of the study: a report (SR) or a picture in colour
 * (Secondary Capture). */
sx_sent send_other_to(int port, const char *study_uid, bool report);
/* Sends the rejection note (Key Object Selection) of such a report. */
sx_sent send_note_to(int port, const char *study_uid);
/* Sends such a film, or one of `side` x `side` pixels, at most 200. */
sx_sent send_film_to(int port, const char *study_uid, const char *sop_uid);
sx_sent send_film_of(int side, int port, const char *study_uid, const char *sop_uid);

#endif
