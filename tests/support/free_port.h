/* A port of this machine that nobody uses, for programs that must be told one. */
#ifndef TESTS_SUPPORT_FREE_PORT_H
#define TESTS_SUPPORT_FREE_PORT_H

#include "service/net/gate.h"
#include "support/check.h"

static inline int free_port(void) {
    sx_error err = { 0 };
    const sx_gate_options o = { .listen = "127.0.0.1", .seconds = 1, .most_waiting = 1 };
    sx_gate *g = sx_gate_open(&o, &err);
    CHECK_OK(g != NULL, err);
    const int port = sx_gate_port(g);
    sx_gate_close(g);
    return port;
}

#endif
