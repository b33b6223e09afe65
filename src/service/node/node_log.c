#include "service/node/node_log.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"

static const char *const levels[] = { [SX_LOG_ERROR] = "error",
                                      [SX_LOG_WARNING] = "warning",
                                      [SX_LOG_INFO] = "info",
                                      [SX_LOG_DEBUG] = "debug" };

/* One write for a line, so that lines of several threads are not mixed. */
static void put_line(int fd, const sx_str *line) {
    if (!line->failed) (void)!write(fd, line->data, line->len);
}

enum { MOST_FIELDS = 12 };

/* Names and values in turn; those whose value is "" are left out. */
typedef struct fields {
    const char *names[MOST_FIELDS], *values[MOST_FIELDS];
    size_t count;
} fields;

static void put_json(sx_str *line, sx_log_level level, const char *event, const fields *f) {
    char now[32];
    sx_json_doc doc;
    sx_error err = { 0 };
    sx_json j = sx_json_new_object(&doc);
    sx_timestamp(now, sizeof now);
    sx_json_text(j, "time", now);
    sx_json_text(j, "level", levels[level]);
    sx_json_text(j, "event", event);
    for (size_t i = 0; i < f->count; i++)
        sx_json_text(j, f->names[i], f->values[i]);
    if (!sx_json_print(&doc, SX_JSON_COMPACT, line, &err)) line->failed = true;
    sx_str_add(line, "\n");
    sx_json_free(&doc);
}

static void put_value(sx_str *line, const char *value) {
    const bool plain = !strpbrk(value, " \"=");
    sx_str shown = { 0 };
    sx_utf8_printable(&shown, value, false);
    if (plain) {
        sx_str_add(line, sx_str_text(&shown));
    } else {
        sx_str_add(line, "\"");
        for (const char *p = sx_str_text(&shown); *p; p++)
            sx_str_printf(line, *p == '"' ? "\\%c" : "%c", *p);
        sx_str_add(line, "\"");
    }
    sx_str_free(&shown);
}

static void put_text(sx_str *line, sx_log_level level, const char *event, const fields *f) {
    char now[32];
    sx_timestamp(now, sizeof now);
    sx_str_printf(line, "%s %-7s %s", now, levels[level], event);
    for (size_t i = 0; i < f->count; i++) {
        sx_str_printf(line, " %s=", f->names[i]);
        put_value(line, f->values[i]);
    }
    sx_str_add(line, "\n");
}

void sx_node_log_event(const sx_node_log *log, sx_log_level level, const char *event, ...) {
    sx_str line = { 0 };
    fields f = { .count = 0 };
    va_list list;
    if (level > log->most) return;
    va_start(list, event);
    for (const char *name; (name = va_arg(list, const char *)) && f.count < MOST_FIELDS;) {
        const char *value = va_arg(list, const char *);
        if (!*value) continue;
        f.names[f.count] = name;
        f.values[f.count++] = value;
    }
    va_end(list);
    if (log->json)
        put_json(&line, level, event, &f);
    else
        put_text(&line, level, event, &f);
    put_line(log->fd, &line);
    sx_str_free(&line);
}

const char *sx_node_log_name(const sx_node_log *log, const char *uid, char out[SX_NODE_NAME]) {
    sx_sha256 hash;
    if (log->patients || !*uid || !sx_sha256_of(uid, strlen(uid), &hash, NULL))
        sx_format(out, SX_NODE_NAME, "%s", log->patients ? uid : "");
    else
        sx_format(out, SX_NODE_NAME, "%.12s", hash.hex);
    return out;
}
