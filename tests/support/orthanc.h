/* Orthanc with its DICOMweb plug-in, as an archive that is not ours. Its files are in a new folder
 * of check_tmp(). */
#ifndef TESTS_SUPPORT_ORTHANC_H
#define TESTS_SUPPORT_ORTHANC_H

#include <stdbool.h>
#include <sys/types.h>

typedef struct orthanc {
    pid_t pid;
    int http_port, dicom_port;
    char settings[700]; /* its file */
} orthanc;

/* AE title ORTHANC. It knows SPINEXR at 127.0.0.1:peer_port, to which reports of storage commitment
 * go, and may be sent to by it. False: Orthanc is not installed. */
bool orthanc_start(orthanc *o, int peer_port);
void orthanc_stop(orthanc *o);
/* After orthanc_stop: at the same ports, with what it held. */
void orthanc_continue(orthanc *o);

int orthanc_count(const orthanc *o); /* of instances */
bool orthanc_has(const orthanc *o, const char *sop_uid);
/* Of its jobs, e.g. reports of storage commitment, those in this state: "Success", "Failure". */
int orthanc_jobs(const orthanc *o, const char *state);

#endif
