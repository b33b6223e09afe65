/* The DICOM ports of the node, and what happens to films that arrive there. */
#include <string.h>

#include "base/str.h"
#include "service/node/confirm.h"
#include "service/node/node_impl.h"
#include "service/node/retain.h"

#define STORAGE "1.2.840.10008.5.1.4.1.1."

/* Films, and what an archive may send back to us: our own results. Other classes are refused when
 * the association is made, which tells the sender at once. */
static const char *const classes[] = {
    STORAGE "1",     /* Computed Radiography */
    STORAGE "1.1",   /* Digital X-Ray, for presentation */
    STORAGE "1.1.1", /* the same, for processing */
    STORAGE "7",     /* Secondary Capture: digitised films, and our pictures */
    STORAGE "7.2",   /* Multi-frame Grayscale Byte Secondary Capture */
    STORAGE "7.3",   /* Multi-frame Grayscale Word Secondary Capture */
    STORAGE "12.2",  /* X-Ray Radiofluoroscopic: some vendors' radiographs */
    STORAGE "88.34", /* the reports, their other class, presentation states, rejection notes: an */
    STORAGE "88.33", /* archive that forwards a study sends all of it, or nothing if one is refused
                      */
    STORAGE "11.1",  STORAGE "88.59", NULL,
};

/* The syntaxes of docs/films.md that DCMTK's network part can receive. HTJ2K and JPEG XL are
 * refused when the association is made: DCMTK 3.6.7 does not know them, and would abort the
 * association when a data set arrives. STOW-RS and the watched folder take them. */
static const char *const syntaxes[] = {
    "1.2.840.10008.1.2.1",    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.5",    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.53",
    "1.2.840.10008.1.2.4.55", "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.91", NULL,
};

/* ---- films ---- */

static int store(void *user, const sx_dicom_incoming *incoming) {
    static const int statuses[] = {
        [SX_RECEIVED_NEW] = SX_STORE_SUCCESS,
        [SX_RECEIVED_AGAIN] = SX_STORE_SUCCESS,
        [SX_RECEIVED_OURS] = SX_STORE_SUCCESS,
        [SX_RECEIVED_CONFLICT] = SX_STORE_DUPLICATE,
        [SX_RECEIVED_MISMATCH] = SX_STORE_MISMATCH,
        [SX_RECEIVED_INVALID] = SX_STORE_NOT_UNDERSTOOD,
        [SX_RECEIVED_FAILED] = SX_STORE_OUT_OF_RESOURCES,
    };
    sx_node *node = user;
    const sx_announced announced = { .sop_class = incoming->sop_class,
                                     .sop_uid = incoming->sop_uid,
                                     .source = incoming->peer->calling };
    sx_error err = { 0 };
    sx_db *db = sx_node_take_connection(node, &err);
    const sx_received r =
        sx_node_receive(node, db, incoming->path, &announced, incoming->peer->address, NULL, &err);
    sx_node_give_connection(node, db, r != SX_RECEIVED_FAILED);
    return statuses[r];
}

static bool is_ready(void *user) {
    const char *why;
    return sx_node_takes_films(user, &why);
}

static bool has_room(void *user) {
    return atomic_load(&((sx_node *)user)->disk) != SX_DISK_CRITICAL;
}

static void log_stopped(void *user, const sx_dicom_incoming *incoming, int status) {
    sx_node *node = user;
    char name[SX_NODE_NAME];
    sx_node_log_event(node->o.log, SX_LOG_ERROR, "stopped while it was received", "film",
                      sx_node_log_name(node->o.log, incoming->sop_uid, name), "from",
                      incoming->peer->calling, "address", incoming->peer->address, "error",
                      status == SX_STORE_OUT_OF_RESOURCES ? "the disk is full"
                      : status == SX_STORE_NO_CLASS ? "its presentation context is of another class"
                                                    : "it is larger than keep.largest_mb allows",
                      NULL);
    atomic_fetch_add(&node->counters.received[SX_RECEIVED_FAILED], 1);
}

