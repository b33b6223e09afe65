/* Connections that take too long. Time-outs of sockets are for connections without any progress; a
 * watch also ends those that send one byte now and then. It has a thread of its own. */
#ifndef SX_SERVICE_NET_WATCH_H
#define SX_SERVICE_NET_WATCH_H

#include "base/fail.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sx_watched sx_watched; /* a connection */
typedef struct sx_watch sx_watch;

/* Errors: SX_ERR_MEMORY. */
sx_watch *sx_watch_new(sx_error *err) SX_MUST_USE;
/* Closes no socket. NULL is allowed. */
void sx_watch_free(sx_watch *w);

/* The socket is shut down, which its reader sees as the end of the connection, unless one of the
 * next two is called within so many seconds. NULL: no memory, and the connection is not watched.
 * From any thread. */
sx_watched *sx_watch_add(sx_watch *w, int socket, int seconds);
/* Before the socket is closed. NULL is allowed. */
void sx_watch_remove(sx_watch *w, sx_watched *connection);
/* Begins the time again; 0: without a limit. `connection` NULL is allowed. */
void sx_watch_expect(sx_watch *w, sx_watched *connection, double seconds);

#ifdef __cplusplus
}
#endif
#endif
