#define _GNU_SOURCE /* memmem */
#include "train/record.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/writer.h"
#include "train/tfevents.h"

enum { MOST_EVENTS = 5000 };

struct sx_record {
    FILE *lines;
    char *path; /* of the lines */
    sx_tfevents *events;
    long every; /* steps between events */
};

/* Reads N of `{"iteration": N`. The lines are not terminated by a zero byte. */
static bool line_iteration(const char *line, size_t length, long *iteration) {
    static const char begin[] = "{\"iteration\": ";
    const size_t skip = sizeof begin - 1;
    char digits[24] = { 0 }, *end;
    if (length < skip || memcmp(line, begin, skip) != 0) return false;
    for (size_t i = 0; i < sizeof digits - 1 && skip + i < length; i++)
        digits[i] = line[skip + i];
    *iteration = strtol(digits, &end, 10);
    return end != digits;
}

/* Lines that a crash truncated, and lines of steps after the checkpoint, are removed; `over`: also
 * the validation after the last step, which is repeated. */
static bool start_lines(const char *path, long from, bool over, sx_error *err) {
    sx_str keep = { 0 };
    sx_file f;
    if (from > 0 && sx_path_exists(path)) {
        if (!sx_file_open(&f, path, err)) return false;
        const char *p = (const char *)f.data, *end = p + f.size;
        for (const char *line = p; line < end;) {
            const char *next = memchr(line, '\n', (size_t)(end - line));
            if (!next) break;
            const size_t length = (size_t)(next + 1 - line);
            long i;
            if (!line_iteration(line, length, &i) || i >= from) break;
            if (!over || i < from - 1 || !memmem(line, length, "\"validation\"", 12))
                sx_str_append(&keep, line, length);
            line = next + 1;
        }
        sx_file_close(&f);
    }
    bool ok = sx_str_ok(&keep, err) && sx_write_file(path, sx_str_text(&keep), keep.len, err);
    sx_str_free(&keep);
    return ok;
}

static bool open_both(sx_record *r, const char *out, long from, bool over, sx_error *err) {
    char *events = sx_path_join(out, "events.out.tfevents.spinexr");
    r->path = sx_path_join(out, "metrics.jsonl");
    bool ok = (events && r->path) || sx_fail(err, SX_ERR_MEMORY, "out of memory for the metrics");
    ok = ok && start_lines(r->path, from, over, err);
    ok = ok && (r->lines = sx_file_append(r->path, err)) &&
         (r->events = sx_tfevents_open(events, from, err));
    free(events);
    return ok;
}

sx_record *sx_record_open(const char *out, long from, long iterations, sx_error *err) {
    sx_record *r = sx_calloc_for(1, sizeof *r, "metrics", err);
    if (!r) return NULL;
    r->every = (iterations + MOST_EVENTS - 1) / MOST_EVENTS;
    if (r->every < 1) r->every = 1;
    if (open_both(r, out, from, from >= iterations, err)) return r;
    sx_record_close(r);
    return NULL;
}

void sx_record_close(sx_record *r) {
    if (!r) return;
    if (r->lines) fclose(r->lines);
    sx_tfevents_close(r->events);
    free(r->path);
    free(r);
}

static bool flush(sx_record *r, sx_error *err) {
    return (!ferror(r->lines) && fflush(r->lines) == 0) || sx_fail_errno(err, r->path, "write");
}

static bool put_events(sx_record *r, const sx_train_report *s, sx_error *err) {
    static const char prefix[] = "loss/";
    sx_tfscalar scalar[SX_MAX_LOSSES + 3];
    char tag[SX_MAX_LOSSES][sizeof prefix + sizeof s->losses.items[0].name];
    size_t n = 0;
    scalar[n++] = (sx_tfscalar){ "loss/total", s->losses.total };
    scalar[n++] = (sx_tfscalar){ "rate", s->rate };
    scalar[n++] = (sx_tfscalar){ "grad_norm", s->optim.grad_norm };
    for (int i = 0; i < s->losses.count; i++) {
        snprintf(tag[i], sizeof tag[i], "%s%s", prefix, s->losses.items[i].name);
        scalar[n++] = (sx_tfscalar){ tag[i], s->losses.items[i].value };
    }
    return sx_tfevents_put(r->events, s->iteration, scalar, n, err);
}

/* Writes one line, which is on disk when it returns. Frees the document. */
static bool put_line(sx_record *r, sx_json_doc *line, sx_error *err) {
    sx_str text = { 0 };
    bool ok = sx_json_print(line, SX_JSON_ONE_LINE, &text, err);
    if (ok) fwrite(text.data, 1, text.len, r->lines);
    ok = ok && flush(r, err);
    sx_str_free(&text);
    sx_json_free(line);
    return ok;
}

bool sx_record_step(sx_record *r, const sx_train_report *s, sx_error *err) {
    sx_json_doc line;
    sx_json at = sx_json_new_object(&line);
    sx_json_integer(at, "iteration", s->iteration);
    sx_json_number(at, "rate", s->rate);
    sx_json_number(at, "loss", s->losses.total);
    for (int i = 0; i < s->losses.count; i++)
        sx_json_number(at, s->losses.items[i].name, s->losses.items[i].value);
    sx_json_number(at, "grad_norm", s->optim.grad_norm);
    sx_json_number(at, "seconds", round(s->seconds * 1e4) / 1e4);
    sx_json_count(at, "memory", s->memory);
    return put_line(r, &line, err) && (s->iteration % r->every != 0 || put_events(r, s, err));
}

bool sx_record_validation(sx_record *r, long done, const char *name, double score, sx_error *err) {
    char tag[64];
    sx_json_doc line;
    sx_json at = sx_json_new_object(&line);
    sx_json_integer(at, "iteration", done - 1);
    sx_json_number(at, "validation", score); /* null: the set has one class */
    if (!put_line(r, &line, err)) return false;
    snprintf(tag, sizeof tag, "validation/%s", name);
    return isnan(score) ||
           sx_tfevents_put(r->events, done - 1, &(sx_tfscalar){ tag, score }, 1, err);
}
