/* The threads of the node that work on jobs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/str.h"
#include "service/node/build.h"
#include "service/node/confirm.h"
#include "service/node/deliver.h"
#include "service/node/node_impl.h"
#include "service/node/predict_job.h"

enum { MINUTE = 60 * 1000 };

/* A kind of job. A lease must outlast the work; it ends earlier only if this program does. */
typedef struct sx_node_work {
    const char *kind;
    int64_t lease;
    sx_stage stage;
    /* False: the database or the disk failed; the lease ends by itself. */
    bool (*run)(sx_node_loop *l, const sx_job *job, sx_error *err);
} work;

static int64_t clock_of(void *user) {
    return sx_node_now(user);
}

/* Pauses need no good random numbers, but two machines should not draw the same. */
static double draw(void *user) {
    uint32_t n = 0;
    (void)user;
    if (!sx_random_bytes(&n, sizeof n, NULL)) n = 0;
    return (double)n / 4294967296.0;
}

/* Whether there may be work, with the lock. A thread that owes the end of a job stays until it is
 * written. */
static bool is_on(const sx_node_loop *l) {
    return !l->node->stopping && (!l->crew->retired || l->owes);
}

/* ---- predicting ---- */

/* False: the thread is to end. A thread takes a worker before it leases a film, so that no film
 * waits for a worker of this machine that another machine could predict. */
static bool take_worker(sx_node_loop *l) {
    sx_node_crew *crew = l->crew;
    pthread_mutex_lock(&l->node->lock);
    while (is_on(l) && !crew->idle_count)
        pthread_cond_wait(&l->node->woken, &l->node->lock);
    const bool on = is_on(l);
    if (on) l->worker = crew->idle[--crew->idle_count];
    pthread_mutex_unlock(&l->node->lock);
    return on;
}

/* If it has one. The process of a crew that begins nothing more would keep its memory. */
static void give_worker(sx_node_loop *l) {
    sx_pool_worker *rest = NULL;
    if (!l->worker) return;
    pthread_mutex_lock(&l->node->lock);
    if (l->crew->retired)
        rest = l->worker;
    else
        l->crew->idle[l->crew->idle_count++] = l->worker;
    pthread_cond_broadcast(&l->node->woken);
    pthread_mutex_unlock(&l->node->lock);
    l->worker = NULL;
    sx_pool_worker_free(rest);
}

static bool is_allowed(const sx_node_crew *crew, const sx_networks *n, sx_error *err) {
    return !n->demonstration || crew->settings.allow_demo ||
           sx_fail(err, SX_ERR_REFUSED, "the weights are marked as demonstration");
}

static void networks_of(sx_node_loop *l, sx_networks *out) {
    pthread_mutex_lock(&l->node->lock);
    *out = l->crew->networks;
    pthread_mutex_unlock(&l->node->lock);
}

/* All processes of a crew use the same networks. One that was started again after its end has
 * opened the files as they are now; if they have changed, the others follow before their next film.
 */
static bool follow_networks(sx_node_loop *l, sx_error *err) {
    sx_node *node = l->node;
    for (int i = 0; i < 2; i++) {
        sx_networks mine, used;
        networks_of(l, &used);
        if (!sx_pool_start(l->worker, &mine, err)) return false;
        if (strcmp(mine.weights, used.weights) == 0) return true;
        if (i == 0) {
            sx_pool_worker_renew(l->worker);
            continue;
        }
        if (!is_allowed(l->crew, &mine, err)) return false;
        pthread_mutex_lock(&node->lock);
        l->crew->networks = mine;
        pthread_mutex_unlock(&node->lock);
        sx_node_log_event(node->o.log, SX_LOG_WARNING, "weights changed", "weights", mine.weights,
                          NULL);
    }
    return true;
}

