/* Whether Jansson lost something for want of memory: its lexer drops a character when its buffer
 * cannot grow, its printer a key, and most of its failed allocations leave no error.
 *
 * From the first call on, Jansson's allocator in this process is wrapped in one that takes note and
 * otherwise leaves the work to the one that was set before. */
#ifndef SX_BASE_JSON_MEMORY_H
#define SX_BASE_JSON_MEMORY_H

#include <stddef.h>

/* How many allocations Jansson was refused in this thread. One that was lost between two calls
 * makes the second result larger. */
size_t sx_json_memory_failures(void);

#endif
