#include "experiment/sweep.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/claim.h"
#include "base/files.h"
#include "base/json.h"
#include "base/mem.h"
#include "experiment/training_run.h"

enum { MAX_VARIANTS = 10000 };

static const char prefix[] = "SWEEP.";

/* ---- the variants of a file ---- */

static bool is_axis(const sx_yaml_value *v) {
    return sx_starts_with(v->key, prefix);
}

static bool find_axes(sx_sweep *s, sx_error *err) {
    s->axes = sx_calloc_for(s->keys.count + 1, sizeof *s->axes, "the keys of a sweep", err);
    if (!s->axes) return false;
    for (size_t k = 0; k < s->keys.count; k++) {
        const sx_yaml_value *v = &s->keys.values[k];
        if (!is_axis(v)) continue;
        const char *key = v->key + sizeof prefix - 1, *dot = strrchr(key, '.');
        s->axes[s->axis_count++] = (sx_sweep_axis){ v, key, dot ? dot + 1 : key };
    }
    return s->axis_count > 0 ||
           sx_fail(err, SX_ERR_MISSING, "%s: no section SWEEP with keys and lists of their values",
                   s->file);
}

static bool count_variants(sx_sweep *s, sx_error *err) {
    s->variant_count = 1;
    for (size_t k = 0; k < s->axis_count; k++) {
        const sx_yaml_value *v = s->axes[k].value;
        if (v->count == 0 || v->null)
            return sx_fail(err, SX_ERR_VALUE, "%s, line %zu: %s has no values", s->file, v->line,
                           v->key);
        if (!sx_mul_size(s->variant_count, v->count, &s->variant_count) ||
            s->variant_count > MAX_VARIANTS)
            return sx_fail(err, SX_ERR_LIMIT, "%s: more than %d variants", s->file, MAX_VARIANTS);
    }
    return true;
}

bool sx_sweep_open(const char *file, sx_sweep *s, sx_error *err) {
    *s = (sx_sweep){ .file = file };
    if (!sx_yaml_open(file, &s->keys, err) || !find_axes(s, err) || !count_variants(s, err))
        return false;
    s->variants = sx_calloc_for(s->variant_count, sizeof *s->variants, "variants", err);
    for (size_t i = 0; s->variants && i < s->variant_count; i++)
        s->variants[i].best = NAN;
    return s->variants != NULL;
}

void sx_sweep_free(sx_sweep *s) {
    free(s->variants);
    free(s->axes);
    sx_yaml_free(&s->keys);
    *s = (sx_sweep){ 0 };
}

size_t sx_sweep_best(const sx_sweep *s) {
    size_t best = s->variant_count;
    for (size_t i = 0; i < s->variant_count; i++) {
        if (isnan(s->variants[i].best)) continue;
        if (best == s->variant_count || s->variants[i].best > s->variants[best].best) best = i;
    }
    return best;
}

size_t sx_sweep_failed(const sx_sweep *s) {
    size_t count = 0;
    for (size_t i = 0; i < s->variant_count; i++)
        count += s->variants[i].state == SX_VARIANT_FAILED;
    return count;
}

/* ---- one variant ---- */

typedef struct variant_paths {
    char name[32]; /* "001" */
    char *dir, *result, *cache;
} variant_paths;

static bool make_paths(const char *out, size_t i, variant_paths *p, sx_error *err) {
    snprintf(p->name, sizeof p->name, "%03zu", i + 1);
    p->dir = sx_path_join(out, p->name);
    p->result = p->dir ? sx_path_join(p->dir, "result.json") : NULL;
    p->cache = sx_path_join(out, "cache");
    return (p->result && p->cache) || sx_fail(err, SX_ERR_MEMORY, "out of memory");
}

static void free_paths(variant_paths *p) {
    free(p->dir);
    free(p->result);
    free(p->cache);
}

/* Makes the variant's configuration: the file with the variant's values and without SWEEP. */
static bool variant_keys(const sx_sweep *s, size_t i, sx_yaml *y, sx_error *err) {
    if (!sx_yaml_open(s->file, y, err)) return false;
    size_t n = 0;
    for (size_t k = 0; k < y->count; k++)
        if (!is_axis(&y->values[k])) y->values[n++] = y->values[k];
    y->count = n;
    for (size_t k = 0; k < s->axis_count; k++)
        if (!sx_yaml_set(y, s->axes[k].key, sx_sweep_value(s, k, i), err))
            return sx_fail_in(err, "%s, line %zu", s->file, s->axes[k].value->line);
    return true;
}

