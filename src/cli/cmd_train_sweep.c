/* spinexr train sweep */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "base/csv.h"
#include "base/files.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/command.h"
#include "experiment/training_run.h"

enum { MOST_VARIANTS = 10000 };

typedef struct sweep_args {
    const char *out;
} sweep_args;

typedef struct variant {
    char *text;      /* its values, with tabs between them */
    char state[400]; /* "done", "to do", or why it failed */
    long iterations, best_at;
    double best; /* NaN: none */
} variant;

typedef struct sweep {
    const sx_call *call;
    const char *file, *out;
    sx_yaml keys; /* the file as it is */
    variant *variant;
    size_t count, failed;
    const char *score; /* what validation measures */
} sweep;

static const char prefix[] = "SWEEP.";

static bool is_axis(const sx_yaml_value *v) {
    return sx_starts_with(v->key, prefix);
}

/* The value of axis v in variant i: the last axis runs fastest. */
static const char *value_in(const sweep *s, const sx_yaml_value *v, size_t i) {
    for (size_t k = s->keys.count; k-- > 0;) {
        const sx_yaml_value *axis = &s->keys.values[k];
        if (!is_axis(axis)) continue;
        if (axis == v) return v->items[i % v->count];
        i /= axis->count;
    }
    return "";
}

static bool count_variants(sweep *s, sx_error *err) {
    s->count = 1;
    size_t axes = 0;
    for (size_t k = 0; k < s->keys.count; k++) {
        const sx_yaml_value *v = &s->keys.values[k];
        if (!is_axis(v)) continue;
        axes++;
        if (v->count == 0 || v->null)
            return sx_fail(err, SX_ERR_VALUE, "%s, line %zu: %s has no values", s->file, v->line,
                           v->key);
        if (!sx_mul_size(s->count, v->count, &s->count) || s->count > MOST_VARIANTS)
            return sx_fail(err, SX_ERR_LIMIT, "%s: more than %d variants", s->file, MOST_VARIANTS);
    }
    return axes > 0 || sx_fail(err, SX_ERR_MISSING,
                               "%s: no section SWEEP with keys and lists of their values", s->file);
}

/* The file with the variant's values and without SWEEP. */
static bool keys_of(const sweep *s, size_t i, sx_yaml *y, sx_error *err) {
    if (!sx_yaml_open(s->file, y, err)) return false;
    size_t n = 0;
    for (size_t k = 0; k < y->count; k++)
        if (!is_axis(&y->values[k])) y->values[n++] = y->values[k];
    y->count = n;
    for (size_t k = 0; k < s->keys.count; k++) {
        const sx_yaml_value *v = &s->keys.values[k];
        if (is_axis(v) && !sx_yaml_set(y, v->key + sizeof prefix - 1, value_in(s, v, i), err))
            return sx_fail_in(err, "%s, line %zu", s->file, v->line);
    }
    return true;
}

/* Variants are not mixed up: a folder holds the run of one configuration. */
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

