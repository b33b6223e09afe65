#include "base/json_memory.h"

#include <jansson.h>
#include <pthread.h>

static json_malloc_t inner_malloc;
static json_free_t inner_free;
static _Thread_local size_t failures;

static void *noting_malloc(size_t n) {
    void *p = inner_malloc(n);
    if (!p) failures++;
    return p;
}

static void wrap_allocator(void) {
    json_get_alloc_funcs(&inner_malloc, &inner_free);
    json_set_alloc_funcs(noting_malloc, inner_free);
}

size_t sx_json_memory_failures(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, wrap_allocator);
    return failures;
}