static const struct {
    const char *event;
    sx_log_level level;
} predicted[] = {
    [SX_PREDICTED_SCORED] = { "scored", SX_LOG_INFO },
    [SX_PREDICTED_UNFAMILIAR] = { "unfamiliar", SX_LOG_INFO },
    [SX_PREDICTED_REFUSED] = { "refused", SX_LOG_INFO },
    [SX_PREDICTED_FAILED] = { "not predicted", SX_LOG_WARNING },
    [SX_PREDICTED_LATER] = { "prediction failed, will be tried again", SX_LOG_WARNING },
    [SX_PREDICTED_DEAD] = { "prediction failed for good", SX_LOG_ERROR },
    [SX_PREDICTED_GONE] = { "film was deleted before its prediction", SX_LOG_INFO },
    [SX_PREDICTED_LOST] = { "another process has taken the film", SX_LOG_WARNING },
};

/* After a fault of the service, not of what the job is about. */
static bool put_off(sx_node_loop *l, const sx_job *job, const sx_error *why, sx_error *err) {
    bool held;
    return sx_jobs_put_off(l->db, job, sx_node_now(l->node), draw(NULL), why->message, &held, err);
}

static bool run_predict(sx_node_loop *l, const sx_job *job, sx_error *err) {
    sx_node *node = l->node;
    char weights[65], name[SX_NODE_NAME], reason[SX_NODE_REASON];
    sx_predicted outcome;
    sx_error note = { 0 };
    const sx_predict_job_options o = { .folder = node->data,
                                       .attempts = l->crew->settings.workers.attempts,
                                       .now = clock_of,
                                       .draw = draw,
                                       .user = node };
    sx_node_log_name(node->o.log, job->key, name);
    sx_film_answer answer = { .gone = false };
    if (!follow_networks(l, &note)) {
        sx_node_log_event(node->o.log, SX_LOG_ERROR, "no worker process", "film", name, "error",
                          note.message, NULL);
        return put_off(l, job, &note, err);
    }
    bool ok = sx_predict_ask(l->db, &o, l->worker, job, &answer, err);
    give_worker(l); /* to the next film, while this one's result is stored */
    ok = ok && sx_predict_store(l->db, &o, job, &answer, weights, &outcome, &note, err);
    sx_film_answer_free(&answer);
    if (!ok) return false;
    sx_node_log_event(node->o.log, predicted[outcome].level, predicted[outcome].event, "film", name,
                      "reason", sx_node_log_reason(node->o.log, note.message, reason), NULL);
    sx_node_wake(node);
    return true;
}

/* ---- building ---- */

static const struct {
    const char *event;
    sx_log_level level;
} built[] = {
    [SX_BUILT_DONE] = { "result built", SX_LOG_INFO },
    [SX_BUILT_LATER] = { "study is not complete yet", SX_LOG_DEBUG },
    [SX_BUILT_SAME] = { "the result is the same as before", SX_LOG_INFO },
    [SX_BUILT_NOTHING] = { "study without a result: its films show something else", SX_LOG_INFO },
    [SX_BUILT_DEAD] = { "study cannot have a result", SX_LOG_ERROR },
    [SX_BUILT_LOST] = { "another process builds the study", SX_LOG_DEBUG },
};

static bool run_build(sx_node_loop *l, const sx_job *job, sx_error *err) {
    sx_node *node = l->node;
    sx_networks networks;
    char name[SX_NODE_NAME];
    sx_built outcome;
    networks_of(l, &networks);
    const sx_build_options o = { .folder = node->data,
                                 .settings = &l->crew->settings,
                                 .weights = networks.weights,
                                 .demonstration = networks.demonstration,
                                 .device_uid = node->device_uid,
                                 .serial = node->host,
                                 .now = clock_of,
                                 .user = node };
    const bool ok = sx_build_study(l->db, &o, job, &outcome, err);
    sx_memory_give_back(); /* the pictures of a study take megabytes */
    if (!ok) return false;
    sx_node_log_event(node->o.log, built[outcome].level, built[outcome].event, "study",
                      sx_node_log_name(node->o.log, job->key, name), NULL);
    sx_node_wake(node);
    return true;
}

/* ---- sending ---- */

static const struct {
    const char *event;
    sx_log_level level;
} delivered[] = {
    [SX_DELIVERED_ALL] = { "result sent", SX_LOG_INFO },
    [SX_DELIVERED_LATER] = { "result not sent, will be tried again", SX_LOG_WARNING },
    [SX_DELIVERED_DEAD] = { "result not sent, given up", SX_LOG_ERROR },
    [SX_DELIVERED_SUPERSEDED] = { "result not sent, a later version replaces it", SX_LOG_INFO },
    [SX_DELIVERED_LOST] = { "another process sends the result", SX_LOG_WARNING },
};

