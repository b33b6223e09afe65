/* The thread of the node that looks after the disk: the watched folder, the room that is left, and
 * what is kept no longer. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "service/node/node_impl.h"
#include "service/node/retain.h"
#include "service/node/watch_folder.h"
#include "service/store/clock_back.h"

/* Seconds between two looks and between two messages of one fault. */
enum { LOOK = 1, QUIET = 600 };

/* Milliseconds of the node's clock between two looks at its times, two sweeps, and two looks for
 * alarms. */
enum { CLOCK = 60 * 1000, SWEEP = 600 * 1000, ALARMS = 60 * 1000 };

/* What the thread does in a round, in this order. */
enum { AT_START, AT_CLOCK, AT_FOLDER, AT_SWEEP, AT_ALARMS, PARTS };

struct sx_node_keeper {
    sx_node *node;
    const sx_settings *settings; /* those in force when the round began */
    sx_folder_watch *watch;      /* NULL: no folder is watched */
    pthread_t thread;
    bool started;
    double next_message[PARTS]; /* sx_now */
    int64_t next_clock, next_sweep, next_alarms;
    bool told[SX_ALARMS];     /* what is on, as far as it was told; of `knows_told` */
    bool knows_told, unsaved; /* unsaved: `told` is not in the database yet */
};

/* Whether it is time, also if the clock was put back; notes the next time. */
static bool is_due(const sx_node *node, int64_t *next, int64_t period) {
    const int64_t now = sx_node_now(node);
    if (now < *next && *next - now <= period) return false;
    *next = now + period;
    return true;
}

/* ---- the disk ---- */

void sx_node_look_at_disk(sx_node *node) {
    static const char *const events[] = {
        [SX_DISK_OK] = "the disk has room again",
        [SX_DISK_FULL] = "the disk is nearly full: no film is taken",
        [SX_DISK_CRITICAL] = "the disk is full: what is being received is stopped",
    };
    sx_disk_space s;
    char text[32];
    /* a look by earlier settings must not come after one by new settings */
    pthread_mutex_lock(&node->disk_lock);
    const bool seen = sx_disk_look(sx_node_settings(node), node->data, &s, NULL);
    const int before = seen ? atomic_exchange(&node->disk, (int)s.state) : 0;
    pthread_mutex_unlock(&node->disk_lock);
    if (!seen) return;
    sx_format(text, sizeof text, "%lld", (long long)s.free);
    if (before != (int)s.state)
        sx_node_log_event(node->o.log, s.state == SX_DISK_OK ? SX_LOG_INFO : SX_LOG_ERROR,
                          events[s.state], "free", text, NULL);
}

/* ---- the folder ---- */

static int64_t steady(void *user) {
    (void)user;
    return (int64_t)(sx_now() * 1000.0);
}

static void tell(void *user, const char *path, sx_received what, const char *why) {
    const sx_node_keeper *k = user;
    sx_node *node = k->node;
    char name[SX_NODE_NAME], reason[SX_NODE_REASON];
    const bool stored =
        what == SX_RECEIVED_NEW || what == SX_RECEIVED_AGAIN || what == SX_RECEIVED_OURS;
    sx_node_log_event(node->o.log, stored ? SX_LOG_INFO : SX_LOG_ERROR,
                      stored                       ? "file taken"
                      : what == SX_RECEIVED_FAILED ? "file not taken, will be tried again"
                                                   : "file refused",
                      "file", sx_node_log_name(node->o.log, path, name), "error",
                      sx_node_log_file_reason(node->o.log, k->settings->watch.folder, why, reason),
                      NULL);
    atomic_fetch_add(&node->counters.received[what], 1);
    if (what == SX_RECEIVED_NEW) sx_node_wake(node);
}

/* *out NULL: the settings name no folder. */
static bool open_watch(sx_node_keeper *k, const sx_settings *s, sx_folder_watch **out,
                       sx_error *err) {
    *out = NULL;
    if (!*s->watch.folder) return true;
    const sx_folder_watch_options o = { .folder = s->watch.folder,
                                        .stable = s->watch.stable_seconds * INT64_C(1000),
                                        .largest = (int64_t)s->keep.largest_mb << 20,
                                        .clock = steady,
                                        .tell = tell,
                                        .user = k };
    *out = sx_folder_watch_open(&o, err);
    return *out != NULL;
}

