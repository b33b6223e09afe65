#include "base/mem.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/str.h"

bool sx_mul_size(size_t a, size_t b, size_t *out) {
    size_t r;
    if (__builtin_mul_overflow(a, b, &r)) return false;
    *out = r;
    return true;
}

bool sx_add_size(size_t a, size_t b, size_t *out) {
    size_t r;
    if (__builtin_add_overflow(a, b, &r)) return false;
    *out = r;
    return true;
}

void *sx_calloc(size_t count, size_t size) {
    /* calloc(0) may return NULL, which callers would interpret as "out of memory" */
    return calloc(count ? count : 1, size ? size : 1);
}

void *sx_realloc(void *old, size_t count, size_t size) {
    size_t bytes;
    if (!sx_mul_size(count, size, &bytes)) return NULL;
    return realloc(old, bytes ? bytes : 1);
}

void *sx_calloc_for(size_t count, size_t size, const char *what, sx_error *err) {
    void *p = sx_calloc(count, size);
    if (!p)
        sx_fail(err, SX_ERR_MEMORY, "out of memory for %s (%zu x %zu bytes)", what, count, size);
    return p;
}

void *sx_aligned_alloc(size_t size) {
    const size_t huge = (size_t)2 << 20;
    const size_t align = size >= 2 * huge ? huge : 64;
    size_t padded;
    if (!sx_add_size(size ? size : 1, align - 1, &padded)) return NULL;
    padded = padded / align * align;
    void *p = aligned_alloc(align, padded);
    /* activations and weights are read sequentially: huge pages save TLB misses and page faults */
    if (p && align == huge) madvise(p, padded, MADV_HUGEPAGE);
    return p;
}

void sx_aligned_free(void *p) {
    free(p);
}

bool sx_memory_to_spare(size_t bytes) {
    void *spare = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return spare != MAP_FAILED && munmap(spare, bytes) == 0;
}

bool sx_memory_is_short(void) {
    struct rlimit space;
    return getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur < (rlim_t)2 << 30;
}

void sx_memory_give_back(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

char *sx_strdup(const char *s) {
    size_t n = strlen(s) + 1;
    char *p = sx_calloc(n, 1);
    if (p) memcpy(p, s, n);
    return p;
}

/* ---- arena ---- */

typedef struct chunk {
    struct chunk *next;
    size_t used, size;
    max_align_t data[];
} chunk;

struct sx_arena {
    chunk *chunks;
};

enum { CHUNK_BYTES = 64 * 1024 };

sx_arena *sx_arena_new(void) {
    return sx_calloc(1, sizeof(sx_arena));
}

void sx_arena_free(sx_arena *a) {
    if (!a) return;
    for (chunk *c = a->chunks; c;) {
        chunk *next = c->next;
        free(c);
        c = next;
    }
    free(a);
}

void *sx_arena_alloc(sx_arena *a, size_t count, size_t size) {
    size_t bytes, padded;
    if (!sx_mul_size(count, size, &bytes) || !sx_add_size(bytes, 15, &padded)) return NULL;
    bytes = padded / 16 * 16;
    chunk *c = a->chunks;
    if (!c || c->size - c->used < bytes) {
        size_t room = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES, total;
        if (!sx_add_size(room, sizeof(chunk), &total)) return NULL;
        c = calloc(1, total);
        if (!c) return NULL;
        c->size = room;
        c->next = a->chunks;
        a->chunks = c;
    }
    void *p = (char *)c->data + c->used;
    c->used += bytes;
    return p;
}

char *sx_arena_strdup(sx_arena *a, const char *s) {
    size_t n = strlen(s) + 1;
    char *p = sx_arena_alloc(a, n, 1);
    if (p) memcpy(p, s, n);
    return p;
}

char *sx_arena_printf(sx_arena *a, const char *fmt, ...) {
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = sx_vformat(NULL, 0, fmt, args);
    va_end(args);
    char *p = n < 0 ? NULL : sx_arena_alloc(a, (size_t)n + 1, 1);
    if (p) sx_vformat(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}
