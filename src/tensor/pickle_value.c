#include <stdlib.h>
#include <string.h>

#include "tensor/pickle_impl.h"

enum { MAX_WORK = 4 << 20 };

sx_pickle *sx_pickle_new(sx_error *err) {
    sx_pickle *p = sx_calloc_for(1, sizeof *p, "pickle", err);
    if (!p) return NULL;
    p->arena = sx_arena_new();
    if (p->arena) return p;
    free(p);
    sx_fail(err, SX_ERR_MEMORY, "out of memory for a pickle");
    return NULL;
}

void sx_pickle_free(sx_pickle *p) {
    if (!p) return;
    sx_arena_free(p->arena);
    free(p->stack.at);
    free(p->memo.at);
    free(p->storages.at);
    free(p->marks);
    free(p);
}

const char *sx_printable(const uint8_t *bytes, size_t n, char *buf, size_t size) {
    size_t k = 0;
    for (; k < n && k + 1 < size; k++)
        buf[k] = bytes[k] >= ' ' && bytes[k] < 127 ? (char)bytes[k] : '?';
    buf[k] = '\0';
    return buf;
}

bool sx_pickle_work(sx_pickle *p, size_t n, sx_error *err) {
    if (n > MAX_WORK - p->work)
        return sx_fail(err, SX_ERR_LIMIT, "the pickle takes more than %d operations", MAX_WORK);
    p->work += n;
    return true;
}

sx_pvalue *sx_pickle_value(sx_pickle *p, sx_pkind kind, sx_error *err) {
    sx_pvalue *v = sx_arena_alloc(p->arena, 1, sizeof *v);
    if (v)
        v->kind = kind;
    else
        sx_fail(err, SX_ERR_MEMORY, "out of memory for a pickle");
    return v;
}

bool sx_pickle_append(sx_pickle *p, sx_pitems *list, sx_pvalue *const *items, size_t n,
                      sx_error *err) {
    if (n == 0) return true;
    if (n > list->cap - list->n) {
        size_t cap = 2 * list->cap > list->n + n ? 2 * list->cap : list->n + n;
        sx_pvalue **at = sx_arena_alloc(p->arena, cap, sizeof(sx_pvalue *));
        if (!at) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a pickle");
        if (list->n) memcpy(at, list->at, list->n * sizeof *at);
        list->at = at;
        list->cap = cap;
    }
    memcpy(list->at + list->n, items, n * sizeof(sx_pvalue *));
    list->n += n;
    return true;
}

/* ---- reading values ---- */

size_t sx_pickle_storages(const sx_pickle *p, const sx_pvalue *const **storages) {
    *storages = (const sx_pvalue *const *)p->storages.at;
    return p->storages.n;
}

sx_pvalue *sx_pickle_get(const sx_pvalue *d, const char *key) {
    size_t n = strlen(key);
    for (size_t i = 0; d->kind == SX_P_DICT && i + 1 < d->items.n; i += 2) {
        const sx_pvalue *k = d->items.at[i];
        if ((k->kind == SX_P_TEXT || k->kind == SX_P_BYTES) && k->text.n == n &&
            memcmp(k->text.data, key, n) == 0)
            return d->items.at[i + 1];
    }
    return NULL;
}

const char *sx_pickle_kind(const sx_pvalue *v) {
    static const char *const names[SX_P_KINDS] = {
        [SX_P_NONE] = "None",        [SX_P_BOOL] = "a truth value",  [SX_P_INT] = "a number",
        [SX_P_BIG] = "a number",     [SX_P_FLOAT] = "a number",      [SX_P_TEXT] = "a string",
        [SX_P_BYTES] = "a string",   [SX_P_TUPLE] = "a tuple",       [SX_P_LIST] = "a list",
        [SX_P_DICT] = "a dict",      [SX_P_GLOBAL] = "a class",      [SX_P_STORAGE] = "a storage",
        [SX_P_TENSOR] = "a tensor",  [SX_P_DTYPE] = "a number type", [SX_P_ARRAY] = "an array",
        [SX_P_OBJECT] = "an object",
    };
    return names[v->kind];
}
