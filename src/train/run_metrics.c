#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/json.h"
#include "base/mem.h"
#include "train/run_metrics.h"

static double number(const json_t *line, const char *key) {
    const json_t *v = json_object_get(line, key);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

/* The parts are those of the first step; the names of auxiliary stages end in a number. */
static void name_parts(sx_run_metrics *m, const json_t *line) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)line, key, value) {
        const size_t n = strlen(key);
        if (!sx_starts_with(key, "loss_") || n >= sizeof m->part_names[0] ||
            m->part_count == SX_RUN_PARTS)
            continue;
        if (key[n - 1] >= '0' && key[n - 1] <= '9') continue;
        memcpy(m->part_names[m->part_count++], key, n + 1);
    }
}

static bool no_memory(sx_error *err) {
    return sx_fail(err, SX_ERR_MEMORY, "out of memory for the metrics");
}

/* The capacity doubles whenever the count is a power of two. */
static void *room(void *have, size_t count, size_t size) {
    if (count & (count - 1)) return have;
    return sx_realloc(have, count ? 2 * count : 1, size);
}

/* The place of a line of this iteration after those of last[count]: the last one's, if it is
 * written again, or a new one. */
static bool place_line(double iteration, const double *last, size_t count, size_t *place,
                       sx_error *err) {
    if (last && iteration < *last)
        return sx_fail(err, SX_ERR_FORMAT, "iteration %.17g comes after %.17g", iteration, *last);
    *place = last && iteration == *last ? count - 1 : count;
    return true;
}

static bool add_step(sx_run_metrics *m, const json_t *line, double iteration, sx_error *err) {
    size_t place = 0;
    const double *last = m->step_count ? &m->steps[m->step_count - 1].iteration : NULL;
    if (!place_line(iteration, last, m->step_count, &place, err)) return false;
    sx_run_step *more = room(m->steps, m->step_count, sizeof *more);
    if (!more) return no_memory(err);
    m->steps = more;
    if (m->step_count == 0) name_parts(m, line);
    sx_run_step *s = &more[place];
    m->step_count = place + 1;
    *s = (sx_run_step){ .iteration = iteration,
                        .loss = number(line, "loss"),
                        .rate = number(line, "rate") };
    for (size_t i = 0; i < m->part_count; i++)
        s->parts[i] = number(line, m->part_names[i]);
    return true;
}

static bool add_score(sx_run_metrics *m, double done, double score, sx_error *err) {
    size_t place = 0;
    const double *last = m->score_count ? &m->scored_at[m->score_count - 1] : NULL;
    if (!place_line(done, last, m->score_count, &place, err)) return false;
    double *at = room(m->scored_at, m->score_count, sizeof *at);
    if (!at) return no_memory(err);
    m->scored_at = at;
    double *value = room(m->scores, m->score_count, sizeof *value);
    if (!value) return no_memory(err);
    m->scores = value;
    at[place] = done;
    value[place] = score;
    m->score_count = place + 1;
    return true;
}

static bool add_line(sx_run_metrics *m, const char *text, size_t n, sx_error *err) {
    sx_error why = { 0 };
    json_t *line = sx_json_parse(text, n, true, NULL, &why);
    if (why.code == SX_ERR_MEMORY) return sx_fail(err, why.code, "%s", why.message);
    const double iteration = number(line, "iteration");
    bool ok = isfinite(iteration) && iteration >= 0;
    if (!ok)
        sx_fail(err, SX_ERR_FORMAT, "not a step of a run");
    else if (json_object_get(line, "validation"))
        ok = add_score(m, iteration + 1, number(line, "validation"), err);
    else
        ok = add_step(m, line, iteration, err);
    json_decref(line);
    return ok;
}

bool sx_run_metrics_parse(const char *path, const void *bytes, size_t n, sx_run_metrics *m,
                          sx_error *err) {
    const char *line = bytes, *end = line + n, *next;
    bool ok = true;
    for (size_t i = 1;
         ok && line < end && (next = memchr(line, '\n', (size_t)(end - line))) != NULL; i++) {
        ok = add_line(m, line, (size_t)(next - line), err) ||
             sx_fail_in(err, "%s, line %zu", path, i);
        line = next + 1;
    }
    return ok && (m->step_count > 0 || sx_fail(err, SX_ERR_MISSING, "%s: no step yet", path));
}

static bool read_lines(const char *path, sx_run_metrics *m, sx_error *err) {
    sx_file f;
    if (!sx_file_open(&f, path, err)) return false;
    const bool ok = sx_run_metrics_parse(path, f.data, f.size, m, err);
    sx_file_close(&f);
    return ok;
}

bool sx_run_metrics_read(const char *dir, sx_run_metrics *m, sx_error *err) {
    *m = (sx_run_metrics){ 0 };
    char *trimmed = sx_strdup(dir), *path = sx_path_join(dir, "metrics.jsonl");
    if (trimmed) trimmed[sx_path_length(trimmed)] = '\0';
    m->name = trimmed ? sx_strdup(sx_path_base(trimmed)) : NULL;
    bool ok = (m->name && path) || no_memory(err);
    if (ok && sx_path_is_dir(dir) && !sx_path_exists(path))
        ok = sx_fail(err, SX_ERR_MISSING, "%s: not a training run (no metrics.jsonl)", dir);
    ok = ok && read_lines(path, m, err);
    free(trimmed);
    free(path);
    return ok;
}

void sx_run_metrics_free(sx_run_metrics *m) {
    free(m->name);
    free(m->steps);
    free(m->scored_at);
    free(m->scores);
    *m = (sx_run_metrics){ 0 };
}

size_t sx_run_metrics_best(const sx_run_metrics *m) {
    size_t best = m->score_count;
    for (size_t i = 0; i < m->score_count; i++)
        if (!isnan(m->scores[i]) && (best == m->score_count || m->scores[i] > m->scores[best]))
            best = i;
    return best;
}