static const struct {
    const char *event;
    sx_log_level level;
} confirmed[] = {
    [SX_DELIVERED_ALL] = { "result confirmed", SX_LOG_INFO },
    [SX_DELIVERED_AGAIN] = { "the destination has lost objects, they are sent again",
                             SX_LOG_WARNING },
    [SX_DELIVERED_LATER] = { "result not confirmed yet", SX_LOG_INFO },
    [SX_DELIVERED_DEAD] = { "result not confirmed, given up", SX_LOG_ERROR },
    [SX_DELIVERED_SUPERSEDED] = { "result not confirmed, a later version replaces it",
                                  SX_LOG_INFO },
    [SX_DELIVERED_LOST] = { "another process confirms the result", SX_LOG_WARNING },
};

/* The reason is in the job. */
static void log_delivery(sx_node_loop *l, const sx_job *job, const char *event,
                         sx_log_level level) {
    char study[SX_JOB_KEY], name[SX_NODE_NAME], reason[SX_NODE_REASON];
    sx_job now = { .error = "" };
    bool found = false;
    sx_format(study, sizeof study, "%.*s", (int)strcspn(job->key, "/"), job->key);
    if (!sx_jobs_find(l->db, job->id, &now, &found, NULL)) now.error[0] = '\0';
    sx_node_log_event(l->node->o.log, level, event, "study",
                      sx_node_log_name(l->node->o.log, study, name), "to", l->destination->name,
                      "reason", sx_node_log_reason(l->node->o.log, now.error, reason), NULL);
}

/* `tls` is what the options point to. */
static sx_deliver_options deliver_options(sx_node_loop *l, sx_dicom_tls *tls) {
    const sx_settings *s = &l->crew->settings;
    *tls = sx_node_tls(s);
    return (sx_deliver_options){ .destination = l->destination,
                                 .our_title = s->dicom.ae_title,
                                 .tls = l->destination->tls ? tls : NULL,
                                 .message_seconds = s->dicom.message_seconds,
                                 .now = clock_of,
                                 .draw = draw,
                                 .user = l->node };
}

/* Jobs from before shadow mode wait until it ends. */
static bool hold(sx_node_loop *l, const sx_job *job, sx_error *err) {
    bool held;
    if (!sx_jobs_hold(l->db, job, sx_node_now(l->node), draw(NULL),
                      "held: shadow mode sends nothing", &held, err))
        return false;
    log_delivery(l, job, "delivery held", SX_LOG_DEBUG);
    return true;
}

static bool run_send(sx_node_loop *l, const sx_job *job, sx_error *err) {
    sx_dicom_tls tls;
    sx_delivered outcome;
    if (l->crew->settings.shadow) return hold(l, job, err);
    const sx_deliver_options o = deliver_options(l, &tls);
    if (!sx_deliver(l->db, &o, job, &outcome, err)) return false;
    log_delivery(l, job, delivered[outcome].event, delivered[outcome].level);
    sx_node_wake(l->node);
    return true;
}

static bool run_confirm(sx_node_loop *l, const sx_job *job, sx_error *err) {
    sx_dicom_tls tls;
    sx_delivered outcome;
    if (l->crew->settings.shadow) return hold(l, job, err);
    const sx_deliver_options o = deliver_options(l, &tls);
    if (!sx_confirm(l->db, &o, job, &outcome, err)) return false;
    log_delivery(l, job, confirmed[outcome].event, confirmed[outcome].level);
    sx_node_wake(l->node);
    return true;
}

/* ---- a thread ---- */

static const work tasks[] = {
    [SX_NODE_PREDICTS] = { "predict", 90 * MINUTE, SX_STAGE_PREDICT, run_predict },
    [SX_NODE_BUILDS] = { "build", 15 * MINUTE, SX_STAGE_BUILD, run_build },
    [SX_NODE_SENDS] = { "send", 60 * MINUTE, SX_STAGE_SEND, run_send },
    [SX_NODE_CONFIRMS] = { "confirm", 60 * MINUTE, SX_STAGE_CONFIRM, run_confirm },
};

