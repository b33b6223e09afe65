#include "train/tfevents.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/files.h"
#include "base/mem.h"
#include "base/protobuf.h"
#include "base/writer.h"

enum { HEAD = 12, FOOT = 4 }; /* bytes before and after those of an event */

struct sx_tfevents {
    FILE *f;
    char *path;
    uint32_t table[256];
};

/* ---- TFRecord ---- */

/* CRC-32C (Castagnoli, RFC 3720 appendix B.4), bits reversed. */
static void fill_table(uint32_t *table) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++)
            c = c & 1 ? 0x82F63B78U ^ (c >> 1) : c >> 1;
        table[i] = c;
    }
}

/* Masked, because a CRC of data that contains CRCs is weak (TensorFlow's record_writer). */
static uint32_t masked_crc(const uint32_t *table, const void *bytes, size_t n) {
    uint32_t c = 0xFFFFFFFFU;
    for (const uint8_t *p = bytes, *end = p + n; p < end; p++)
        c = table[(c ^ *p) & 0xFF] ^ (c >> 8);
    c = ~c;
    return ((c >> 15) | (c << 17)) + 0xA282EAD8U;
}

static uint64_t get_le(const uint8_t *p, int bytes) {
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static void put_record(const uint32_t *table, sx_str *to, const sx_str *event) {
    const size_t at = to->len;
    sx_str_append_le(to, event->len, 8);
    if (to->failed) return;
    sx_str_append_le(to, masked_crc(table, to->data + at, 8), 4);
    sx_str_append(to, event->data, event->len);
    sx_str_append_le(to, masked_crc(table, event->data, event->len), 4);
}

/* ---- events ---- */

/* Event: 1 wall_time (double), 2 step (int64), then 3 file_version or 5 summary. */
static void put_event(sx_str *s, long step) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const double wall = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    sx_protobuf_double(s, 1, wall);
    sx_protobuf_int(s, 2, step);
}

/* Summary: 1 value, repeated: 1 tag (string), 2 simple_value (float). */
static void put_scalar(sx_str *summary, const sx_tfscalar *v) {
    sx_str one = { 0 };
    sx_protobuf_text(&one, 1, v->tag);
    sx_protobuf_float(&one, 2, (float)v->value);
    sx_protobuf_message(summary, 1, &one);
}

/* The step of an event that this file wrote; -1: it is not one. */
static long step_of(const uint8_t *p, size_t n) {
    uint64_t v = 0;
    if (n < 11 || p[0] != (1 << 3 | SX_PROTOBUF_FIXED64) || p[9] != (2 << 3 | SX_PROTOBUF_VARINT))
        return -1;
    for (size_t i = 10; i < n && i < 19; i++) {
        v |= (uint64_t)(p[i] & 0x7F) << (7 * (i - 10));
        if (!(p[i] & 0x80)) return (long)v;
    }
    return -1;
}

/* ---- the file ---- */

/* The length of the part that holds whole events of steps before `from`. */
static size_t whole_until(const uint32_t *table, const uint8_t *p, size_t size, long from) {
    size_t at = 0;
    while (size - at >= HEAD + FOOT) {
        const uint64_t n = get_le(p + at, 8);
        if (get_le(p + at + 8, 4) != masked_crc(table, p + at, 8) || n > size - at - HEAD - FOOT)
            break;
        const uint8_t *event = p + at + HEAD;
        if (get_le(event + n, 4) != masked_crc(table, event, n)) break;
        const long step = step_of(event, n);
        if (step < 0 || (at > 0 && step >= from)) break; /* the first event only has the version */
        at += HEAD + n + FOOT;
    }
    return at;
}

static bool start_file(const sx_tfevents *t, long from, sx_error *err) {
    static const char version[] = "brain.Event:2";
    sx_file old = { 0 };
    sx_str text = { 0 };
    if (from > 0 && sx_path_exists(t->path)) {
        if (!sx_file_open(&old, t->path, err)) return false;
        sx_str_append(&text, old.data, whole_until(t->table, old.data, old.size, from));
        sx_file_close(&old);
    }
    if (text.len == 0) {
        sx_str event = { 0 };
        put_event(&event, 0);
        sx_protobuf_text(&event, 3, version);
        put_record(t->table, &text, &event);
        text.failed |= event.failed;
        sx_str_free(&event);
    }
    const bool ok = sx_str_ok(&text, err) && sx_write_file(t->path, text.data, text.len, err);
    sx_str_free(&text);
    return ok;
}

sx_tfevents *sx_tfevents_open(const char *path, long from, sx_error *err) {
    sx_tfevents *t = sx_calloc_for(1, sizeof *t, "event file", err);
    if (!t) return NULL;
    fill_table(t->table);
    t->path = sx_strdup(path);
    bool ok = t->path || sx_fail(err, SX_ERR_MEMORY, "out of memory for the event file");
    ok = ok && start_file(t, from, err) && (t->f = sx_file_append(path, err));
    if (ok) return t;
    sx_tfevents_close(t);
    return NULL;
}

void sx_tfevents_close(sx_tfevents *t) {
    if (!t) return;
    if (t->f) fclose(t->f);
    free(t->path);
    free(t);
}

bool sx_tfevents_put(sx_tfevents *t, long step, const sx_tfscalar *scalars, size_t count,
                     sx_error *err) {
    sx_str summary = { 0 }, event = { 0 }, record = { 0 };
    for (size_t i = 0; i < count; i++)
        put_scalar(&summary, &scalars[i]);
    put_event(&event, step);
    sx_protobuf_message(&event, 5, &summary);
    put_record(t->table, &record, &event);
    bool ok = sx_str_ok(&event, err) && sx_str_ok(&record, err);
    if (ok && (fwrite(record.data, 1, record.len, t->f) != record.len || fflush(t->f) != 0))
        ok = sx_fail_errno(err, t->path, "write");
    sx_str_free(&event);
    sx_str_free(&record);
    return ok;
}
