/* Memory: overflow-checked allocation and arenas. */
#ifndef SX_BASE_MEM_H
#define SX_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

#ifdef __cplusplus
extern "C" {
#endif

/* count * size zeroed bytes; NULL if the product overflows, or when out of memory. Release with
 * free(). */
void *sx_calloc(size_t count, size_t size) SX_MUST_USE;
/* Grows or shrinks to count * size bytes; NULL as above, and then `old` is still valid. */
void *sx_realloc(void *old, size_t count, size_t size) SX_MUST_USE;
/* As sx_calloc, but sets err; `what` names the purpose ("film pixels"). */
void *sx_calloc_for(size_t count, size_t size, const char *what, sx_error *err) SX_MUST_USE;
/* `size` bytes, not cleared, aligned to 64 bytes (2 MiB and advised to huge pages from 4 MiB on).
 * Release with sx_aligned_free. */
void *sx_aligned_alloc(size_t size) SX_MUST_USE;
void sx_aligned_free(void *p);

/* Whether the system would give `bytes` at this moment; none are kept. For libraries that do not
 * survive a refusal. */
bool sx_memory_to_spare(size_t bytes);
/* Whether the address space is limited (RLIMIT_AS) to little: less than 2 GB. What one thread finds
 * to spare another may then take, so that work with such libraries is better done by one thread at
 * a time. False where the process may not ask. */
bool sx_memory_is_short(void);

/* Gives memory that was freed back to the system, where the C library can. For a program that runs
 * long, after work that took much. */
void sx_memory_give_back(void);

char *sx_strdup(const char *s) SX_MUST_USE;

/* a * b (a + b) without overflow; false, and *out untouched, if it does not fit. */
bool sx_mul_size(size_t a, size_t b, size_t *out) SX_MUST_USE;
bool sx_add_size(size_t a, size_t b, size_t *out) SX_MUST_USE;

/* An arena: memory that is freed all at once. One thread at a time. */
typedef struct sx_arena sx_arena;
sx_arena *sx_arena_new(void) SX_MUST_USE; /* NULL when out of memory */
void sx_arena_free(sx_arena *a);
/* Zeroed, aligned to 16 bytes; NULL when out of memory, or if count * size overflows. */
void *sx_arena_alloc(sx_arena *a, size_t count, size_t size) SX_MUST_USE;
char *sx_arena_strdup(sx_arena *a, const char *s) SX_MUST_USE;
char *sx_arena_printf(sx_arena *a, const char *fmt, ...) SX_PRINTF(2, 3) SX_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
