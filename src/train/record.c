#include "train/record.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/mem.h"
#include "train/tfevents.h"

enum { MOST_EVENTS = 5000 };

struct sx_record {
    FILE *lines;
    char *path; /* of the lines */
    sx_tfevents *events;
    long every; /* steps between events */
};

/* A line that a crash cut short, or that tells of steps after the checkpoint, is taken out
 * again. */
static bool start_lines(const char *path, long from, sx_error *err) {
    sx_str keep = { 0 };
    sx_file f;
    if (from > 0 && sx_path_exists(path)) {
        if (!sx_file_open(&f, path, err)) return false;
        const char *p = (const char *)f.data, *end = p + f.size;
        for (const char *line = p; line < end;) {
            const char *next = memchr(line, '\n', (size_t)(end - line));
            long i = -1;
            if (!next || sscanf(line, "{\"iteration\": %ld", &i) != 1 || i >= from) break;
            sx_str_append(&keep, line, (size_t)(next + 1 - line));
            line = next + 1;
        }
        sx_file_close(&f);
    }
    bool ok = sx_str_ok(&keep, err) && sx_write_file(path, sx_str_text(&keep), keep.len, err);
    sx_str_free(&keep);
    return ok;
}

static bool open_both(sx_record *r, const char *out, long from, sx_error *err) {
    char *events = sx_path_join(out, "events.out.tfevents.spinexr");
    r->path = sx_path_join(out, "metrics.jsonl");
    bool ok = (events && r->path) || sx_fail(err, SX_ERR_MEMORY, "out of memory for the metrics");
    ok = ok && start_lines(r->path, from, err);
    if (ok && !(r->lines = fopen(r->path, "a")))
        ok = sx_fail(err, SX_ERR_IO, "%s: cannot write: %s", r->path, strerror(errno));
    ok = ok && (r->events = sx_tfevents_open(events, from, err));
    free(events);
    return ok;
}

sx_record *sx_record_open(const char *out, long from, long iterations, sx_error *err) {
    sx_record *r = sx_calloc_for(1, sizeof *r, "metrics", err);
    if (!r) return NULL;
    r->every = (iterations + MOST_EVENTS - 1) / MOST_EVENTS;
    if (r->every < 1) r->every = 1;
    if (open_both(r, out, from, err)) return r;
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
    return (!ferror(r->lines) && fflush(r->lines) == 0) ||
           sx_fail(err, SX_ERR_IO, "%s: cannot write: %s", r->path, strerror(errno));
}

static bool put_events(sx_record *r, const sx_train_report *s, sx_error *err) {
    static const char prefix[] = "loss/";
    sx_tfscalar scalar[SX_MAX_LOSSES + 3];
    char tag[SX_MAX_LOSSES][sizeof prefix + sizeof s->losses.item[0].name];
    size_t n = 0;
    scalar[n++] = (sx_tfscalar){ "loss/total", s->losses.total };
    scalar[n++] = (sx_tfscalar){ "rate", s->rate };
    scalar[n++] = (sx_tfscalar){ "grad_norm", s->optim.grad_norm };
    for (int i = 0; i < s->losses.count; i++) {
        snprintf(tag[i], sizeof tag[i], "%s%s", prefix, s->losses.item[i].name);
        scalar[n++] = (sx_tfscalar){ tag[i], s->losses.item[i].value };
    }
    return sx_tfevents_put(r->events, s->iteration, scalar, n, err);
}

bool sx_record_step(sx_record *r, const sx_train_report *s, sx_error *err) {
    fprintf(r->lines, "{\"iteration\": %ld, \"rate\": %.9g, \"loss\": %.9g", s->iteration, s->rate,
            s->losses.total);
    for (int i = 0; i < s->losses.count; i++)
        fprintf(r->lines, ", \"%s\": %.9g", s->losses.item[i].name, s->losses.item[i].value);
    fprintf(r->lines, ", \"grad_norm\": %.6g, \"seconds\": %.4f, \"memory\": %zu}\n",
            s->optim.grad_norm, s->seconds, s->memory);
    return flush(r, err) && (s->iteration % r->every != 0 || put_events(r, s, err));
}

bool sx_record_validation(sx_record *r, long done, const char *name, double score, sx_error *err) {
    char tag[64];
    snprintf(tag, sizeof tag, "validation/%s", name);
    if (isnan(score)) { /* the set has one class; JSON knows no NaN */
        fprintf(r->lines, "{\"iteration\": %ld, \"validation\": null}\n", done - 1);
        return flush(r, err);
    }
    fprintf(r->lines, "{\"iteration\": %ld, \"validation\": %.9g}\n", done - 1, score);
    return flush(r, err) &&
           sx_tfevents_put(r->events, done - 1, &(sx_tfscalar){ tag, score }, 1, err);
}
