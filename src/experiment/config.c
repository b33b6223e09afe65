#include "experiment/config_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/files.h"
#include "base/json.h"
#include "base/nearest_word.h"
#include "base/str.h"

static const char network[] = "SPINEXR.NETWORK.";

/* ---- messages ---- */

bool sx_key_fail(const sx_train_config *c, const sx_yaml_value *v, sx_error_code code,
                 sx_error *err, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    sx_vfail(err, code, fmt, args);
    va_end(args);
    return v->line ? sx_fail_in(err, "%s, line %zu: %s", c->name, v->line, v->key)
                   : sx_fail_in(err, "--set %s", v->key);
}

/* ---- values ---- */

bool sx_key_number(const sx_train_config *c, const sx_yaml_value *v, size_t i, double min,
                   double max, double *out, sx_error *err) {
    double d = 0;
    if (i >= v->count || v->null || !sx_parse_double(v->items[i], &d) || !(d >= min && d <= max))
        return sx_key_fail(c, v, SX_ERR_VALUE, err, "%s is not a number from %g to %g",
                           i < v->count && !v->null ? v->items[i] : "nothing", min, max);
    *out = d;
    return true;
}

bool sx_key_long(const sx_train_config *c, const sx_yaml_value *v, size_t i, double min, double max,
                 long *out, sx_error *err) {
    double d = 0;
    if (!sx_key_number(c, v, i, min, max, &d, err)) return false;
    if (d != (double)(long)d)
        return sx_key_fail(c, v, SX_ERR_VALUE, err, "%s is not a whole number", v->items[i]);
    *out = (long)d;
    return true;
}

/* YAML 1.1's words. */
static int truth(const char *text) {
    static const char *const words[] = { "false", "true", "False", "True", "FALSE", "TRUE", "no",
                                         "yes",   "No",   "Yes",   "off",  "on",    "Off",  "On" };
    for (int i = 0; i < (int)(sizeof words / sizeof *words); i++)
        if (strcmp(text, words[i]) == 0) return i % 2;
    return -1;
}

static bool same_item(const char *have, const char *want, size_t n) {
    char w[128];
    double a, b;
    if (n >= sizeof w) return false;
    memcpy(w, want, n);
    w[n] = '\0';
    if (strcmp(have, w) == 0) return true;
    if (sx_parse_double(have, &a) && sx_parse_double(w, &b)) return a == b;
    return truth(have) >= 0 && truth(have) == truth(w);
}

static bool one_of(const sx_yaml_value *v, const char *values) {
    for (const char *set = values;; set += strcspn(set, "|") + 1) {
        const size_t end = strcspn(set, "|");
        size_t at = 0, i = 0;
        bool same = true;
        for (; same && i < v->count; i++) {
            const size_t n =
                at <= end ? strcspn(set + at, ",|") : 0; /* a longer list reads no further */
            same = at <= end && same_item(v->items[i], set + at, n);
            at += n + 1;
        }
        if (same && at == end + 1) return true;
        if (!set[end]) return false;
    }
}

static bool choose(const sx_train_config *c, const sx_key *k, const sx_yaml_value *v, int *out,
                   sx_error *err) {
    int i = 0;
    for (const char *word = k->text;; word += strcspn(word, "|") + 1, i++) {
        const size_t n = strcspn(word, "|");
        if (same_item(v->items[0], word, n)) {
            *out = i;
            return true;
        }
        if (!word[n])
            return sx_key_fail(c, v, SX_ERR_VALUE, err, "%s is none of %s", v->items[0], k->text);
    }
}