static bool take_result(const char *path, variant *v) {
    json_t *j = sx_json_read(path, NULL);
    const json_t *best = json_object_get(j, "best");
    const bool ok = json_is_integer(json_object_get(j, "iterations"));
    if (ok) {
        v->iterations = (long)json_integer_value(json_object_get(j, "iterations"));
        v->best_at = (long)json_integer_value(json_object_get(j, "best_at"));
        v->best = json_is_number(best) ? json_number_value(best) : NAN;
        snprintf(v->state, sizeof v->state, "done");
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

/* False: stopped, or failed with *err. */
static bool run_variant(sweep *s, size_t i, sx_error *err) {
    variant *v = &s->variant[i];
    sx_yaml y = { 0 };
    sx_train_config c = { 0 };
    char name[32];
    snprintf(name, sizeof name, "%03zu", i + 1);
    char *dir = sx_path_join(s->out, name), *result = dir ? sx_path_join(dir, "result.json") : NULL,
         *cache = sx_path_join(s->out, "cache");
    bool ok = (result && cache) || sx_fail(err, SX_ERR_MEMORY, "out of memory");
    ok = ok && keys_of(s, i, &y, err) &&
         sx_train_config_make(s->call->context, s->file, &y, NULL, "densenet121", &c, err);
    if (ok) {
        c.out = dir;
        s->score = sx_train_score_name(&c);
        if (!c.data)
            ok = sx_fail(err, SX_ERR_USAGE, "%s: SPINE.TRAIN_ANNOTATION is missing", s->file);
    }
    ok = ok && check_folder(&c, err);
    if (ok && !take_result(result, v)) {
        sx_loop_result r = { 0 };
        sx_log(s->call->context, SX_LOG_INFO, "variant %s of %zu: %s", name, s->count, v->text);
        ok = sx_training_run(&(sx_training_job){ .context = s->call->context,
                                                 .comm = s->call->comm,
                                                 .config = &c,
                                                 .cache = cache,
                                                 .resume = true },
                             &r, err);
        if (ok && r.stopped)
            ok = sx_fail(err, SX_ERR_CANCELLED, "stopped; the same command goes on");
        ok = ok && write_result(result, &r, err) &&
             (take_result(result, v) || sx_fail(err, SX_ERR_IO, "%s", result));
    }
    sx_yaml_free(&y);
    sx_train_config_free(&c);
    free(dir);
    free(result);
    free(cache);
    return ok;
}

/* ---- tables ---- */

static bool put_csv(const sweep *s, sx_error *err) {
    sx_str out = { 0 };
    sx_str_add(&out, "variant");
    for (size_t k = 0; k < s->keys.count; k++) {
        if (!is_axis(&s->keys.values[k])) continue;
        sx_str_add(&out, ",");
        sx_csv_put(&out, s->keys.values[k].key + sizeof prefix - 1);
    }
    sx_str_add(&out, ",iterations,best,best_at,state\n");
    for (size_t i = 0; i < s->count; i++) {
        const variant *v = &s->variant[i];
        sx_str_printf(&out, "%03zu", i + 1);
        for (size_t k = 0; k < s->keys.count; k++) {
            if (!is_axis(&s->keys.values[k])) continue;
            sx_str_add(&out, ",");
            sx_csv_put(&out, value_in(s, &s->keys.values[k], i));
        }
        if (strcmp(v->state, "done") == 0)
            sx_str_printf(&out, ",%ld,", v->iterations);
        else
            sx_str_add(&out, ",,");
        if (!isnan(v->best))
            sx_str_printf(&out, "%.6f,%ld,", v->best, v->best_at);
        else
            sx_str_add(&out, ",,");
        sx_csv_put(&out, v->state);
        sx_str_add(&out, "\n");
    }
    char *path = sx_path_join(s->out, "sweep.csv");
    const bool ok = sx_str_ok(&out, err) &&
                    (path || sx_fail(err, SX_ERR_MEMORY, "out of memory")) &&
                    sx_write_file(path, out.data, out.len, err);
    sx_str_free(&out);
    free(path);
    return ok;
}

/* The key's last word heads its column. */
static const char *short_name(const sx_yaml_value *v) {
    const char *dot = strrchr(v->key, '.');
    return dot ? dot + 1 : v->key;
}

static int width_of(const sweep *s, const sx_yaml_value *v) {
    size_t n = strlen(short_name(v));
    for (size_t i = 0; i < v->count; i++)
        if (strlen(v->items[i]) > n) n = strlen(v->items[i]);
    (void)s;
    return n < 60 ? (int)n : 60;
}

static void print_table(const sweep *s) {
    sx_str out = { 0 };
    size_t best = s->count;
    for (size_t i = 0; i < s->count; i++)
        if (!isnan(s->variant[i].best) &&
            (best == s->count || s->variant[i].best > s->variant[best].best))
            best = i;
    sx_str_add(&out, "variant");
    for (size_t k = 0; k < s->keys.count; k++)
        if (is_axis(&s->keys.values[k]))
            sx_str_printf(&out, "  %-*.60s", width_of(s, &s->keys.values[k]),
                          short_name(&s->keys.values[k]));
    sx_str_printf(&out, "  %-7s  after\n", s->score ? s->score : "score");
    for (size_t i = 0; i < s->count; i++) {
        const variant *v = &s->variant[i];
        sx_str_printf(&out, "%-7.3zu", i + 1);
        for (size_t k = 0; k < s->keys.count; k++)
            if (is_axis(&s->keys.values[k]))
                sx_str_printf(&out, "  %-*.60s", width_of(s, &s->keys.values[k]),
                              value_in(s, &s->keys.values[k], i));
        if (strcmp(v->state, "done") != 0)
            sx_str_printf(&out, "  %s\n", v->state);
        else if (isnan(v->best))
            sx_str_printf(&out, "  %-7s  %ld\n", "-", v->iterations);
        else
            sx_str_printf(&out, "  %-7.4f  %ld%s\n", v->best, v->best_at,
                          i == best ? "  best" : "");
    }
    fputs(sx_str_text(&out), stdout);
    sx_str_free(&out);
}

/* ---- the command ---- */

static bool begin(sweep *s, sx_error *err) {
    if (!sx_yaml_open(s->file, &s->keys, err) || !count_variants(s, err) ||
        !sx_make_dirs(s->out, err))
        return false;
    s->variant = sx_calloc_for(s->count, sizeof *s->variant, "variants", err);
    if (!s->variant) return false;
    for (size_t i = 0; i < s->count; i++) {
        sx_str text = { 0 };
        for (size_t k = 0; k < s->keys.count; k++)
            if (is_axis(&s->keys.values[k]))
                sx_str_printf(&text, "%s%s=%s", text.len ? " " : "", short_name(&s->keys.values[k]),
                              value_in(s, &s->keys.values[k], i));
        s->variant[i] = (variant){ .text = text.data, .state = "to do", .best = NAN };
        if (!sx_str_ok(&text, err)) return false;
    }
    return true;
}

static int run_train_sweep(sx_call *call) {
    const sweep_args *a = call->args;
    sx_error err = { 0 };
    sweep s = { .call = call, .file = call->inputs[0], .out = a->out };
    bool ok = begin(&s, &err);
    for (size_t i = 0; ok && i < s.count && !sx_context_cancelled(call->context); i++) {
        sx_error why = { 0 };
        if (!run_variant(&s, i, &why)) {
            if (why.code == SX_ERR_CANCELLED || sx_context_cancelled(call->context)) break;
            snprintf(s.variant[i].state, sizeof s.variant[i].state, "failed: %.380s", why.message);
            sx_log(call->context, SX_LOG_ERROR, "variant %03zu: %s", i + 1, why.message);
            s.failed++;
        }
        ok = put_csv(&s, &err);
    }
    if (ok) print_table(&s);
    for (size_t i = 0; s.variant && i < s.count; i++)
        free(s.variant[i].text);
    free(s.variant);
    sx_yaml_free(&s.keys);
    if (!ok) return sx_cli_fail(&err);
    if (sx_context_cancelled(call->context)) sx_cli_print("stopped; the same command goes on\n");
    return s.failed || sx_context_cancelled(call->context) ? SX_EXIT_BAD : SX_EXIT_OK;
}

static const sx_option options[] = {
    { "out", SX_OPT_TEXT, offsetof(sweep_args, out), "DIR", "a folder a variant, and sweep.csv",
      .required = true },
    { 0 },
};

const sx_command sx_cmd_train_sweep = {
    .name = "train sweep",
    .inputs = "FILE.yaml",
    .summary = "Train variants of a configuration one after another",
    .help = "FILE.yaml is a configuration (docs/configuration.md) with a section SWEEP: keys\n"
            "and lists of their values; every combination is trained. The same command goes\n"
            "on after a stop; variants that are done are not trained again.",
    .example = "spinexr train sweep rates.yaml --out rates",
    .min_inputs = 1,
    .max_inputs = 1,
    .options = options,
    .args_size = sizeof(sweep_args),
    .run = run_train_sweep,
};
