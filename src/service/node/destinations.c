#include "service/node/destinations.h"

static bool is_web(const sx_deliver_options *o) {
    return *o->destination->url != '\0';
}

static sx_dicom_remote dicom_remote(const sx_deliver_options *o) {
    const sx_destination *d = o->destination;
    return (sx_dicom_remote){ .host = d->host,
                              .port = d->port,
                              .ae_title = d->ae_title,
                              .our_title = o->our_title,
                              .message_seconds = o->message_seconds,
                              .tls = d->tls ? o->tls : NULL };
}

static sx_http_remote web_remote(const sx_deliver_options *o) {
    const sx_destination *d = o->destination;
    return (sx_http_remote){ .url = d->url,
                             .token_file = d->token_file,
                             .password_file = d->password_file,
                             .trusted = d->trusted,
                             .proxy = d->proxy,
                             .message_seconds = o->message_seconds };
}

void sx_destination_send(const sx_deliver_options *o, sx_send_item *items, size_t count) {
    const sx_dicom_remote dicom = dicom_remote(o);
    const sx_http_remote web = web_remote(o);
    if (is_web(o) && o->stow)
        o->stow(o->user, &web, items, count);
    else if (is_web(o))
        sx_stow_send(&web, items, count);
    else if (o->send)
        o->send(o->user, &dicom, items, count);
    else
        sx_dicom_send(&dicom, items, count);
}

bool sx_destination_find(const sx_deliver_options *o, const char *study_uid, const char *series_uid,
                         const char *sop_uid, bool *found, sx_error *err) {
    const sx_dicom_remote dicom = dicom_remote(o);
    const sx_http_remote web = web_remote(o);
    if (o->find) return o->find(o->user, study_uid, series_uid, sop_uid, found, err);
    if (is_web(o)) return sx_stow_find(&web, study_uid, sop_uid, found, err);
    return sx_dicom_find(&dicom, study_uid, series_uid, sop_uid, found, err);
}

bool sx_destination_ask(const sx_deliver_options *o, const char *transaction,
                        const sx_send_item *items, size_t count, const sx_commitment_wait *wait,
                        sx_error *err) {
    const sx_dicom_remote dicom = dicom_remote(o);
    if (o->ask) return o->ask(o->user, transaction, items, count, wait, err);
    if (is_web(o))
        return sx_fail(err, SX_ERR_UNSUPPORTED, "%s: DICOMweb has no storage commitment here",
                       o->destination->name);
    return sx_dicom_request_commitment(&dicom, transaction, items, count, wait, err);
}

bool sx_destination_check(const sx_deliver_options *o, sx_error *err) {
    const sx_dicom_remote dicom = dicom_remote(o);
    const sx_http_remote web = web_remote(o);
    return is_web(o) ? sx_stow_check(&web, err) : sx_dicom_echo(&dicom, err);
}
