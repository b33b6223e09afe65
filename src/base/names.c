#include "base/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"

static size_t slot_of(const sx_names *n, const char *name) {
    size_t at = (size_t)sx_fnv1a(name, strlen(name)) & (n->slot_count - 1);
    while (n->slots[at] && strcmp(n->items[n->slots[at] - 1], name) != 0)
        at = (at + 1) & (n->slot_count - 1);
    return at;
}

static bool grow_slots(sx_names *n, sx_error *err) {
    if (n->count == n->cap) {
        size_t cap = n->cap ? n->cap * 2 : 64;
        char **item = sx_realloc(n->items, cap, sizeof *item);
        if (item) n->items = item;
        uint32_t *value = item ? sx_realloc(n->values, cap, sizeof *value) : NULL;
        if (!value) return sx_fail(err, SX_ERR_MEMORY, "out of memory for names");
        n->values = value;
        n->cap = cap;
    }
    if (2 * (n->count + 1) <= n->slot_count) return true;
    size_t slots = n->slot_count ? n->slot_count * 2 : 256;
    uint32_t *slot = sx_calloc_for(slots, sizeof *slot, "names", err);
    if (!slot) return false;
    free(n->slots);
    n->slots = slot;
    n->slot_count = slots;
    for (size_t i = 0; i < n->count; i++)
        n->slots[slot_of(n, n->items[i])] = (uint32_t)i + 1;
    return true;
}

bool sx_names_put(sx_names *n, const char *name, uint32_t value, bool *fresh, sx_error *err) {
    *fresh = false;
    if (n->count >= UINT32_MAX / 4) return sx_fail(err, SX_ERR_LIMIT, "too many names");
    if (!grow_slots(n, err)) return false;
    size_t at = slot_of(n, name);
    if (n->slots[at]) return true;
    n->items[n->count] = sx_strdup(name);
    if (!n->items[n->count]) return sx_fail(err, SX_ERR_MEMORY, "out of memory for names");
    n->values[n->count] = value;
    n->slots[at] = (uint32_t)++n->count;
    *fresh = true;
    return true;
}

bool sx_names_add(sx_names *n, const char *name, uint32_t *index, sx_error *err) {
    bool fresh;
    if (!sx_names_put(n, name, (uint32_t)n->count, &fresh, err)) return false;
    *index = (uint32_t)sx_names_find(n, name);
    return true;
}

long sx_names_find(const sx_names *n, const char *name) {
    if (!n->slot_count) return -1;
    uint32_t s = n->slots[slot_of(n, name)];
    return s ? (long)n->values[s - 1] : -1;
}

void sx_names_free(sx_names *n) {
    for (size_t i = 0; i < n->count; i++)
        free(n->items[i]);
    free(n->items);
    free(n->slots);
    free(n->values);
    *n = (sx_names){ 0 };
}

typedef struct entry {
    char *name;
    long number;
    uint32_t old;
} entry;

static int by_number(const void *a, const void *b) {
    const entry *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

bool sx_names_sort(sx_names *n, uint32_t *order, sx_error *err) {
    entry *e = sx_calloc_for(n->count + 1, sizeof *e, "names", err);
    if (!e) return false;
    bool numbers = true;
    for (size_t i = 0; i < n->count; i++) {
        e[i] = (entry){ n->items[i], 0, (uint32_t)i };
        numbers = numbers &&
                  sx_parse_long(n->items[i], -1000000000000000, 1000000000000000, &e[i].number);
    }
    qsort(e, n->count, sizeof *e, numbers ? by_number : by_name);
    for (size_t i = 0; i < n->count; i++) {
        n->items[i] = e[i].name;
        order[e[i].old] = (uint32_t)i;
        n->values[i] = (uint32_t)i;
    }
    if (n->slot_count) memset(n->slots, 0, n->slot_count * sizeof *n->slots);
    for (size_t i = 0; i < n->count; i++)
        n->slots[slot_of(n, n->items[i])] = (uint32_t)i + 1;
    free(e);
    return true;
}