static bool apply(sx_train_config *c, const sx_key *k, const sx_yaml_value *v, sx_error *err) {
    void *field = (char *)c + k->offset;
    long n = 0;
    if (k->kind == SX_KEY_UNUSED) return true;
    if (k->kind == SX_KEY_OTHER) return k->set(c, v, err);
    if (k->kind == SX_KEY_MUST)
        return one_of(v, k->text) ||
               sx_key_fail(c, v, SX_ERR_UNSUPPORTED, err, "%s; only %s is supported",
                           v->count ? v->items[0] : "nothing", k->text);
    if (v->count != 1)
        return sx_key_fail(c, v, SX_ERR_VALUE, err, "expected one value, not %zu", v->count);
    switch (k->kind) {
    case SX_KEY_LONG:
        return sx_key_long(c, v, 0, k->min, k->max, field, err);
    case SX_KEY_INT:
        if (!sx_key_long(c, v, 0, k->min, k->max, &n, err)) return false;
        *(int *)field = (int)n;
        return true;
    case SX_KEY_NUMBER:
        return sx_key_number(c, v, 0, k->min, k->max, field, err);
    case SX_KEY_BOOL:
        if (truth(v->items[0]) < 0)
            return sx_key_fail(c, v, SX_ERR_VALUE, err, "%s is not true or false", v->items[0]);
        *(bool *)field = truth(v->items[0]) == 1;
        return true;
    case SX_KEY_TEXT:
        *(const char **)field = v->null || !v->items[0][0] ? NULL : v->items[0];
        return true;
    default:
        return choose(c, k, v, field, err);
    }
}

/* ---- which preset ---- */

const char *sx_train_family(const char *name) {
    const sx_arch *arch = sx_arch_find(name);
    return arch ? arch->meta : NULL;
}

/* The architecture's name without its depth. */
static size_t stem_length(const char *arch) {
    size_t n = strlen(arch);
    while (n && arch[n - 1] >= '0' && arch[n - 1] <= '9')
        n--;
    return n;
}

/* The first preset of this family that has this depth, or else the first of the family. */
static const sx_preset *preset_of(const char *family, const char *depth) {
    const sx_preset *best = NULL;
    for (size_t i = 0; i < sx_preset_count(); i++) {
        const sx_preset *p = sx_preset_at(i);
        const char *own = sx_train_family(p->arch);
        if (!own || strcmp(own, family) != 0) continue;
        if (!best || (depth && strcmp(p->arch + stem_length(p->arch), depth) == 0 &&
                      strcmp(best->arch + stem_length(best->arch), depth) != 0))
            best = p;
    }
    return best;
}

/* Whether a preset of this name is for the same kind of network as `usual`; "" is for both. */
static bool is_of_kind(const sx_preset *p, const char *usual) {
    const sx_preset *q = sx_preset_find(usual);
    return !q || sx_arch_find(p->arch)->task == sx_arch_find(q->arch)->task;
}

/* "--preset densnet is not known; did you mean ...?" or, if no name is near, all of its kind. */
static bool no_preset(const char *typed, const char *usual, sx_error *err) {
    sx_str words = { 0 };
    char hint[SX_WORD_HINT];
    for (size_t i = 0; i < sx_preset_count(); i++)
        if (is_of_kind(sx_preset_at(i), usual))
            sx_str_printf(&words, "%s%s", words.len ? "|" : "", sx_preset_at(i)->name);
    sx_word_hint(typed, sx_str_text(&words), hint);
    if (hint[0])
        sx_fail(err, SX_ERR_USAGE, "--preset %.60s is not known%s", typed, hint);
    else
        sx_fail(err, SX_ERR_USAGE, "--preset is one of %.400s, not %.60s", sx_str_text(&words),
                typed);
    sx_str_free(&words);
    return false;
}

