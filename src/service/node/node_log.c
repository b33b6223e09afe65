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

static void put_json(sx_str *line, sx_log_level level, const char *event, va_list fields) {
    char now[32];
    sx_json_doc doc;
    sx_error err = { 0 };
    sx_json j = sx_json_new_object(&doc);
    sx_timestamp(now, sizeof now);
    sx_json_text(j, "time", now);
    sx_json_text(j, "level", levels[level]);
    sx_json_text(j, "event", event);
    for (const char *name; (name = va_arg(fields, const char *));) {
        const char *value = va_arg(fields, const char *);
        if (*value) sx_json_text(j, name, value);
    }
    if (!sx_json_print(&doc, SX_JSON_COMPACT, line, &err)) line->failed = true;
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

static void put_text(sx_str *line, sx_log_level level, const char *event, va_list fields) {
    char now[32];
    sx_timestamp(now, sizeof now);
    sx_str_printf(line, "%s %-7s %s", now, levels[level], event);
    for (const char *name; (name = va_arg(fields, const char *));) {
        const char *value = va_arg(fields, const char *);
        if (!*value) continue;
        sx_str_printf(line, " %s=", name);
        put_value(line, value);
    }
}

void sx_node_log_event(const sx_node_log *log, sx_log_level level, const char *event, ...) {
    sx_str line = { 0 };
    va_list fields;
    if (level > log->most) return;
    va_start(fields, event);
    if (log->json)
        put_json(&line, level, event, fields);
    else
        put_text(&line, level, event, fields);
    va_end(fields);
    if (!line.len || line.data[line.len - 1] != '\n') sx_str_add(&line, "\n");
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
