#include "tensor/wrappers.h"

#include <string.h>

#include "base/str.h"

enum { MAX_WRAPPERS = 8, MAX_DEPTH = 4, MAX_VISITS = 1 << 16, MAX_KEYS = 10 };

static bool is_text(const sx_pvalue *v) {
    return v->kind == SX_P_TEXT || v->kind == SX_P_BYTES;
}

static bool contains(sx_ptext text, const char *part) {
    const size_t n = strlen(part);
    for (size_t i = 0; i + n <= text.n; i++)
        if (memcmp(text.data + i, part, n) == 0) return true;
    return false;
}

bool sx_checkpoint_is_optimiser(sx_ptext key) {
    return contains(key, "optim") || contains(key, "sched") || contains(key, "scaler");
}

/* Whether a tensor is in the dictionary or at most MAX_DEPTH dictionaries below it. Tensors stand
 * at the beginning of a state_dict, so the limit of visits is not reached in one. */
static bool has_tensors(const sx_pvalue *v, int depth, int *visits) {
    if (v->kind != SX_P_DICT) return false;
    for (size_t i = 0; i + 1 < v->items.n; i += 2) {
        const sx_pvalue *key = v->items.at[i], *item = v->items.at[i + 1];
        if (++*visits > MAX_VISITS) return false;
        if (!is_text(key)) continue;
        if (item->kind == SX_P_TENSOR || item->kind == SX_P_ARRAY) return true;
        if (depth < MAX_DEPTH && !sx_checkpoint_is_optimiser(key->text) &&
            has_tensors(item, depth + 1, visits))
            return true;
    }
    return false;
}

static void add_other(sx_wrapped *names, const char *key) {
    const size_t n = strlen(names->others);
    sx_format(names->others + n, sizeof names->others - n, "%s%s", n ? ", " : "", key);
}

/* The dictionary with tensors under one of the known keys; NULL: there is none. *listed: the keys
 * that names->others has. */
static const sx_pvalue *open_wrapper(const sx_pvalue *root, int *visits, unsigned *listed,
                                     sx_wrapped *names) {
    const sx_pvalue *taken = NULL;
    static const char *const keys[] = {
        "model",
        "state_dict",
        "model_state_dict",
        "model_state",
        "model_dict",
        "net",
        "network",
        "net_state_dict",
        "module",
        "params",
        "weights",
        "state",
        "checkpoint",
        "ema",
        "model_ema",
        "ema_model",
        "params_ema",
        "state_dict_ema",
        "ema_state_dict",
        "shadow",
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const sx_pvalue *inner = sx_pickle_get(root, keys[i]);
        if (!inner || !has_tensors(inner, 1, visits)) continue;
        if (!taken)
            sx_format(names->taken, sizeof names->taken, "%s", keys[i]);
        else if (!(*listed >> i & 1))
            add_other(names, keys[i]), *listed |= 1U << i;
        if (!taken) taken = inner;
    }
    return taken;
}

const sx_pvalue *sx_checkpoint_unwrap(const sx_pvalue *root, sx_wrapped *names) {
    int visits = 0;
    unsigned listed = 0;
    *names = (sx_wrapped){ .taken = "" };
    for (int depth = 0; depth < MAX_WRAPPERS; depth++) {
        const sx_pvalue *inner = open_wrapper(root, &visits, &listed, names);
        if (!inner) break;
        root = inner;
    }
    return root;
}

bool sx_checkpoint_fail_empty(const sx_pvalue *root, sx_error *err) {
    sx_str keys = { 0 };
    size_t count = 0;
    for (size_t i = 0; root->kind == SX_P_DICT && i + 1 < root->items.n && count <= MAX_KEYS;
         i += 2) {
        const sx_pvalue *key = root->items.at[i];
        char text[40];
        if (!is_text(key)) continue;
        sx_printable(key->text.data, key->text.n, text, sizeof text);
        if (count++ == MAX_KEYS)
            sx_str_add(&keys, ", ...");
        else
            sx_str_printf(&keys, "%s%s (%s)", count > 1 ? ", " : " with the keys ", text,
                          sx_pickle_kind(root->items.at[i + 1]));
    }
    sx_fail(err, SX_ERR_MISSING, "holds no tensors by name, but %s%s", sx_pickle_kind(root),
            keys.failed ? "" : sx_str_text(&keys));
    sx_str_free(&keys);
    return false;
}
