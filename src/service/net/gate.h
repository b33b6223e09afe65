/* The gate of a DICOM port. One thread accepts connections and lets each wait, without a thread of
 * its own, until its first message is there as a whole: an A-ASSOCIATE-RQ (PS3.8 9.3.2), or with
 * TLS a ClientHello. Connections that send anything else are closed; those that send nothing are
 * closed after a time. So neither port scanners nor half messages hold up anybody. */
#ifndef SX_SERVICE_NET_GATE_H
#define SX_SERVICE_NET_GATE_H

#include <stdbool.h>

#include "base/fail.h"

typedef struct sx_gate sx_gate;

enum { SX_ADDRESS = 48 }; /* bytes of an address as text, with its NUL */

typedef struct sx_gate_options {
    const char *listen; /* IPv4 address: "127.0.0.1", "0.0.0.0" */
    int port;           /* 0: any */
    bool tls;           /* a ClientHello comes first */
    int seconds;        /* for the first message (ARTIM); 1..3600 */
    int most_waiting;   /* connections that wait at once: at more, the oldest is closed; 1..10000 */
    /* Takes over a socket whose first message can be read; the socket blocks. False: refused; the
     * gate closes it. It must return soon. */
    bool (*arrived)(void *user, int socket, const char *address);
    void *user;
} sx_gate_options;

/* Opens the port and starts the thread. Errors: SX_ERR_USAGE (an address that is none, a number out
 * of range), SX_ERR_IO (the port is in use; it needs privileges), SX_ERR_MEMORY. */
sx_gate *sx_gate_open(const sx_gate_options *options, sx_error *err) SX_MUST_USE;
/* Closes the port, and all connections that wait. NULL is allowed. */
void sx_gate_close(sx_gate *gate);

/* Another time for the first message, also of connections that wait; 1..3600. Any thread. */
void sx_gate_set_seconds(sx_gate *gate, int seconds);

int sx_gate_port(const sx_gate *gate);
int sx_gate_waiting(const sx_gate *gate); /* connections that wait */

#endif
