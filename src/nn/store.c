#include "nn/store.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "base/team.h"

typedef struct entry {
    char *name;
    const sx_tensor *tensor;
    float *copy; /* converted or owned numbers; NULL: the bytes of the tensor are used */
    float *grad;
    int64_t count;
    bool trainable, finite;
} entry;

typedef struct packed {
    uint64_t hash;
    char *key;
    void *data;
} packed;

struct sx_store {
    const sx_weights *weights;
    bool own;
    entry *entries;
    size_t count;
    size_t *slots; /* hash table of names, open addressing; index + 1 */
    size_t slot_count;
    packed *packed;
    size_t packed_count, packed_cap;
    pthread_mutex_t lock; /* protects `packed` and the converted copies */
};

static entry *find(const sx_store *s, const char *name) {
    size_t mask = s->slot_count - 1;
    for (size_t i = (size_t)sx_fnv1a(name, strlen(name)) & mask; s->slots[i]; i = (i + 1) & mask)
        if (strcmp(s->entries[s->slots[i] - 1].name, name) == 0)
            return &s->entries[s->slots[i] - 1];
    return NULL;
}

static void insert(sx_store *s, size_t index) {
    const char *name = s->entries[index].name;
    size_t mask = s->slot_count - 1, i = (size_t)sx_fnv1a(name, strlen(name)) & mask;
    while (s->slots[i])
        i = (i + 1) & mask;
    s->slots[i] = index + 1;
}

static bool same_dims(const sx_tensor *t, const sx_param *p) {
    return t->ndim == p->ndim &&
           (p->ndim == 0 || memcmp(t->dims, p->dims, (size_t)p->ndim * sizeof *p->dims) == 0);
}

static const char *shape_of(const sx_param *p, char *buf, size_t size) {
    sx_tensor t = { .ndim = p->ndim };
    memcpy(t.dims, p->dims, sizeof t.dims);
    return sx_tensor_shape(&t, buf, size);
}

/* Weights that were made in memory have no path. */
static const char *colon(const sx_store *s) {
    return *sx_weights_path(s->weights) ? ": " : "";
}

static bool look_up(sx_store *s, entry *e, const sx_param *p, sx_error *err) {
    const sx_tensor *t = sx_weights_find(s->weights, p->name);
    const char *path = sx_weights_path(s->weights);
    char want[96], got[96], first[300];
    e->tensor = t;
    e->count = 1;
    for (int i = 0; i < p->ndim; i++)
        e->count *= p->dims[i];
    e->trainable = p->kind != SX_PARAM_BUFFER && p->kind != SX_PARAM_COUNTER;
    if (!t && p->kind != SX_PARAM_COUNTER)
        return sx_fail(err, SX_ERR_MISMATCH, "%s%sno tensor %s (%s); %s", path, colon(s), p->name,
                       shape_of(p, want, sizeof want),
                       sx_weights_describe_first(s->weights, first, sizeof first));
    return !t || same_dims(t, p) ||
           sx_fail(err, SX_ERR_MISMATCH, "%s%stensor %s is %s, the network needs %s", path,
                   colon(s), p->name, sx_tensor_shape(t, got, sizeof got),
                   shape_of(p, want, sizeof want));
}

/* x * 0 is 0 for every finite x, else NaN, so one sum without branches finds the others. */
static bool all_finite(const float *x, int64_t n) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < n; i++)
        sum += x[i] * 0.0F;
    return sum == 0;
}

static bool is_aligned_f32(const sx_tensor *t) {
    return t->dtype == SX_F32 && ((uintptr_t)t->data & 3) == 0;
}

/* An absent counter is 0. */
static float *converted(const entry *e, sx_error *err) {
    float *copy = sx_aligned_alloc((size_t)e->count * sizeof(float) + 64);
    bool ok = copy || sx_fail(err, SX_ERR_MEMORY, "out of memory for %s", e->name);
    if (ok && e->tensor) ok = sx_tensor_to_f32(e->tensor, 0, e->count, copy, err);
    if (ok && !e->tensor) memset(copy, 0, (size_t)e->count * sizeof(float));
    if (ok) return copy;
    sx_aligned_free(copy);
    return NULL;
}

