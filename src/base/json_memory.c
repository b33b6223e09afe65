#include "base/json_memory.h"

#include <jansson.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

static json_malloc_t inner_malloc;
static json_free_t inner_free;

/* Of the thread that is reading. */
static _Thread_local struct {
    size_t failures;
    char *reserve;
    size_t size, used;
} memory;

/* The lexer's buffer doubles from 16 bytes on. */
static bool may_be_token_buffer(size_t n) {
    return n >= 32 && (n & (n - 1)) == 0;
}

static void *noting_malloc(size_t n) {
    void *p = inner_malloc(n);
    if (p) return p;
    memory.failures++;
    if (!may_be_token_buffer(n) || n > memory.size - memory.used) return NULL;
    p = memory.reserve + memory.used;
    memory.used += n;
    return p;
}

static void noting_free(void *p) {
    const uintptr_t at = (uintptr_t)p, begin = (uintptr_t)memory.reserve;
    if (!memory.reserve || at < begin || at >= begin + memory.size) inner_free(p);
}

static void wrap_allocator(void) {
    json_get_alloc_funcs(&inner_malloc, &inner_free);
    json_set_alloc_funcs(noting_malloc, noting_free);
}

size_t sx_json_memory_failures(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, wrap_allocator);
    return memory.failures;
}

/* Bytes of the longest string or number. */
static size_t longest_token(const char *text, size_t n) {
    size_t longest = 0, length = 0;
    bool in_string = false;
    for (size_t i = 0; i < n; i++) {
        const char c = text[i];
        if (in_string && c == '\\' && i + 1 < n) {
            length += 2;
            i++;
            continue;
        }
        length++;
        if (c == '"') in_string = !in_string;
        if (length > longest) longest = length;
        if (!in_string && (c == '"' || c == ',' || c == ':' || c == '[' || c == '{')) length = 0;
    }
    return longest > length ? longest : length;
}

bool sx_json_memory_reserve(const void *text, size_t n) {
    size_t size;
    /* all doublings up to twice the token's length */
    if (!sx_mul_size(longest_token(text, n) + 32, 4, &size)) return false;
    memory.reserve = sx_realloc(NULL, size, 1);
    memory.size = memory.reserve ? size : 0;
    memory.used = 0;
    return memory.reserve != NULL;
}

void sx_json_memory_release(void) {
    char *reserve = memory.reserve;
    memory.reserve = NULL;
    memory.size = memory.used = 0;
    free(reserve);
}
