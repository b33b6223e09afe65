/* A DICOM server: verification (C-ECHO), storage (C-STORE), and the reports of storage commitment
 * (N-EVENT-REPORT). The bytes of a data set are stored as they were received.
 *
 * Each association has a thread, which calls the functions of the options. */
#ifndef SX_SERVICE_NET_DICOM_SERVER_H
#define SX_SERVICE_NET_DICOM_SERVER_H

#include "base/fail.h"
#include "service/net/dicom_options.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sx_dicom_server sx_dicom_server;

/* Copies the options except the functions' `user`. Errors: those of sx_gate_open; SX_ERR_FORMAT
 * (certificates that cannot be used). */
sx_dicom_server *sx_dicom_server_open(const sx_dicom_server_options *options,
                                      sx_error *err) SX_MUST_USE;
/* Closes the port, then waits until all associations have ended, for at most `seconds`; then aborts
 * them and waits for their threads. NULL is allowed. */
void sx_dicom_server_close(sx_dicom_server *server, int seconds);

/* Other titles may call from now on; associations that are open go on. Any thread. Error:
 * SX_ERR_MEMORY. */
bool sx_dicom_server_set_calling(sx_dicom_server *server, const char *const *titles, size_t count,
                                 sx_error *err) SX_MUST_USE;

/* Associations that begin from now on have the limits of these options: gate.seconds,
 * most_associations, most_per_address, idle_seconds, message_seconds and most_bytes. Any thread.
 * Error: SX_ERR_USAGE (out of range), after which nothing has changed. */
bool sx_dicom_server_set_limits(sx_dicom_server *server, const sx_dicom_server_options *options,
                                sx_error *err) SX_MUST_USE;

/* New associations use these certificates, whose files are read for each of them. Only for a server
 * that was opened with TLS. Any thread. Errors: those of sx_association_check_tls, after which the
 * earlier ones stay in use, and SX_ERR_MEMORY. */
bool sx_dicom_server_set_tls(sx_dicom_server *server, const sx_dicom_tls *tls,
                             sx_error *err) SX_MUST_USE;

int sx_dicom_server_port(const sx_dicom_server *server);
int sx_dicom_server_associations(const sx_dicom_server *server); /* at this moment */

#ifdef __cplusplus
}
#endif
#endif
