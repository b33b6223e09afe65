/* A drawn data set that `data deidentify` wrote. */
#ifndef TESTS_PUBLISH_DEIDENTIFIED_SET_H
#define TESTS_PUBLISH_DEIDENTIFIED_SET_H

#include <stddef.h>

/* Writes it, with `count` films in two splits, into a folder of the test; `set` is its path. */
void make_deidentified_set(size_t count, char set[512]);

#endif
