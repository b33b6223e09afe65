/* Out of memory in Jansson: its lexer drops a character, or ends the process by an assertion, when
 * its buffer cannot grow; its printer drops a key; and most of its failed allocations are not
 * reported.
 *
 * From the first call on, Jansson's allocator in this process is wrapped in one that counts
 * failures and otherwise calls the allocator that was set before. */
#ifndef SX_BASE_JSON_MEMORY_H
#define SX_BASE_JSON_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Number of Jansson's failed allocations in this thread. A failure between two calls makes the
 * second result larger. */
size_t sx_json_memory_failures(void);

/* Sets memory aside for the lexer of this thread, enough for every token of text[n]. False: out of
 * memory. Values that were read after a failure must be freed before the release. */
bool sx_json_memory_reserve(const void *text, size_t n);
void sx_json_memory_release(void);

#endif
