/* A DICOM client: C-ECHO, C-STORE, C-FIND of stored instances, and requests of storage commitment
 * (N-ACTION). Every call makes one association, has a deadline for each message, and ends the
 * association. From any thread. */
#ifndef SX_SERVICE_NET_DICOM_CLIENT_H
#define SX_SERVICE_NET_DICOM_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "service/net/dicom_options.h"
#include "service/net/store_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The other end. Texts are borrowed. */
typedef struct sx_dicom_remote {
    const char *host;
    int port;
    const char *ae_title, *our_title; /* at most 16 characters */
    int message_seconds;     /* for each message, at least 1; a connection has 15 seconds */
    const sx_dicom_tls *tls; /* NULL: none; `trusted` is then required */
} sx_dicom_remote;

/* Sends the objects in their order. Each item says what became of it. */
void sx_dicom_send(const sx_dicom_remote *remote, sx_send_item *items, size_t count);

/* Errors: SX_ERR_IO (transient), SX_ERR_UNSUPPORTED (permanent: refused), SX_ERR_FORMAT (TLS),
 * SX_ERR_MEMORY; the message says why. */
bool sx_dicom_echo(const sx_dicom_remote *remote, sx_error *err) SX_MUST_USE;

/* For an answer that comes on the association of its request. */
typedef struct sx_commitment_wait {
    int seconds; /* how long to wait for it */
    sx_committed_fn *committed;
    void *user;
} sx_commitment_wait;

/* Asks the other end to commit itself to the objects. The answer comes to our server, or on this
 * association if `wait` is not NULL and it comes soon enough. True: the request was accepted,
 * whether or not an answer came. Errors: as above. */
bool sx_dicom_request_commitment(const sx_dicom_remote *remote, const char *transaction,
                                 const sx_send_item *items, size_t count,
                                 const sx_commitment_wait *wait, sx_error *err) SX_MUST_USE;

/* Whether the other end has an instance (Study Root, IMAGE level). Errors: as above. */
bool sx_dicom_find(const sx_dicom_remote *remote, const char *study_uid, const char *series_uid,
                   const char *sop_uid, bool *found, sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
