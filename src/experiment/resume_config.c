#include "experiment/resume_config.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/str.h"

bool sx_resume_find_config(const char *out, char **path, sx_error *err) {
    char *config = sx_path_join(out, "config.yaml"),
         *checkpoint = sx_path_join(out, "last.ckpt.safetensors");
    const bool has_config = config && sx_path_exists(config);
    *path = has_config ? config : NULL;
    bool ok = (config && checkpoint) || sx_fail(err, SX_ERR_MEMORY, "out of memory");
    if (ok && !has_config && !sx_path_exists(checkpoint))
        ok = sx_fail(err, SX_ERR_MISSING, "%s: holds no run to resume", out);
    if (!has_config) free(config);
    free(checkpoint);
    return ok;
}

bool sx_resume_has_checkpoint(const char *out) {
    char *checkpoint = sx_path_join(out, "last.ckpt.safetensors");
    const bool has = checkpoint && sx_path_exists(checkpoint);
    free(checkpoint);
    return has;
}

/* The complete configuration as keys and values. */
static bool spell_out(const sx_train_config *c, const char *name, sx_yaml *out, sx_error *err) {
    sx_str text = { 0 };
    *out = (sx_yaml){ 0 };
    const bool ok = sx_train_config_text(c, &text, err) &&
                    sx_yaml_parse(name, sx_str_text(&text), text.len, out, err);
    sx_str_free(&text);
    return ok;
}

static bool spell_out_recorded(const char *path, sx_yaml *out, sx_error *err) {
    sx_yaml y = { 0 };
    sx_train_config c = { 0 };
    *out = (sx_yaml){ 0 };
    const bool ok = sx_yaml_open(path, &y, err) &&
                    sx_train_config_make(NULL, path, &y, NULL, "", &c, err) &&
                    spell_out(&c, path, out, err);
    sx_yaml_free(&y);
    sx_train_config_free(&c);
    return ok;
}

/* The value as text; v NULL: it is not set. */
static void put_value(sx_str *out, const sx_yaml_value *v) {
    if (!v || v->null) {
        sx_str_add(out, "nothing");
        return;
    }
    if (v->list) sx_str_add(out, "[");
    for (size_t i = 0; i < v->count; i++)
        sx_str_printf(out, "%s%s", i ? ", " : "", v->items[i]);
    if (v->list) sx_str_add(out, "]");
}

static bool is_same(const sx_yaml_value *a, const sx_yaml_value *b) {
    const size_t count = a ? a->count : 0;
    if (count != (b ? b->count : 0)) return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0 && !sx_same_file(a->items[i], b->items[i]))
            return false;
    return true;
}

static bool is_listed(const char *key, const char *const *names, size_t count) {
    size_t i = 0;
    while (i < count && strcmp(names[i], key) != 0)
        i++;
    return i < count;
}

static bool may_differ(const char *key, bool other_length) {
    static const char *const free_keys[] = { "SOLVER.MAX_ITER",          "TEST.EVAL_PERIOD",
                                             "SOLVER.CHECKPOINT_PERIOD", "SPINEXR.PICTURES",
                                             "SPINEXR.RECOMPUTE",        "SPINEXR.ON_NAN" };
    /* a run of another length has its rates at the same fractions of it */
    static const char *const of_length[] = { "SOLVER.STEPS", "SOLVER.WARMUP_ITERS" };
    return is_listed(key, free_keys, sizeof free_keys / sizeof *free_keys) ||
           (other_length && is_listed(key, of_length, sizeof of_length / sizeof *of_length));
}

static bool fail_contradiction(const char *path, const char *key, const sx_yaml_value *now,
                               const sx_yaml_value *before, sx_error *err) {
    sx_str new_text = { 0 }, old_text = { 0 };
    put_value(&new_text, now);
    put_value(&old_text, before);
    sx_fail(err, SX_ERR_MISMATCH, "%s: %s is %s; a run that is resumed cannot change it to %s",
            path, key, sx_str_text(&old_text), sx_str_text(&new_text));
    sx_str_free(&new_text);
    sx_str_free(&old_text);
    return false;
}

static bool compare(const char *path, const sx_yaml *now, const sx_yaml *before, sx_error *err) {
    static const char length[] = "SOLVER.MAX_ITER";
    const bool other_length = !is_same(sx_yaml_find(now, length), sx_yaml_find(before, length));
    for (size_t i = 0; i < before->count; i++) {
        const sx_yaml_value *old = &before->values[i], *new_value = sx_yaml_find(now, old->key);
        if (!is_same(old, new_value) && !may_differ(old->key, other_length))
            return fail_contradiction(path, old->key, new_value, old, err);
    }
    for (size_t i = 0; i < now->count; i++) {
        const sx_yaml_value *v = &now->values[i];
        if (!sx_yaml_find(before, v->key) && !may_differ(v->key, other_length))
            return fail_contradiction(path, v->key, v, NULL, err);
    }
    return true;
}

bool sx_resume_check_config(const sx_train_config *c, const char *recorded, sx_error *err) {
    sx_yaml now = { 0 }, before = { 0 };
    const bool ok = spell_out(c, c->name, &now, err) &&
                    spell_out_recorded(recorded, &before, err) &&
                    compare(recorded, &now, &before, err);
    sx_yaml_free(&now);
    sx_yaml_free(&before);
    return ok;
}
