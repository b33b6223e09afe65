/* The threads of the node that work on jobs, as a whole. */
#include <stdlib.h>

#include "base/mem.h"
#include "service/node/node_impl.h"
#include "service/node/worker_command.h"

sx_node_crew *sx_node_crew_new(const char *const *worker, sx_settings *settings, sx_error *err) {
    sx_node_crew *crew = sx_calloc_for(1, sizeof *crew, "settings", err);
    if (!crew) {
        sx_settings_free(settings);
        return NULL;
    }
    crew->settings = *settings;
    *settings = (sx_settings){ .file = "" };
    crew->settings.workers.processes = sx_worker_processes(&crew->settings);
    crew->command = sx_worker_command(worker, &crew->settings, err);
    if (crew->command) return crew;
    sx_node_crew_free(crew);
    return NULL;
}

void sx_node_crew_free(sx_node_crew *crew) {
    if (!crew) return;
    sx_settings_free(&crew->settings);
    free(crew->command);
    free(crew);
}

/* ---- the weights ---- */

/* Other weights may lack a class, so it is no error. */
static void warn_of_classes(const sx_node *n, const sx_node_crew *crew) {
    for (size_t i = 0; i < crew->settings.code_count; i++) {
        const char *label = crew->settings.codes[i].label;
        if (!sx_networks_have(&crew->networks, label))
            sx_node_log_event(n->o.log, SX_LOG_WARNING, "a class of the setting codes is unknown",
                              "class", label, NULL);
    }
}

static bool is_allowed(const sx_node_crew *crew, sx_error *err) {
    return !crew->networks.demonstration || crew->settings.allow_demo ||
           sx_fail(err, SX_ERR_REFUSED,
                   "the weights are marked as demonstration (%.200s); --allow-demo accepts them, "
                   "and sends their results to destinations marked as test alone",
                   crew->networks.note);
}

static sx_pool_worker *new_worker(const sx_node_crew *crew, sx_error *err) {
    const sx_pool_options o = { crew->command, 120, crew->settings.workers.seconds_per_film };
    return sx_pool_worker_new(&o, err);
}

bool sx_node_crew_open(sx_node *node, sx_node_crew *crew, sx_pool_worker **first, sx_error *err) {
    *first = NULL;
    if (!node->predicts) return true;
    sx_pool_worker *w = new_worker(crew, err);
    if (w && sx_pool_start(w, &crew->networks, err) && is_allowed(crew, err)) {
        warn_of_classes(node, crew);
        *first = w;
        return true;
    }
    sx_pool_worker_free(w);
    return false;
}

/* ---- the threads ---- */

static bool start(sx_node *node, sx_node_crew *crew, sx_node_task task, const sx_destination *to,
                  sx_error *err) {
    return sx_node_loop_start(&crew->loops[crew->loop_count++], node, crew, task, to, err);
}

/* Their processes start with their first films, except that of the first one. */
static bool make_workers(sx_node_crew *crew, sx_pool_worker *first, sx_error *err) {
    const size_t count = (size_t)crew->settings.workers.processes;
    crew->idle = sx_calloc_for(count, sizeof(sx_pool_worker *), "worker processes", err);
    if (!crew->idle) {
        sx_pool_worker_free(first);
        return false;
    }
    while (crew->idle_count + 1 < count) {
        sx_pool_worker *w = new_worker(crew, err);
        if (!w) break;
        crew->idle[crew->idle_count++] = w;
    }
    crew->idle[crew->idle_count++] = first; /* it is taken first */
    return crew->idle_count == count;
}

static bool start_predicting(sx_node *node, sx_node_crew *crew, sx_pool_worker *first,
                             sx_error *err) {
    if (!make_workers(crew, first, err)) return false;
    for (int i = 0; i < 2 * crew->settings.workers.processes; i++)
        if (!start(node, crew, SX_NODE_PREDICTS, NULL, err)) return false;
    return start(node, crew, SX_NODE_BUILDS, NULL, err);
}

bool sx_node_crew_start(sx_node *node, sx_node_crew *crew, sx_pool_worker *first, sx_error *err) {
    const sx_settings *s = &crew->settings;
    const size_t count = 2 * (size_t)s->workers.processes + 1 + 2 * s->destination_count;
    crew->loops = sx_calloc_for(count, sizeof *crew->loops, "threads", err);
    if (!crew->loops) {
        sx_pool_worker_free(first);
        return false;
    }
    bool ok = !node->predicts || start_predicting(node, crew, first, err);
    for (size_t i = 0; ok && i < s->destination_count; i++)
        ok = start(node, crew, SX_NODE_SENDS, &s->destinations[i], err) &&
             start(node, crew, SX_NODE_CONFIRMS, &s->destinations[i], err);
    return ok;
}

/* Of a crew that is retired, or whose threads have ended. */
static void free_workers(sx_pool_worker **idle, size_t count) {
    for (size_t i = 0; i < count; i++)
        sx_pool_worker_free(idle[i]);
}

void sx_node_crew_retire(sx_node *node, sx_node_crew *crew) {
    pthread_mutex_lock(&node->lock);
    const size_t count = crew->idle_count;
    crew->retired = true;
    crew->idle_count = 0; /* the list no longer changes */
    pthread_cond_broadcast(&node->woken);
    pthread_mutex_unlock(&node->lock);
    free_workers(crew->idle, count);
}

void sx_node_crew_join(sx_node_crew *crew) {
    for (size_t i = 0; i < crew->loop_count; i++)
        if (crew->loops[i].started) pthread_join(crew->loops[i].thread, NULL);
    free_workers(crew->idle, crew->idle_count);
    free(crew->loops);
    free(crew->idle);
    crew->loops = NULL;
    crew->idle = NULL;
    crew->loop_count = crew->idle_count = 0;
}
