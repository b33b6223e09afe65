#include "models/plan_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/busy_cores.h"
#include "base/context_impl.h"
#include "base/cpu.h"
#include "base/mem.h"

enum { FIRST_ROOM = 2, MOST_PLANS = 16, REMEMBERED = 16 };
static const size_t usual_bytes = (size_t)1 << 30;

typedef struct key {
    sx_shape shape;
    sx_part part;
    int threads;
} key;

typedef struct entry {
    key key;
    sx_graph *graph;
    sx_plan *plan;
} entry;

struct sx_plan_cache {
    const sx_network *net;
    sx_store *store;
    sx_plan_options options;
    size_t most_bytes;
    sx_busy_cores load;
    entry entries[MOST_PLANS]; /* the most recently used one first */
    int count, room;
    key dropped[REMEMBERED]; /* a ring */
    int dropped_count;
    long made;
    sx_graph *taken; /* of an input of this shape; NULL: none, or it has its plan */
    sx_shape taken_shape;
    sx_part taken_part;
};

sx_plan_cache *sx_plan_cache_new(const sx_network *net, sx_store *store, sx_plan_options options,
                                 size_t most_bytes, sx_error *err) {
    sx_plan_cache *c = sx_calloc_for(1, sizeof *c, "plans", err);
    if (!c) return NULL;
    c->net = net;
    c->store = store;
    c->options = options;
    if (options.threads <= 0) c->options.threads = sx_cores();
    c->most_bytes = most_bytes ? most_bytes : usual_bytes;
    c->room = FIRST_ROOM;
    return c;
}

static void free_entry(entry *e) {
    sx_plan_free(e->plan);
    sx_graph_free(e->graph);
}

void sx_plan_cache_free(sx_plan_cache *c) {
    if (!c) return;
    for (int i = 0; i < c->count; i++)
        free_entry(&c->entries[i]);
    sx_graph_free(c->taken);
    free(c);
}

void sx_plan_cache_take_graph(sx_plan_cache *c, sx_shape shape, sx_part part, sx_graph *graph) {
    sx_graph_free(c->taken);
    c->taken = graph;
    c->taken_shape = shape;
    c->taken_part = part;
}

static bool same(key a, key b) {
    return a.part == b.part && a.threads == b.threads && a.shape.n == b.shape.n &&
           a.shape.h == b.shape.h && a.shape.w == b.shape.w;
}

static void move_to_front(sx_plan_cache *c, int i) {
    const entry e = c->entries[i];
    memmove(c->entries + 1, c->entries, (size_t)i * sizeof e);
    c->entries[0] = e;
}

static void drop_last(sx_plan_cache *c) {
    entry *e = &c->entries[--c->count];
    c->dropped[c->dropped_count++ % REMEMBERED] = e->key;
    free_entry(e);
}

static bool was_dropped(const sx_plan_cache *c, key k) {
    for (int i = 0; i < c->dropped_count && i < REMEMBERED; i++)
        if (same(c->dropped[i], k)) return true;
    return false;
}

static size_t bytes_of(const sx_plan_cache *c) {
    size_t sum = 0;
    for (int i = 0; i < c->count; i++)
        sum += sx_plan_memory(c->entries[i].plan);
    return sum;
}

/* Called before a plan is made, when its memory is not known yet. */
static void make_room(sx_plan_cache *c, key k) {
    if (c->count == c->room && c->room < MOST_PLANS && was_dropped(c, k)) c->room++;
    while (c->count >= c->room)
        drop_last(c);
}

static sx_plan *find(sx_plan_cache *c, key k) {
    for (int i = 0; i < c->count; i++)
        if (same(c->entries[i].key, k)) {
            move_to_front(c, i);
            return c->entries[0].plan;
        }
    return NULL;
}

static sx_graph *graph_for(sx_plan_cache *c, key k, sx_error *err) {
    sx_graph *g = c->taken;
    if (!g || !same((key){ c->taken_shape, c->taken_part, k.threads }, k))
        return sx_network_build(c->net, k.shape, k.part, err);
    c->taken = NULL;
    return g;
}

static sx_plan *make(sx_plan_cache *c, key k, sx_error *err) {
    sx_plan_options o = c->options;
    o.threads = k.threads;
    make_room(c, k);
    entry e = { .key = k, .graph = graph_for(c, k, err) };
    if (e.graph) e.plan = sx_plan_new(e.graph, c->store, o, err);
    if (!e.plan) {
        free_entry(&e);
        return NULL;
    }
    c->made++;
    c->entries[c->count++] = e;
    move_to_front(c, c->count - 1);
    while (c->count > 1 && bytes_of(c) > c->most_bytes)
        drop_last(c);
    return e.plan;
}

/* Whether a network has the same outputs, to the bit, on any number of threads up to `most`. In
 * bf16 and with SSE2 the last digits would depend on what other programs do. */
static bool same_on_fewer(const sx_plan_cache *c, int most) {
    const sx_cpu *cpu = sx_cpu_get();
    if (c->options.compute != SX_F32) return false;
    return cpu->avx512 ? most <= SX_PLAN_SAME_THREADS : cpu->avx2;
}

static int choose_threads(sx_plan_cache *c) {
    const int most = c->options.threads;
    return same_on_fewer(c, most) ? sx_busy_threads(&c->load, most) : most;
}

sx_plan *sx_plan_cache_get(sx_plan_cache *c, sx_shape shape, sx_part part, sx_error *err) {
    const key k = { shape, part, choose_threads(c) };
    sx_plan *p = find(c, k);
    return p ? p : make(c, k, err);
}

const sx_graph *sx_plan_cache_graph(const sx_plan_cache *c) {
    return c->count ? c->entries[0].graph : NULL;
}

long sx_plan_cache_made(const sx_plan_cache *c) {
    return c->made;
}