static bool load_copy(entry *e, sx_error *err) {
    e->copy = converted(e, err);
    return e->copy != NULL;
}

/* For bf16 and f16 the bits of the exponent are enough. */
static bool half_finite(const sx_tensor *t, int64_t n) {
    unsigned mask = t->dtype == SX_BF16 ? 0x7f80U : 0x7c00U, bad = 0;
    const uint8_t *b = t->data;
    for (int64_t i = 0; i < n; i++) {
        unsigned v = (unsigned)b[2 * i] | (unsigned)b[2 * i + 1] << 8;
        bad |= (unsigned)((v & mask) == mask);
    }
    return !bad;
}

static bool check_finite(const entry *e, sx_error *err) {
    const sx_tensor *t = e->tensor;
    if (!t) return true;
    if (is_aligned_f32(t)) return all_finite(t->data, e->count);
    if (t->dtype == SX_BF16 || t->dtype == SX_F16) return half_finite(t, e->count);
    float buf[1024];
    for (int64_t i = 0; i < e->count; i += 1024) {
        int64_t n = e->count - i < 1024 ? e->count - i : 1024;
        if (!sx_tensor_to_f32(t, i, n, buf, err) || !all_finite(buf, n)) return false;
    }
    return true;
}

static bool check_all_finite(sx_store *s, int threads, sx_error *err) {
    char names[SX_TENSOR_NAMES];
#pragma omp parallel for schedule(dynamic, 4) num_threads(sx_team_size(threads))
    for (size_t i = 0; i < s->count; i++)
        s->entries[i].finite = check_finite(&s->entries[i], NULL);
    for (size_t i = 0; i < s->count; i++)
        if (!s->entries[i].finite)
            return sx_fail(err, SX_ERR_VALUE, "%s%stensor %s holds NaN or infinity",
                           sx_weights_path(s->weights), colon(s),
                           sx_tensor_names(s->entries[i].tensor, names, sizeof names));
    return true;
}

static bool fill_entries(sx_store *s, const sx_graph *g, sx_error *err) {
    for (size_t i = 0; i < s->count; i++) {
        entry *e = &s->entries[i];
        if (!look_up(s, e, sx_graph_param(g, i), err)) return false;
        /* the name is copied because the store outlives the graph */
        e->name = sx_strdup(sx_graph_param(g, i)->name);
        if (!e->name) return sx_fail(err, SX_ERR_MEMORY, "out of memory for parameters");
        insert(s, i);
    }
    return true;
}

/* The copies replace the tensors. */
static bool copy_all(sx_store *s, sx_error *err) {
    for (size_t i = 0; i < s->count; i++) {
        if (!load_copy(&s->entries[i], err)) return false;
        s->entries[i].tensor = NULL;
    }
    return true;
}

sx_store *sx_store_open(const sx_graph *g, const sx_weights *w, sx_store_options options,
                        sx_error *err) {
    sx_store *s = sx_calloc_for(1, sizeof *s, "parameters", err);
    if (!s) return NULL;
    pthread_mutex_init(&s->lock, NULL);
    s->weights = w;
    s->own = options.own;
    s->count = sx_graph_param_count(g);
    s->slot_count = 16;
    while (s->slot_count < 2 * s->count)
        s->slot_count *= 2;
    s->entries = sx_calloc_for(s->count + 1, sizeof *s->entries, "parameters", err);
    if (s->entries) s->slots = sx_calloc_for(s->slot_count, sizeof *s->slots, "parameters", err);
    if (s->entries && s->slots && fill_entries(s, g, err) &&
        check_all_finite(s, options.threads, err) && (!s->own || copy_all(s, err)))
        return s;
    sx_store_free(s);
    return NULL;
}

void sx_store_free(sx_store *s) {
    if (!s) return;
    for (size_t i = 0; s->entries && i < s->count; i++) {
        free(s->entries[i].name);
        sx_aligned_free(s->entries[i].copy);
        sx_aligned_free(s->entries[i].grad);
    }
    for (size_t i = 0; i < s->packed_count; i++) {
        free(s->packed[i].key);
        sx_aligned_free(s->packed[i].data);
    }
    pthread_mutex_destroy(&s->lock);
    free(s->packed);
    free(s->entries);
    free(s->slots);
    free(s);
}