static bool choose_preset(sx_train_config *c, const char *preset, const char *usual,
                          sx_error *err) {
    const sx_yaml_value *named = sx_yaml_find(&c->file, "SPINEXR.PRESET"),
                        *meta = sx_yaml_find(&c->file, "MODEL.META_ARCHITECTURE");
    const bool dense = meta && meta->count && strcmp(meta->items[0], "Classifier") == 0;
    const sx_yaml_value *depth =
        sx_yaml_find(&c->file, dense ? "MODEL.DENSENET.DEPTH" : "MODEL.RESNETS.DEPTH");
    const char *level = depth && depth->count ? depth->items[0] : NULL;
    const sx_preset *p;
    if (preset) {
        p = sx_preset_find(preset);
        if (!p) return no_preset(preset, usual, err);
    } else if (named && named->count) {
        p = sx_preset_find(named->items[0]);
        if (!p) return sx_key_fail(c, named, SX_ERR_USAGE, err, "%s is not known", named->items[0]);
    } else if (meta && meta->count) {
        p = preset_of(meta->items[0], level);
        if (!p)
            return sx_key_fail(c, meta, SX_ERR_UNSUPPORTED, err, "no preset trains %s",
                               meta->items[0]);
    } else {
        p = sx_preset_find(usual);
    }
    if (!p) return sx_fail(err, SX_ERR_INTERNAL, "no preset %s", usual);
    c->preset = *p;
    c->preset_name = p->name;
    const char *family = sx_train_family(p->arch);
    if (meta && (!meta->count || !family || strcmp(meta->items[0], family) != 0))
        return sx_key_fail(c, meta, SX_ERR_USAGE, err, "%s is not what preset %s trains (%s)",
                           meta->count ? meta->items[0] : "nothing", p->name, p->arch);
    return true;
}

/* MODEL.DENSENET.DEPTH and MODEL.RESNETS.DEPTH: densenet121 becomes densenet169. */
static bool set_depth(sx_train_config *c, sx_error *err) {
    const bool dense = sx_starts_with(c->preset.arch, "densenet");
    const sx_yaml_value *depth =
        sx_yaml_find(&c->file, dense ? "MODEL.DENSENET.DEPTH" : "MODEL.RESNETS.DEPTH");
    if (!depth) return true;
    char name[64];
    snprintf(name, sizeof name, "%.*s%.16s", (int)stem_length(c->preset.arch), c->preset.arch,
             depth->count ? depth->items[0] : "");
    const sx_arch *arch = sx_arch_find(name);
    if (!arch) return sx_key_fail(c, depth, SX_ERR_UNSUPPORTED, err, "there is no %s", name);
    c->preset.arch = arch->name;
    return true;
}

/* ---- the network's numbers ---- */

static bool set_network(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    const char *name = v->key + strlen(network);
    sx_json list = v->list ? sx_json_array(root, name) : root;
    bool whole = v->count > 0;
    for (size_t i = 0; i < v->count; i++) {
        long n;
        whole = whole && sx_parse_long(v->items[i], 0, 65536, &n);
        if (whole) sx_json_integer(list, v->list ? NULL : name, n);
    }
    sx_str json = { 0 };
    bool ok = whole
                  ? sx_json_print(&doc, SX_JSON_COMPACT, &json, err)
                  : sx_key_fail(c, v, SX_ERR_VALUE, err, "expected whole numbers from 0 to 65536");
    sx_json_free(&doc);
    sx_error why = { 0 };
    if (ok && !sx_network_configure(&c->net, json.data, &why))
        ok = sx_key_fail(c, v, why.code, err, "%s", why.message);
    sx_str_free(&json);
    return ok;
}

static void put_network(const sx_train_config *c, sx_str *out) {
    sx_str_add(out, "  NETWORK:\n");
    for (const sx_arch_field *f = c->net.arch->config->fields; f->name; f++) {
        int n[8];
        memcpy(n, c->net.config + f->offset, sizeof *n * (size_t)f->count);
        if (f->offset == c->net.arch->config->classes_offset) continue;
        sx_str_printf(out, f->count == 1 ? "    %s: " : "    %s: [", f->name);
        for (int i = 0; i < f->count; i++)
            sx_str_printf(out, "%s%d", i ? ", " : "", n[i]);
        sx_str_add(out, f->count == 1 ? "\n" : "]\n");
    }
}

/* ---- all keys ---- */

