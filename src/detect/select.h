/* Selection of the smallest keys. */
#ifndef SX_DETECT_SELECT_H
#define SX_DETECT_SELECT_H

#include <stddef.h>
#include <stdint.h>

/* Moves the k smallest of n keys to the front, in any order (Hoare's quickselect with a median of
 * three). k <= n. */
void sx_select_smallest(uint64_t *key, size_t n, size_t k);

#endif