/* Other programs may add jobs as well (a second machine, `serve jobs retry`), so no wait is longer
 * than a second. */
enum { LONGEST_WAIT = 1000 };

static void wait_for_news(sx_node_loop *l, unsigned long seen, int64_t milliseconds) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += milliseconds / 1000;
    until.tv_nsec += milliseconds % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    pthread_mutex_lock(&l->node->lock);
    while (is_on(l) && l->node->news == seen)
        if (pthread_cond_timedwait(&l->node->woken, &l->node->lock, &until) == ETIMEDOUT) break;
    pthread_mutex_unlock(&l->node->lock);
}

static bool may_go_on(sx_node_loop *l, unsigned long *news) {
    pthread_mutex_lock(&l->node->lock);
    const bool on = is_on(l);
    *news = l->node->news;
    pthread_mutex_unlock(&l->node->lock);
    return on;
}

/* Ends the lease of the job that failed. What the disk, the memory or the database did may pass;
 * all else will happen again. */
static bool end_failed(sx_node_loop *l, sx_error *err) {
    const sx_error *why = &l->why;
    bool held;
    l->owes = why->code == SX_ERR_IO || why->code == SX_ERR_MEMORY
                  ? !put_off(l, &l->unended, why, err)
                  : !sx_jobs_bury(l->db, &l->unended, why->message, &held, err);
    return !l->owes;
}

static bool lease_and_work(sx_node_loop *l, bool *idle, sx_error *err) {
    const char *to = l->destination ? l->destination->name : NULL;
    sx_job job;
    bool found = false;
    if (!sx_jobs_lease(l->db, l->work->kind, to, l->node->host, sx_node_now(l->node),
                       l->work->lease, &job, &found, err))
        return false;
    *idle = !found;
    if (!found) return true;
    const double started = sx_now();
    const bool ok = l->work->run(l, &job, err);
    sx_counters_stage(&l->node->counters, l->work->stage, started);
    if (ok) return true;
    sx_error later = { 0 };
    l->unended = job;
    l->why = *err;
    (void)!end_failed(l, &later);
    return false;
}

/* One job, if there is one. *idle: there is none. */
static bool work_once(sx_node_loop *l, bool *idle, sx_error *err) {
    *idle = true;
    if (!l->db && !(l->db = sx_node_open_connection(l->node, err))) return false;
    if (l->owes) {
        *idle = false;
        return end_failed(l, err);
    }
    if (l->work == &tasks[SX_NODE_PREDICTS] && !take_worker(l)) return true;
    const bool ok = lease_and_work(l, idle, err);
    give_worker(l);
    return ok;
}

static void end_loop(sx_node_loop *l) {
    sx_db_close(l->db);
    l->db = NULL;
    atomic_fetch_sub(&l->crew->working, 1);
}

static void *work_until_stopped(void *user) {
    sx_node_loop *l = user;
    unsigned long news;
    while (may_go_on(l, &news)) {
        sx_error err = { 0 };
        bool idle;
        char reason[SX_NODE_REASON];
        const bool known = l->owes; /* and in the log */
        if (!work_once(l, &idle, &err)) {
            if (!known)
                sx_node_log_event(l->node->o.log, SX_LOG_ERROR, "job failed", "kind", l->work->kind,
                                  "error", sx_node_log_reason(l->node->o.log, err.message, reason),
                                  NULL);
            sx_db_close(l->db); /* the next connection may be a better one */
            l->db = NULL;
            idle = true;
        }
        if (idle) wait_for_news(l, news, LONGEST_WAIT);
    }
    end_loop(l);
    return NULL;
}

bool sx_node_loop_start(sx_node_loop *l, sx_node *node, sx_node_crew *crew, sx_node_task task,
                        const sx_destination *to, sx_error *err) {
    *l = (sx_node_loop){ .node = node, .crew = crew, .work = &tasks[task], .destination = to };
    atomic_fetch_add(&crew->working, 1);
    l->started = pthread_create(&l->thread, NULL, work_until_stopped, l) == 0;
    if (l->started) return true;
    end_loop(l);
    return sx_fail(err, SX_ERR_MEMORY, "cannot start a thread");
}
