/* Takes the place of the C library's allocator in a test and lets chosen calls fail.
 *
 * The functions of this file replace malloc, calloc, realloc, aligned_alloc, posix_memalign and
 * memalign for the whole program, the C libraries and operator new included; what does not fail
 * goes on to the allocator that would have served it, AddressSanitizer's too.
 *
 * Calls of all threads count; under a sanitizer, which starts threads by the same calls, those of
 * the thread that armed the failure. Never refused, as their owners crash: the OpenMP runtime, the
 * dynamic linker, oneDNN, and cairo with pixman, which also lose strokes without an error. */
#ifndef TESTS_ALLOC_ALLOC_FAIL_H
#define TESTS_ALLOC_ALLOC_FAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* From now on: the n-th call (from 1) fails, with `onward` also every later one. n 0: none. */
void alloc_fail_arm(size_t n, bool onward);
/* No call fails any more. Returns how many calls there were since. */
size_t alloc_fail_disarm(void);
/* Whether a call failed since alloc_fail_arm. */
bool alloc_fail_happened(void);

/* How many blocks that were taken since alloc_fail_arm are not free yet, and the number of the call
 * that took the first of them. Those of OpenSSL, which has caches, and of DCMTK, which loses blocks
 * when an exception leaves it, do not count. 0 under a sanitizer, which knows better. */
size_t alloc_fail_left(size_t *first);

/* Prints the addresses that led to each refused call to this descriptor; -1: no more. */
void alloc_fail_trace(int fd);

/* While a record is kept, calls[i - 1] is a hash of the addresses that led to call i. */
void alloc_fail_record(uint64_t *calls, size_t room);

/* Counts a call from here and says whether it is to be refused: for operator new. */
bool alloc_fail_refuses(const void *caller);
/* malloc that is not counted. */
void *alloc_fail_malloc(size_t n, const void *caller);

#ifdef __cplusplus
}
#endif
#endif