static bool unknown(const sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    const char *best = NULL;
    int distance = strlen(v->key) / 4 > 2 ? (int)strlen(v->key) / 4 : 2;
    const sx_key *k;
    for (size_t i = 0; (k = sx_train_key(i)) != NULL; i++)
        best = sx_word_nearer(v->key, k->name, best, &distance);
    if (best) return sx_key_fail(c, v, SX_ERR_USAGE, err, "not a key; did you mean %s?", best);
    return sx_key_fail(c, v, SX_ERR_USAGE, err, "not a key");
}

static bool of_network(const sx_train_config *c, const sx_key *k) {
    if (k->arch && strcmp(k->arch, SX_KEY_CLASSIFIER) == 0)
        return sx_arch_find(c->preset.arch)->task == SX_CLASSIFIER;
    return !k->arch || sx_starts_with(c->preset.arch, k->arch);
}

/* The row of a key for this network: the first that matches. */
static const sx_key *row_of(const sx_train_config *c, const char *name, bool *known) {
    *known = false;
    const sx_key *k;
    for (size_t i = 0; (k = sx_train_key(i)) != NULL; i++) {
        if (strcmp(k->name, name) != 0) continue;
        *known = true;
        if (of_network(c, k)) return k;
    }
    return NULL;
}

static const char other_network[] = "not of this network";

/* The reason why a key has no effect; NULL: the key has an effect, or it is unknown. */
static const char *unused(const sx_train_config *c, const sx_yaml_value *v) {
    bool known;
    const sx_key *k = row_of(c, v->key, &known);
    if (k) return k->kind == SX_KEY_UNUSED ? k->text : NULL;
    return known ? other_network : NULL;
}

/* Logs one line for each reason. */
static void log_unused(const sx_context *context, const sx_train_config *c) {
    for (size_t i = 0; i < c->file.count; i++) {
        const char *why = unused(c, &c->file.values[i]);
        bool told = !why;
        for (size_t k = 0; k < i && !told; k++)
            told = unused(c, &c->file.values[k]) == why;
        if (told) continue;
        sx_str keys = { 0 };
        for (size_t k = i; k < c->file.count; k++)
            if (unused(c, &c->file.values[k]) == why)
                sx_str_printf(&keys, "%s%s", k > i ? ", " : "", c->file.values[k].key);
        sx_log(context, SX_LOG_INFO, "%s: %s without effect: %s", c->name, sx_str_text(&keys), why);
        sx_str_free(&keys);
    }
}

static bool apply_all(sx_train_config *c, sx_error *err) {
    bool known;
    for (size_t i = 0; i < c->file.count; i++) {
        const sx_yaml_value *v = &c->file.values[i];
        if (sx_starts_with(v->key, network)) {
            if (!set_network(c, v, err)) return false;
        } else if (!row_of(c, v->key, &known) && !known) {
            return unknown(c, v, err);
        }
    }
    const sx_key *k;
    for (size_t i = 0; (k = sx_train_key(i)) != NULL; i++) {
        const sx_yaml_value *v = sx_yaml_find(&c->file, k->name);
        if (v && row_of(c, k->name, &known) == k && !apply(c, k, v, err)) return false;
    }
    return true;
}

bool sx_train_config_make(const sx_context *context, const char *name, sx_yaml *y,
                          const char *preset, const char *usual, sx_train_config *c,
                          sx_error *err) {
    *c = (sx_train_config){ .name = name,
                            .file = *y,
                            .validate = 500,
                            .checkpoint = 250,
                            .accumulate = 1,
                            .pictures = true };
    *y = (sx_yaml){ 0 };
    if (!choose_preset(c, preset, usual, err) || !set_depth(c, err)) return false;
    sx_network_default(&c->net, sx_arch_find(c->preset.arch), 0);
    if (!c->preset.side && c->net.arch->task == SX_CLASSIFIER) c->preset.side = c->net.arch->width;
    if (!sx_network_configure(&c->net, c->preset.config, err) || !apply_all(c, err)) return false;
    log_unused(context, c);
    return true;
}

void sx_train_config_free(sx_train_config *c) {
    sx_yaml_free(&c->file);
    *c = (sx_train_config){ 0 };
}

