/* A film on its way into the node, by DICOM or by HTTP: receive.h, and what is told of it. */
#include "base/clock.h"
#include "service/node/node_impl.h"

static const struct {
    const char *event;
    sx_log_level level;
} events[] = {
    [SX_RECEIVED_NEW] = { "received", SX_LOG_INFO },
    [SX_RECEIVED_AGAIN] = { "received again", SX_LOG_INFO },
    [SX_RECEIVED_OURS] = { "own result received", SX_LOG_DEBUG },
    [SX_RECEIVED_CONFLICT] = { "UID exists with other contents", SX_LOG_ERROR },
    [SX_RECEIVED_MISMATCH] = { "not what was announced", SX_LOG_ERROR },
    [SX_RECEIVED_INVALID] = { "not a film", SX_LOG_ERROR },
    [SX_RECEIVED_FAILED] = { "not received", SX_LOG_ERROR },
};

bool sx_node_predicts(const sx_node *node) {
    return node->predicts;
}

bool sx_node_takes_films(const sx_node *node, const char **why) {
    *why = atomic_load(&node->draining)             ? "the service is stopping"
           : !sx_node_predicts(node)                ? "the service has no weights: no film is taken"
           : atomic_load(&node->disk) != SX_DISK_OK ? "the disk is nearly full: no film is taken"
                                                    : NULL;
    return *why == NULL;
}

sx_received sx_node_receive(sx_node *node, sx_db *db, const char *path,
                            const sx_announced *announced, const char *address, sx_film_ids *ids,
                            sx_error *err) {
    const double started = sx_now();
    sx_film_ids found = { .sop_uid = "" };
    char name[SX_NODE_NAME], reason[SX_NODE_REASON];
    pthread_mutex_lock(&node->lock);
    const sx_receive_options options = node->receive;
    pthread_mutex_unlock(&node->lock);
    const sx_received r =
        db ? sx_receive_film(db, &options, path, announced, &found, err) : SX_RECEIVED_FAILED;
    const char *uid = announced->sop_uid ? announced->sop_uid : found.sop_uid;
    sx_node_log_event(
        node->o.log, events[r].level, events[r].event, "film",
        sx_node_log_name(node->o.log, uid, name), "from", announced->source, "address", address,
        "error", sx_received_well(r) ? "" : sx_node_log_reason(node->o.log, err->message, reason),
        NULL);
    atomic_fetch_add(&node->counters.received[r], 1);
    sx_counters_stage(&node->counters, SX_STAGE_RECEIVE, started);
    if (r == SX_RECEIVED_NEW) sx_node_wake(node);
    if (ids) *ids = found;
    return r;
}
