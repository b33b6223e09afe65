/* The arguments of the measuring programs of this folder. */
#ifndef BENCH_ARGUMENTS_H
#define BENCH_ARGUMENTS_H

#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

static inline _Noreturn void bench_usage(const char *program, const char *usage) {
    fprintf(stderr, "usage: %s %s\n", program, usage);
    exit(2);
}

/* The whole number of argument `at`, from 1 on, or `usual` if it is not given; anything else ends
 * the program with `usage` and status 2. */
static inline int bench_count(int argc, char **argv, int at, int usual, const char *usage) {
    long n = usual;
    if (at >= argc || sx_parse_long(argv[at], 1, 1000000, &n)) return (int)n;
    bench_usage(argv[0], usage);
}

#endif