/* After a reload, from the next round on, which also looks for alarms. */
static bool follow_settings(sx_node_keeper *k, sx_error *err) {
    const sx_settings *s = sx_node_settings(k->node);
    sx_folder_watch *watch;
    if (s == k->settings) return true;
    if (!open_watch(k, s, &watch, err)) return false;
    sx_folder_watch_close(k->watch);
    k->watch = watch;
    k->settings = s;
    k->next_alarms = 0;
    return true;
}

static bool look_at_folder(sx_node_keeper *k, sx_db *db, sx_error *err) {
    sx_node *node = k->node;
    size_t taken;
    const char *why;
    if (!k->watch || !sx_node_takes_films(node, &why)) return true;
    pthread_mutex_lock(&node->lock);
    const sx_receive_options receive = node->receive;
    pthread_mutex_unlock(&node->lock);
    return sx_folder_watch_look(k->watch, db, &receive, &taken, err);
}

/* ---- the clock ---- */

/* Milliseconds for which a job may wait: no lease lasts longer than 90 minutes, no pause between
 * attempts longer than 20, and others are settings. */
static int64_t longest_wait(const sx_settings *s) {
    const int64_t second = 1000, hour = 3600 * second;
    int64_t longest = s->study.quiet_seconds * second;
    for (size_t i = 0; i < s->destination_count; i++) {
        const int64_t pause = s->destinations[i].confirm_minutes * 60 * second;
        if (pause > longest) longest = pause;
    }
    return longest + 2 * hour;
}

/* The first look is at the start, which is when the clocks of many machines are set. */
static bool look_at_clock(sx_node_keeper *k, sx_db *db, sx_error *err) {
    const int64_t now = sx_node_now(k->node);
    int64_t count = 0;
    char text[24];
    if (!is_due(k->node, &k->next_clock, CLOCK)) return true;
    if (!sx_store_clock_back(db, now, now + longest_wait(k->settings), &count, err)) return false;
    if (!count) return true;
    sx_format(text, sizeof text, "%lld", (long long)count);
    sx_node_log_event(k->node->o.log, SX_LOG_WARNING,
                      "the clock was put back: times that lay ahead of it were corrected", "count",
                      text, NULL);
    sx_node_wake(k->node);
    return true;
}

/* ---- what is kept ---- */

static bool sweep(sx_node_keeper *k, sx_db *db, sx_error *err) {
    sx_node *node = k->node;
    sx_retained r;
    char films[24], results[24], seconds[24];
    if (!is_due(node, &k->next_sweep, SWEEP)) return true;
    if (!sx_retain_sweep(db, k->settings, node->data, sx_node_now(node), &r, err)) return false;
    sx_format(films, sizeof films, "%zu", r.films);
    sx_format(results, sizeof results, "%zu", r.results);
    sx_format(seconds, sizeof seconds, "%zu", r.seconds);
    if (r.films || r.results || r.seconds)
        sx_node_log_event(node->o.log, SX_LOG_INFO, "retention time over, deleted", "films", films,
                          "results", results, "quarantined", seconds, NULL);
    return true;
}

/* ---- alarms ---- */

/* A change that the webhook does not take is told again at the next look. */
static void tell_change(sx_node_keeper *k, sx_alarm alarm, const sx_alarm_state *state) {
    sx_node *node = k->node;
    sx_error err = { 0 };
    sx_node_log_event(node->o.log, state->on ? SX_LOG_ERROR : SX_LOG_INFO,
                      state->on ? "alarm" : "alarm is over", "alarm", sx_alarm_name(alarm), "text",
                      state->text, NULL);
    k->told[alarm] = state->on;
    if (!*k->settings->alarms.webhook) return;
    if (sx_alarms_tell(k->settings, alarm, state, sx_node_now(node), node->host, &err)) return;
    k->told[alarm] = !state->on;
    sx_node_log_event(node->o.log, SX_LOG_WARNING, "webhook does not take an alarm", "error",
                      err.message, NULL);
}

