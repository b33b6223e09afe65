#include "service/node/alarms.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "service/net/http_client.h"
#include "service/node/drift.h"
#include "service/store/jobs.h"

const char *sx_alarm_name(sx_alarm alarm) {
    static const char *const names[SX_ALARMS] = { "dead_jobs", "late_delivery", "disk",
                                                  "score_drift", "distance_drift" };
    return names[alarm];
}

static void raise_alarm(sx_alarm_state *s, const char *fmt, ...) SX_PRINTF(2, 3);
static void raise_alarm(sx_alarm_state *s, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    sx_vformat(s->text, sizeof s->text, fmt, args);
    va_end(args);
    s->on = true;
}

/* ---- jobs ---- */

/* A job that the settings hold is not late. */
static bool look_at_jobs(sx_db *db, const sx_settings *settings, int64_t now,
                         sx_alarm_state out[SX_ALARMS], sx_error *err) {
    const int64_t limit = now - settings->alarms.late_hours * INT64_C(3600000);
    const sx_db_value value = sx_db_int(limit);
    int64_t dead = 0, late = 0;
    bool found;
    if (!sx_db_query_int(db,
                         "SELECT COUNT(*) FROM job WHERE " SX_JOBS_UNFINISHED " AND state = 'dead'",
                         NULL, 0, &dead, &found, err) ||
        !sx_db_query_int(db,
                         "SELECT COUNT(*) FROM job WHERE " SX_JOBS_UNFINISHED
                         " AND state <> 'dead' AND made + hold_time < ?",
                         &value, 1, &late, &found, err))
        return false;
    if (dead)
        raise_alarm(&out[SX_ALARM_DEAD], "%lld %s failed for good", (long long)dead,
                    sx_noun((size_t)dead, "job", "jobs"));
    if (late)
        raise_alarm(&out[SX_ALARM_LATE], "%lld %s not been done for %d hours", (long long)late,
                    sx_noun((size_t)late, "job has", "jobs have"), settings->alarms.late_hours);
    return true;
}

/* ---- drift ---- */

/* A sudden change shows against the thousand films before, a slow one against the reference. */
static bool look_at_drift(sx_db *db, const sx_settings *settings, const char *column,
                          const char *what, sx_alarm_state *out, sx_error *err) {
    const double most = settings->alarms.drift_percent / 100.0;
    sx_drift d;
    sx_error why = { 0 };
    if (!sx_drift_measure(db, column, settings->alarms.drift_from, &d, &why)) {
        /* the other alarms must not wait for a person */
        if (why.code != SX_ERR_FORMAT) return sx_fail(err, why.code, "%s", why.message);
        raise_alarm(out, "%s", why.message);
        return true;
    }
    if (d.before > most)
        raise_alarm(out, "%s of the last %d films is unlike that of the films before (%.0f %%)",
                    what, SX_DRIFT_FILMS, 100.0 * d.before);
    else if (d.reference > most)
        raise_alarm(out, "%s of the last %d films is unlike that of the reference films (%.0f %%)",
                    what, SX_DRIFT_FILMS, 100.0 * d.reference);
    return true;
}

bool sx_alarms_look(sx_db *db, const sx_settings *settings, sx_disk disk, int64_t now,
                    sx_alarm_state out[SX_ALARMS], sx_error *err) {
    memset(out, 0, SX_ALARMS * sizeof *out);
    if (disk != SX_DISK_OK)
        raise_alarm(&out[SX_ALARM_DISK], "the disk is nearly full, and no film is taken");
    return look_at_jobs(db, settings, now, out, err) &&
           look_at_drift(db, settings, "probability", "P(abnormal)", &out[SX_ALARM_SCORES], err) &&
           look_at_drift(db, settings, "distance", "the familiarity", &out[SX_ALARM_DISTANCE], err);
}

/* ---- what was told ---- */

enum { PROPERTY = 160, NAMES = 200 };

static void property_of(const char *host, char out[PROPERTY]) {
    sx_format(out, PROPERTY, "alarms told by %.128s", host);
}

static bool take_names(void *user, const sx_db_row *row, sx_error *err) {
    (void)err;
    sx_db_copy_text(row, 0, user, NAMES);
    return true;
}

/* The value is a list of names, each between commas: another version may have other alarms. */
bool sx_alarms_load_told(sx_db *db, const char *host, bool told[SX_ALARMS], sx_error *err) {
    char property[PROPERTY], names[NAMES] = "", name[40];
    property_of(host, property);
    const sx_db_value value = sx_db_text(property);
    if (!sx_db_query(db, "SELECT value FROM property WHERE name = ?", &value, 1, take_names, names,
                     err))
        return false;
    for (int i = 0; i < SX_ALARMS; i++) {
        sx_format(name, sizeof name, ",%s,", sx_alarm_name((sx_alarm)i));
        told[i] = strstr(names, name) != NULL;
    }
    return true;
}

bool sx_alarms_save_told(sx_db *db, const char *host, const bool told[SX_ALARMS], sx_error *err) {
    char property[PROPERTY], names[NAMES] = ",";
    property_of(host, property);
    for (int i = 0; i < SX_ALARMS; i++) {
        const size_t n = strlen(names);
        if (told[i]) sx_format(names + n, NAMES - n, "%s,", sx_alarm_name((sx_alarm)i));
    }
    const sx_db_value values[] = { sx_db_text(property), sx_db_text(names) };
    return sx_db_run(db,
                     "INSERT INTO property (name, value) VALUES (?, ?)"
                     " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                     values, 2, err);
}

/* ---- the webhook ---- */

static bool post(const sx_settings *settings, const sx_str *text, sx_error *err) {
    const sx_http_piece piece = { text->data, text->len };
    const sx_http_remote remote = { .url = settings->alarms.webhook,
                                    .token_file = settings->alarms.token_file,
                                    .message_seconds = 15 };
    const sx_http_call call = {
        .path = "", .content_type = "application/json", .body = &piece, .pieces = 1
    };
    sx_http_answer answer = { 0 };
    bool ok = sx_http_send(&remote, &call, &answer, err);
    if (ok && answer.status / 100 != 2)
        ok = sx_fail(err, SX_ERR_IO, "%s answered %d", settings->alarms.webhook, answer.status);
    sx_http_answer_free(&answer);
    return ok;
}

bool sx_alarms_tell(const sx_settings *settings, sx_alarm alarm, const sx_alarm_state *state,
                    int64_t now, const char *host, sx_error *err) {
    sx_json_doc doc;
    sx_str text = { 0 };
    sx_json o = sx_json_new_object(&doc);
    sx_json_text(o, "alarm", sx_alarm_name(alarm));
    sx_json_bool(o, "on", state->on);
    sx_json_text(o, "text", state->text);
    sx_json_integer(o, "at", now);
    sx_json_text(o, "host", host);
    const bool ok = sx_json_print(&doc, SX_JSON_COMPACT, &text, err) && post(settings, &text, err);
    sx_str_free(&text);
    sx_json_free(&doc);
    return ok;
}
