/* How a destination is reached, by DICOM or by DICOMweb, for sending and for what confirms that it
 * has an object. */
#ifndef SX_SERVICE_NODE_DESTINATIONS_H
#define SX_SERVICE_NODE_DESTINATIONS_H

#include "base/fail.h"
#include "service/net/dicom_client.h"
#include "service/net/stow_client.h"
#include "service/settings.h"

typedef struct sx_deliver_options {
    const sx_destination *destination;
    const char *our_title;
    const sx_dicom_tls *tls; /* NULL: none */
    int message_seconds;
    /* milliseconds since 1970; 0 to 1 at random, for the pauses */
    int64_t (*now)(void *user);
    double (*draw)(void *user);
    /* The network, which tests replace. NULL: sx_dicom_send, sx_stow_send, sx_dicom_find or
     * sx_stow_find, sx_dicom_request_commitment. */
    void (*send)(void *user, const sx_dicom_remote *remote, sx_send_item *items, size_t count);
    void (*stow)(void *user, const sx_http_remote *remote, sx_send_item *items, size_t count);
    bool (*find)(void *user, const char *study_uid, const char *series_uid, const char *sop_uid,
                 bool *found, sx_error *err);
    bool (*ask)(void *user, const char *transaction, const sx_send_item *items, size_t count,
                const sx_commitment_wait *wait, sx_error *err);
    void *user;
} sx_deliver_options;

/* Each item says what became of it. */
void sx_destination_send(const sx_deliver_options *o, sx_send_item *items, size_t count);
/* Whether the destination has an instance (C-FIND, QIDO-RS). Errors: SX_ERR_UNSUPPORTED,
 * SX_ERR_VALUE (stay); others (may pass). */
bool sx_destination_find(const sx_deliver_options *o, const char *study_uid, const char *series_uid,
                         const char *sop_uid, bool *found, sx_error *err) SX_MUST_USE;
/* Storage commitment; of DICOM alone. Errors: as above. */
bool sx_destination_ask(const sx_deliver_options *o, const char *transaction,
                        const sx_send_item *items, size_t count, const sx_commitment_wait *wait,
                        sx_error *err) SX_MUST_USE;
/* Whether it answers (C-ECHO, a query), for `serve check`. */
bool sx_destination_check(const sx_deliver_options *o, sx_error *err) SX_MUST_USE;

#endif