void sx_train_config_iterations(sx_train_config *c, long n) {
    sx_schedule *s = &c->preset.schedule;
    for (int i = 0; i < SX_MAX_STEPS; i++)
        s->steps[i] = (long)((double)s->steps[i] * (double)n / (double)c->preset.iterations);
    if (s->warmup > n / 5) s->warmup = n / 5;
    c->preset.iterations = n;
}

/* ---- writing ---- */

/* Writes a number with the fewest digits that are read back as the same number. */
static void put_number(double x, sx_str *out) {
    char text[40];
    double back = 0;
    for (int digits = 1; digits <= 17; digits++) {
        sx_format(text, sizeof text, "%.*g", digits, x);
        if (sx_parse_double(text, &back) && !(back < x) && !(back > x)) break;
    }
    sx_str_add(out, text);
}

/* Paths are written from the root, so that the run can be repeated in any folder. */
static void put_text(const sx_key *k, const char *text, sx_str *out) {
    if (!text) return;
    char *whole = k->path && *text ? sx_path_absolute(text) : NULL;
    if (k->path && *text && !whole) out->failed = true;
    sx_yaml_put(out, whole ? whole : text);
    free(whole);
}

static void put_value(const sx_train_config *c, const sx_key *k, sx_str *out) {
    const void *field = (const char *)c + k->offset;
    const char *word = k->text;
    switch (k->kind) {
    case SX_KEY_LONG:
        sx_str_printf(out, "%ld", *(const long *)field);
        break;
    case SX_KEY_INT:
        sx_str_printf(out, "%d", *(const int *)field);
        break;
    case SX_KEY_NUMBER:
        put_number(*(const double *)field, out);
        break;
    case SX_KEY_BOOL:
        sx_str_add(out, *(const bool *)field ? "True" : "False");
        break;
    case SX_KEY_TEXT:
        put_text(k, *(const char *const *)field, out);
        break;
    case SX_KEY_CHOICE:
        for (int i = *(const int *)field; i > 0; i--)
            word += strcspn(word, "|") + 1;
        sx_str_append(out, word, strcspn(word, "|"));
        break;
    default:
        if (k->put) k->put(c, out);
    }
}

/* The sections that `name` opens and `before` had not open yet. */
static void put_sections(const char *before, const char *name, sx_str *out) {
    int depth = 0;
    bool same = true;
    for (const char *p = name, *q = before; strchr(p, '.'); depth++) {
        const size_t n = strcspn(p, ".") + 1;
        same = same && strncmp(p, q, n) == 0;
        if (!same) sx_str_printf(out, "%*s%.*s:\n", 2 * depth, "", (int)n - 1, p);
        p += n;
        if (same) q += n;
    }
}

bool sx_train_config_text(const sx_train_config *c, sx_str *out, sx_error *err) {
    const char *before = "";
    bool known;
    sx_str_printf(out, "# spinexr %s: the configuration of this run; train %s --config loads it\n",
                  SX_VERSION, c->net.arch->task == SX_DETECTOR ? "detector" : "classifier");
    const sx_key *k;
    for (size_t i = 0; (k = sx_train_key(i)) != NULL; i++) {
        if (k->read_only || k->kind == SX_KEY_UNUSED || row_of(c, k->name, &known) != k) continue;
        sx_str value = { 0 };
        put_value(c, k, &value);
        if (value.len) {
            int depth = 0;
            const char *last = k->name;
            put_sections(before, k->name, out);
            for (const char *p = k->name; (p = strchr(p, '.')) != NULL; depth++)
                last = ++p;
            sx_str_printf(out, "%*s%s: %s\n", 2 * depth, "", last, value.data);
            before = k->name;
        }
        if (!sx_str_ok(&value, err)) return false;
        sx_str_free(&value);
    }
    if (!sx_starts_with(before, "SPINEXR."))
        return sx_fail(err, SX_ERR_INTERNAL, "the last section is not SPINEXR");
    put_network(c, out);
    return sx_str_ok(out, err);
}