/* ---- storage commitment ---- */

static bool take_report(void *user, const char *transaction, const sx_dicom_committed *items,
                        size_t count) {
    sx_node *node = user;
    sx_error err = { 0 };
    bool known = false;
    sx_db *db = sx_node_take_connection(node, &err);
    const bool ok =
        db && sx_confirm_answer(db, sx_node_now(node), transaction, items, count, &known, &err);
    sx_node_give_connection(node, db, ok);
    if (!ok || !known)
        sx_node_log_event(node->o.log, SX_LOG_WARNING, "report of storage commitment not taken",
                          "transaction", transaction, "error",
                          ok ? "it was not asked for" : err.message, NULL);
    if (known) sx_node_wake(node);
    return ok && known;
}

/* ---- ports ---- */

sx_dicom_tls sx_node_tls(const sx_settings *s) {
    return (sx_dicom_tls){ s->dicom.tls.certificate, s->dicom.tls.key,
                           *s->dicom.tls.trusted ? s->dicom.tls.trusted : NULL };
}

static sx_dicom_server_options options_of(sx_node *node, const sx_settings *s) {
    return (sx_dicom_server_options){ .gate = { .listen = sx_settings_dicom_listen(s),
                                                .seconds = s->dicom.first_message_seconds,
                                                .most_waiting = 500 },
                                      .ae_title = s->dicom.ae_title,
                                      .calling = s->dicom.peers.items,
                                      .calling_count = s->dicom.peers.count,
                                      .most_associations = s->dicom.most_associations,
                                      .most_per_address = s->dicom.most_per_address,
                                      .idle_seconds = s->dicom.idle_seconds,
                                      .message_seconds = s->dicom.message_seconds,
                                      .folder = node->incoming,
                                      .classes = classes,
                                      .syntaxes = syntaxes,
                                      .ready = is_ready,
                                      .most_bytes = (int64_t)s->keep.largest_mb << 20,
                                      .room = has_room,
                                      .stopped = log_stopped,
                                      .store = store,
                                      .committed = take_report,
                                      .user = node };
}

bool sx_node_set_ports(sx_node *node, const sx_settings *s, sx_error *err) {
    const sx_dicom_server_options o = options_of(node, s);
    const sx_dicom_tls tls = sx_node_tls(s);
    for (int i = 0; i < 2; i++)
        if (node->ports[i] &&
            (!sx_dicom_server_set_calling(node->ports[i], o.calling, o.calling_count, err) ||
             !sx_dicom_server_set_limits(node->ports[i], &o, err)))
            return false;
    return !node->ports[true] || sx_dicom_server_set_tls(node->ports[true], &tls, err);
}

static bool open_port(sx_node *node, bool secure, int port, sx_error *err) {
    const sx_settings *s = sx_node_settings(node);
    const sx_dicom_tls tls = sx_node_tls(s);
    sx_dicom_server_options o = options_of(node, s);
    o.gate.port = port;
    o.gate.tls = secure;
    o.tls = secure ? &tls : NULL;
    node->ports[secure] = sx_dicom_server_open(&o, err);
    return node->ports[secure] != NULL;
}

bool sx_node_open_ports(sx_node *node, sx_error *err) {
    const sx_settings *s = sx_node_settings(node);
    if (!sx_node_predicts(node)) {
        sx_node_log_event(node->o.log, SX_LOG_WARNING,
                          "no weights: no film is received or predicted; the pages and the "
                          "reading room run",
                          "advice", "--weights DIR", NULL);
        return true;
    }
    if (!sx_is_loopback(sx_settings_dicom_listen(s)) && !s->dicom.peers.count)
        sx_node_log_event(node->o.log, SX_LOG_WARNING, "any machine may send films", "listen",
                          sx_settings_dicom_listen(s), "advice",
                          "dicom.peers names the AE titles that may", NULL);
    return open_port(node, false, s->dicom.port, err) &&
           (!s->dicom.tls_port || open_port(node, true, s->dicom.tls_port, err));
}