const float *sx_store_f32(sx_store *s, const sx_param *p) {
    entry *e = find(s, p->name);
    if (!e) return NULL;
    if (s->own) return e->copy;
    if (e->tensor && is_aligned_f32(e->tensor)) return e->tensor->data;
    pthread_mutex_lock(&s->lock);
    const bool ok = e->copy || load_copy(e, NULL);
    pthread_mutex_unlock(&s->lock);
    return ok ? e->copy : NULL;
}

float *sx_store_f32_mutable(sx_store *s, const sx_param *p) {
    entry *e = s->own ? find(s, p->name) : NULL;
    return e ? e->copy : NULL;
}

const float *sx_store_borrow(sx_store *s, const sx_param *p, float **own) {
    const entry *e = find(s, p->name);
    *own = NULL;
    if (!e) return NULL;
    if (s->own) return e->copy;
    if (e->tensor && is_aligned_f32(e->tensor)) return e->tensor->data;
    *own = converted(e, NULL);
    return *own;
}

static float *make_grad(entry *e) {
    if (!e->grad) {
        e->grad = sx_aligned_alloc((size_t)e->count * sizeof(float) + 64);
        if (e->grad) memset(e->grad, 0, (size_t)e->count * sizeof(float));
    }
    return e->grad;
}

float *sx_store_grad(sx_store *s, const sx_param *p) {
    entry *e = s->own ? find(s, p->name) : NULL;
    return e && e->trainable ? make_grad(e) : NULL;
}

bool sx_store_make_grads(sx_store *s, sx_error *err) {
    for (size_t i = 0; s->own && i < s->count; i++)
        if (s->entries[i].trainable && !make_grad(&s->entries[i]))
            return sx_fail(err, SX_ERR_MEMORY, "out of memory for the gradient of %s",
                           s->entries[i].name);
    return true;
}

void sx_store_zero_grads(sx_store *s) {
    for (size_t i = 0; i < s->count; i++)
        if (s->entries[i].grad)
            memset(s->entries[i].grad, 0, (size_t)s->entries[i].count * sizeof(float));
}

void sx_store_set_trainable(sx_store *s, const sx_param *p, bool trainable) {
    entry *e = find(s, p->name);
    if (e) e->trainable = trainable;
}

bool sx_store_trainable(const sx_store *s, const sx_param *p) {
    const entry *e = find(s, p->name);
    return e && s->own && e->trainable;
}

static const void *find_packed(const sx_store *s, uint64_t hash, const char *key) {
    for (size_t i = 0; i < s->packed_count; i++)
        if (s->packed[i].hash == hash && strcmp(s->packed[i].key, key) == 0)
            return s->packed[i].data;
    return NULL;
}

const void *sx_store_packed(sx_store *s, const char *key) {
    const uint64_t hash = sx_fnv1a(key, strlen(key));
    pthread_mutex_lock(&s->lock);
    const void *found = find_packed(s, hash, key);
    pthread_mutex_unlock(&s->lock);
    return found;
}

static bool append_packed(sx_store *s, uint64_t hash, const char *key, void *data) {
    if (s->packed_count == s->packed_cap) {
        size_t cap = s->packed_cap ? 2 * s->packed_cap : 128;
        packed *p = sx_realloc(s->packed, cap, sizeof *p);
        if (!p) return false;
        s->packed = p;
        s->packed_cap = cap;
    }
    char *copy = sx_strdup(key);
    if (copy) s->packed[s->packed_count++] = (packed){ hash, copy, data };
    return copy != NULL;
}

const void *sx_store_add_packed(sx_store *s, const char *key, void *data, sx_error *err) {
    const uint64_t hash = sx_fnv1a(key, strlen(key));
    pthread_mutex_lock(&s->lock);
    const void *found = find_packed(s, hash, key);
    if (!found && append_packed(s, hash, key, data)) found = data;
    pthread_mutex_unlock(&s->lock);
    if (found != data) sx_aligned_free(data);
    if (!found) sx_fail(err, SX_ERR_MEMORY, "out of memory for packed weights");
    return found;
}
