#include "service/node/metrics.h"

#include <string.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "service/node/node_impl.h"
#include "service/store/jobs.h"

static void put_head(sx_str *out, const char *name, const char *kind, const char *help) {
    sx_str_printf(out, "# HELP spinexr_%s %s\n# TYPE spinexr_%s %s\n", name, help, name, kind);
}

/* ---- of the process ---- */

static void put_received(sx_str *out, const sx_counters *c) {
    static const char *const outcomes[] = {
        [SX_RECEIVED_NEW] = "new",           [SX_RECEIVED_AGAIN] = "again",
        [SX_RECEIVED_OURS] = "own result",   [SX_RECEIVED_CONFLICT] = "conflict",
        [SX_RECEIVED_MISMATCH] = "mismatch", [SX_RECEIVED_INVALID] = "invalid",
        [SX_RECEIVED_FAILED] = "failed",
    };
    put_head(out, "received_total", "counter",
             "Objects that were received, by what became of them.");
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        sx_str_printf(out, "spinexr_received_total{outcome=\"%s\"} %llu\n", outcomes[i],
                      atomic_load(&c->received[i]));
}

static void put_stages(sx_str *out, const sx_counters *c) {
    static const char *const names[SX_STAGES] = { "receive", "predict", "build", "send",
                                                  "confirm" };
    put_head(out, "stage_seconds", "summary", "Time of the work on a film or a study.");
    for (int i = 0; i < SX_STAGES; i++) {
        sx_str_printf(out, "spinexr_stage_seconds_sum{stage=\"%s\"} %.6f\n", names[i],
                      (double)atomic_load(&c->stages[i].microseconds) * 1e-6);
        sx_str_printf(out, "spinexr_stage_seconds_count{stage=\"%s\"} %llu\n", names[i],
                      atomic_load(&c->stages[i].count));
    }
}

static void put_ports(sx_str *out, sx_node *node) {
    int associations = 0;
    for (int i = 0; i < 2; i++)
        if (node->ports[i]) associations += sx_dicom_server_associations(node->ports[i]);
    put_head(out, "associations", "gauge", "DICOM associations that are open.");
    sx_str_printf(out, "spinexr_associations %d\n", associations);
    put_head(out, "resident_peak_bytes", "gauge", "Peak memory of the service, without workers.");
    sx_str_printf(out, "spinexr_resident_peak_bytes %zu\n", sx_peak_memory());
}

static void put_alarms(sx_str *out, sx_node *node) {
    put_head(out, "alarm", "gauge", "Whether an alarm is on.");
    for (int i = 0; i < SX_ALARMS; i++)
        sx_str_printf(out, "spinexr_alarm{name=\"%s\"} %d\n", sx_alarm_name((sx_alarm)i),
                      (int)atomic_load(&node->alarms[i]));
}

static void put_disk(sx_str *out, const char *folder) {
    struct statvfs v;
    if (statvfs(folder, &v) != 0) return;
    put_head(out, "disk_free_bytes", "gauge", "Free space of the data folder's disk.");
    sx_str_printf(out, "spinexr_disk_free_bytes %.0f\n", (double)v.f_frsize * (double)v.f_bavail);
    put_head(out, "disk_bytes", "gauge", "Size of the data folder's disk.");
    sx_str_printf(out, "spinexr_disk_bytes %.0f\n", (double)v.f_frsize * (double)v.f_blocks);
}

/* ---- of the database ---- */

/* A query whose rows are up to two labels and a number. */
typedef struct gauge {
    const char *name, *help, *labels[2], *sql;
} gauge;

static const gauge gauges[] = {
    { "films",
      "Films that are kept, by state.",
      { "state" },
      "SELECT state, '', COUNT(*) FROM instance WHERE is_film = 1 AND state <> 'deleted'"
      " GROUP BY state" },
    { "studies",
      "Studies, by state.",
      { "state" },
      "SELECT state, '', COUNT(*) FROM study GROUP BY state" },
    { "jobs",
      "Jobs that are not finished, and dead ones, by kind and state.",
      { "kind", "state" },
      "SELECT kind, state, COUNT(*) FROM job WHERE " SX_JOBS_UNFINISHED " GROUP BY kind, state" },
    { "oldest_job_made",
      "When the oldest unfinished job was added, in seconds since 1970.",
      { "kind" },
      "SELECT kind, '', MIN(made) / 1000 FROM job WHERE " SX_JOBS_UNFINISHED
      " AND state <> 'dead' GROUP BY kind" },
    { "deliveries",
      "Result objects at destinations, by state.",
      { "destination", "state" },
      "SELECT destination, state, COUNT(*) FROM delivery GROUP BY destination, state" },
    { "delivery_attempts",
      "Attempts to send results, by destination.",
      { "destination" },
      "SELECT destination, '', SUM(attempts) FROM job WHERE kind = 'send' GROUP BY destination" },
};

typedef struct putting {
    const gauge *g;
    sx_str *out;
} putting;

static void put_label(sx_str *out, const char *name, const char *value) {
    sx_str_printf(out, "%s=\"", name);
    for (; *value; value++)
        sx_str_printf(out, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
    sx_str_add(out, "\"");
}

static bool put_row(void *user, const sx_db_row *row, sx_error *err) {
    const putting *p = user;
    (void)err;
    sx_str_printf(p->out, "spinexr_%s{", p->g->name);
    put_label(p->out, p->g->labels[0], sx_db_get_text(row, 0));
    if (p->g->labels[1]) {
        sx_str_add(p->out, ",");
        put_label(p->out, p->g->labels[1], sx_db_get_text(row, 1));
    }
    sx_str_printf(p->out, "} %lld\n", (long long)sx_db_get_int(row, 2));
    return true;
}

bool sx_metrics_put(sx_db *db, sx_node *node, sx_str *out, sx_error *err) {
    put_received(out, &node->counters);
    put_stages(out, &node->counters);
    put_ports(out, node);
    put_disk(out, node->data);
    put_alarms(out, node);
    for (size_t i = 0; i < sizeof gauges / sizeof *gauges; i++) {
        putting p = { &gauges[i], out };
        put_head(out, gauges[i].name, "gauge", gauges[i].help);
        if (!sx_db_query(db, gauges[i].sql, NULL, 0, put_row, &p, err)) return false;
    }
    return sx_str_ok(out, err);
}
