/* Contexts for tests. */
#ifndef TESTS_SUPPORT_CONTEXTS_H
#define TESTS_SUPPORT_CONTEXTS_H

#include "base/context_impl.h"

/* A silent context of so many threads. */
static inline sx_context check_context(int threads) {
    return (sx_context){ .threads = threads };
}

#endif
