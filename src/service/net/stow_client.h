/* A DICOMweb client: STOW-RS, and QIDO-RS to see whether an instance is there (PS3.18 10.5, 10.6).
 * From any thread. */
#ifndef SX_SERVICE_NET_STOW_CLIENT_H
#define SX_SERVICE_NET_STOW_CLIENT_H

#include "service/net/http_client.h"
#include "service/net/store_status.h"

/* Sends the objects in their order, several in a request up to 16 MiB and 64 objects, with a
 * Content-Length (some servers store nothing of a chunked body). remote->url is the base of the
 * service: "/studies" is appended.
 *
 * The answer names each instance, so one that an answer does not name is looked up with QIDO-RS,
 * and so is one that is refused as a conflict (409): if it is there, it is stored. What else a
 * status means:
 *
 *     may pass         401 (the secret may be replaced), 408, 409 without a reason, 425, 429, 5xx
 *     stays            3xx, 400, 403, 404, 406, 415, 501, 505 and other 4xx
 *     413              each object is sent on its own; one that is too large alone: stays
 *
 * After a failure of the connection, the objects that were not sent remain SX_SENT_NOT. */
void sx_stow_send(const sx_http_remote *remote, sx_send_item *items, size_t count);

/* Whether the other end has an instance, by QIDO-RS. Errors: those of sx_http_send; SX_ERR_IO (a
 * status that may pass), SX_ERR_UNSUPPORTED (one that stays), SX_ERR_FORMAT (no DICOM JSON). */
bool sx_stow_find(const sx_http_remote *remote, const char *study_uid, const char *sop_uid,
                  bool *found, sx_error *err) SX_MUST_USE;

/* Whether the other end answers a query, for `serve check`. Errors: as above. */
bool sx_stow_check(const sx_http_remote *remote, sx_error *err) SX_MUST_USE;

#endif
