#include "service/node/node_log.h"

#include <arpa/inet.h>
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

/* ---- UIDs ---- */

/* Numbers with dots between them: at least four, or three that are longer than the number of a
 * version, as in a UID that was derived from a UUID (2.25.N, PS3.5 B.2). */
static bool is_private_uid(const char *text, size_t n) {
    enum { LONGEST_VERSION = 9 };
    struct in_addr unused;
    char copy[16];
    size_t dots = 0;
    for (size_t i = 0; i < n; i++)
        dots += text[i] == '.';
    if (dots < 2 || (dots == 2 && n <= LONGEST_VERSION && !sx_starts_with(text, "2.25.")) ||
        sx_starts_with(text, "1.2.840.10008."))
        return false;
    if (n >= sizeof copy) return true;
    sx_format(copy, sizeof copy, "%.*s", (int)n, text);
    return inet_pton(AF_INET, copy, &unused) != 1;
}

static void add_name(const sx_node_log *log, sx_str *out, const char *uid, size_t n) {
    sx_str whole = { 0 };
    char name[SX_NODE_NAME];
    sx_str_append(&whole, uid, n);
    sx_str_add(out, sx_node_log_name(log, sx_str_text(&whole), name));
    sx_str_free(&whole);
}

/* Copies a value, with the names of its UIDs in their place. */
static void add_value(const sx_node_log *log, sx_str *out, const char *value) {
    static const char digits[] = "0123456789.";
    while (*value && !out->failed) {
        const size_t other = strcspn(value, digits);
        sx_str_append(out, value, other);
        value += other;
        size_t all = strspn(value, digits), n = all;
        while (n && value[n - 1] == '.')
            n--;
        if (!log->patients && is_private_uid(value, n))
            add_name(log, out, value, n);
        else
            sx_str_append(out, value, n);
        sx_str_append(out, value + n, all - n);
        value += all;
    }
}

/* ---- lines ---- */

/* Names and values in turn; those whose value is "" are left out. */
typedef struct fields {
    const char *names[MOST_FIELDS];
    sx_str values[MOST_FIELDS];
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
        sx_json_text(j, f->names[i], sx_str_text(&f->values[i]));
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
        put_value(line, sx_str_text(&f->values[i]));
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
        add_value(log, &f.values[f.count], value);
        line.failed = line.failed || f.values[f.count++].failed;
    }
    va_end(list);
    if (log->json)
        put_json(&line, level, event, &f);
    else
        put_text(&line, level, event, &f);
    put_line(log->fd, &line);
    sx_str_free(&line);
    for (size_t i = 0; i < f.count; i++)
        sx_str_free(&f.values[i]);
}

const char *sx_node_log_name(const sx_node_log *log, const char *uid, char out[SX_NODE_NAME]) {
    sx_sha256 hash;
    if (log->patients || !*uid || !sx_sha256_of(uid, strlen(uid), &hash, NULL))
        sx_format(out, SX_NODE_NAME, "%s", log->patients ? uid : "");
    else
        sx_format(out, SX_NODE_NAME, "%.12s", hash.hex);
    return out;
}

/* From the first quote to the last one, because a header may contain quotes, or to the end, where a
 * message was cut short. */
const char *sx_node_log_reason(const sx_node_log *log, const char *text, char out[SX_NODE_REASON]) {
    const char *first = strchr(text, '"'), *last = strrchr(text, '"');
    if (log->patients || !first)
        sx_format(out, SX_NODE_REASON, "%s", text);
    else
        sx_format(out, SX_NODE_REASON, "%.*s\"...\"%s", (int)(first - text), text,
                  last > first ? last + 1 : "");
    return out;
}

const char *sx_node_log_file_reason(const sx_node_log *log, const char *folder, const char *text,
                                    char out[SX_NODE_REASON]) {
    char rest[SX_NODE_REASON], name[SX_NODE_NAME];
    sx_str path = { 0 };
    const size_t n = strlen(folder);
    const char *end = strstr(text, ": ");
    sx_node_log_reason(log, text, out);
    if (log->patients || !n || strncmp(text, folder, n) != 0 || text[n] != '/') return out;
    sx_node_log_reason(log, end ? end : "", rest);
    sx_str_append(&path, text, end ? (size_t)(end - text) : strlen(text));
    sx_format(out, SX_NODE_REASON, "%s%s", sx_node_log_name(log, sx_str_text(&path), name), rest);
    sx_str_free(&path);
    return out;
}