/* A folder holds the run of one configuration. */
static bool check_folder(const sx_train_config *c, sx_error *err) {
    sx_str text = { 0 };
    sx_file f;
    char *path = sx_path_join(c->out, "config.yaml");
    bool ok = (path || sx_fail(err, SX_ERR_MEMORY, "out of memory")) &&
              sx_train_config_text(c, &text, err);
    if (ok && sx_path_exists(path) && (ok = sx_file_open(&f, path, err))) {
        if (f.size != text.len || memcmp(f.data, text.data, text.len) != 0)
            ok = sx_fail(err, SX_ERR_MISMATCH,
                         "%s: a run of another configuration; remove it, or give another --out",
                         c->out);
        sx_file_close(&f);
    }
    sx_str_free(&text);
    free(path);
    return ok;
}

static bool read_result(const char *path, sx_sweep_variant *v) {
    json_t *j = sx_json_read(path, NULL);
    const json_t *best = json_object_get(j, "best");
    const bool ok = json_is_integer(json_object_get(j, "iterations"));
    if (ok) {
        v->state = SX_VARIANT_DONE;
        v->iterations = (long)json_integer_value(json_object_get(j, "iterations"));
        v->best_at = (long)json_integer_value(json_object_get(j, "best_at"));
        v->best = json_is_number(best) ? json_number_value(best) : NAN;
    }
    json_decref(j);
    return ok;
}

static bool write_result(const char *path, const sx_loop_result *r, sx_error *err) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    sx_json_integer(root, "iterations", r->iterations);
    sx_json_integer(root, "best_at", r->best_at);
    sx_json_number(root, "best", r->best);
    const bool ok = sx_json_write(&doc, path, err);
    sx_json_free(&doc);
    return ok;
}

static void log_start(const sx_sweep *s, const sx_context *context, const char *name, size_t i) {
    sx_str text = { 0 };
    for (size_t k = 0; k < s->axis_count; k++)
        sx_str_printf(&text, "%s%s=%s", k ? " " : "", s->axes[k].short_name,
                      sx_sweep_value(s, k, i));
    sx_log(context, SX_LOG_INFO, "variant %s of %zu: %s", name, s->variant_count,
           sx_str_text(&text));
    sx_str_free(&text);
}

static bool train_variant(const sx_train_config *c, const sx_context *context,
                          const variant_paths *p, sx_sweep_variant *v, sx_error *err) {
    sx_loop_result r = { 0 };
    const sx_training_job job = {
        .context = context, .config = c, .cache = p->cache, .resume = true
    };
    if (!sx_training_run(&job, &r, err)) return false;
    if (r.stopped)
        return sx_fail(err, SX_ERR_CANCELLED, "cancelled; the same command continues the sweep");
    return write_result(p->result, &r, err) &&
           (read_result(p->result, v) ||
            sx_fail(err, SX_ERR_IO, "%s: cannot be read back", p->result));
}

static bool run_variant(sx_sweep *s, size_t i, const sx_context *context, const char *out,
                        sx_error *err) {
    sx_yaml y = { 0 };
    sx_train_config c = { 0 };
    variant_paths p = { 0 };
    bool ok = make_paths(out, i, &p, err) && variant_keys(s, i, &y, err) &&
              sx_train_config_make(context, s->file, &y, NULL, "densenet121", &c, err);
    if (ok) {
        c.out = p.dir;
        s->score_name = sx_train_score_name(&c);
        if (!c.data)
            ok = sx_fail(err, SX_ERR_USAGE, "%s: SPINE.TRAIN_ANNOTATION is missing", s->file);
    }
    ok = ok && check_folder(&c, err);
    if (ok && !read_result(p.result, &s->variants[i])) {
        log_start(s, context, p.name, i);
        ok = train_variant(&c, context, &p, &s->variants[i], err);
    }
    sx_yaml_free(&y);
    sx_train_config_free(&c);
    free_paths(&p);
    return ok;
}

/* ---- the sweep ---- */

/* Returns false, with *err, if the sweep must end. An error that concerns only the variant is
 * stored in the variant. */
static bool run_recorded(sx_sweep *s, size_t i, const sx_context *context, const char *out,
                         sx_error *err) {
    sx_error why = { 0 };
    if (run_variant(s, i, context, out, &why)) return true;
    if (why.code == SX_ERR_CANCELLED || sx_context_cancelled(context))
        return sx_fail(err, SX_ERR_CANCELLED, "cancelled; the same command continues the sweep");
    s->variants[i].state = SX_VARIANT_FAILED;
    s->variants[i].error = why;
    sx_log(context, SX_LOG_ERROR, "variant %03zu: %s", i + 1, why.message);
    return true;
}

bool sx_sweep_run(sx_sweep *s, const sx_context *context, const char *out, sx_error *err) {
    char *table = sx_path_join(out, "sweep.csv");
    sx_claim *claim = sx_claim_open(out, "train sweep", err);
    bool ok = claim && (table || sx_fail(err, SX_ERR_MEMORY, "out of memory"));
    for (size_t i = 0; ok && i < s->variant_count; i++)
        ok = sx_context_check(context, err) && run_recorded(s, i, context, out, err) &&
             sx_sweep_write_csv(s, table, err);
    sx_claim_close(claim);
    free(table);
    return ok;
}