static bool look_for_alarms(sx_node_keeper *k, sx_db *db, sx_error *err) {
    sx_node *node = k->node;
    sx_alarm_state states[SX_ALARMS];
    if (!is_due(node, &k->next_alarms, ALARMS)) return true;
    if (!sx_alarms_look(db, k->settings, (sx_disk)atomic_load(&node->disk), sx_node_now(node),
                        states, err))
        return false;
    if (!k->knows_told && !sx_alarms_load_told(db, node->host, k->told, err)) return false;
    k->knows_told = true;
    for (int i = 0; i < SX_ALARMS; i++) {
        atomic_store(&node->alarms[i], states[i].on);
        if (states[i].on == k->told[i]) continue;
        tell_change(k, (sx_alarm)i, &states[i]);
        k->unsaved = true;
    }
    k->unsaved = k->unsaved && !sx_alarms_save_told(db, node->host, k->told, err);
    return !k->unsaved;
}

/* ---- the thread ---- */

static bool wait_until_next(sx_node *node) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LOOK;
    pthread_mutex_lock(&node->lock);
    while (!node->stopping)
        if (pthread_cond_timedwait(&node->woken, &node->lock, &until) == ETIMEDOUT) break;
    const bool on = !node->stopping;
    pthread_mutex_unlock(&node->lock);
    return on;
}

static void tell_failure(sx_node_keeper *k, int part, const sx_error *why) {
    static const char *const events[] = {
        [AT_START] = "retention, watched folder and alarms are not looked after",
        [AT_CLOCK] = "the clock cannot be compared with the jobs",
        [AT_FOLDER] = "the watched folder cannot be read",
        [AT_SWEEP] = "what is kept no longer cannot be deleted",
        [AT_ALARMS] = "alarms cannot be looked for",
    };
    char reason[SX_NODE_REASON];
    if (sx_now() < k->next_message[part]) return;
    k->next_message[part] = sx_now() + QUIET;
    sx_node_log_event(
        k->node->o.log, SX_LOG_ERROR, events[part], "error",
        sx_node_log_file_reason(k->node->o.log, k->settings->watch.folder, why->message, reason),
        NULL);
}

/* Each part does its work whatever becomes of the others: alarms come while the folder is away. */
static void look_after_all(sx_node_keeper *k) {
    static bool (*const parts[])(sx_node_keeper *, sx_db *, sx_error *) = {
        [AT_CLOCK] = look_at_clock,
        [AT_FOLDER] = look_at_folder,
        [AT_SWEEP] = sweep,
        [AT_ALARMS] = look_for_alarms,
    };
    sx_error err = { 0 };
    bool all = true;
    const bool follows = follow_settings(k, &err);
    sx_node_look_at_disk(k->node);
    sx_db *db = follows ? sx_node_take_connection(k->node, &err) : NULL;
    if (!db) tell_failure(k, AT_START, &err);
    for (int i = AT_CLOCK; db && i < PARTS; i++) {
        err = (sx_error){ 0 };
        if (parts[i](k, db, &err)) continue;
        tell_failure(k, i, &err);
        all = false;
    }
    sx_node_give_connection(k->node, db, all);
}

static void *keep_until_stopped(void *user) {
    sx_node_keeper *k = user;
    while (wait_until_next(k->node))
        look_after_all(k);
    return NULL;
}

bool sx_node_start_keeper(sx_node *node, sx_error *err) {
    sx_node_keeper *k = sx_calloc_for(1, sizeof *k, "a thread", err);
    if (!k) return false;
    node->keeper = k;
    *k = (sx_node_keeper){ .node = node, .next_sweep = sx_node_now(node) + 60 * 1000 };
    if (!follow_settings(k, err)) return false;
    sx_node_look_at_disk(node);
    k->started = pthread_create(&k->thread, NULL, keep_until_stopped, k) == 0;
    return k->started || sx_fail(err, SX_ERR_MEMORY, "cannot start a thread");
}

void sx_node_stop_keeper(sx_node *node) {
    sx_node_keeper *k = node->keeper;
    if (!k) return;
    if (k->started) pthread_join(k->thread, NULL);
    sx_folder_watch_close(k->watch);
    free(k);
    node->keeper = NULL;
}
