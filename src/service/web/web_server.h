/* The web server of `spinexr serve`, on libmicrohttpd: routes, files that are part of the program,
 * accounts, and limits.
 *
 * Network threads read and write; handlers run in worker threads, each with its own connection to
 * the database, so that a slow handler delays no other caller's bytes. A connection that does not
 * complete its request in time is closed. Replies carry headers that forbid other sites to frame
 * or embed them and browsers to keep them. Errors are {"error": "a sentence"}.
 *
 * A request that needs a session and has none is answered 401; a person whose role may not call a
 * path gets the same 404 as for a path that does not exist. */
#ifndef SX_SERVICE_WEB_WEB_SERVER_H
#define SX_SERVICE_WEB_WEB_SERVER_H

#include "service/web/web_options.h"

typedef struct sx_web_server sx_web_server;

/* Opens the port and starts the threads. Errors: SX_ERR_USAGE (an option out of range, a fault of
 * the routes), SX_ERR_IO (the port is in use; a file of TLS cannot be read; the database cannot be
 * opened), SX_ERR_FORMAT (a certificate or key is none, or they do not belong together),
 * SX_ERR_MEMORY. */
sx_web_server *sx_web_open(const sx_web_options *options, sx_error *err) SX_MUST_USE;
/* Accepts no more requests, lets those that are being answered end, and frees everything. NULL is
 * allowed. */
void sx_web_close(sx_web_server *server);

/* The same server with other options. Returns `server` itself if they are equal
 * (sx_web_options_equal), and so are the contents of certificates and keys. Otherwise opens another
 * one on the same port and closes the first: requests that are being answered have
 * drain_seconds. NULL: an error of sx_web_open, after which the first goes on. */
sx_web_server *sx_web_renew(sx_web_server *server, const sx_web_options *options,
                            sx_error *err) SX_MUST_USE;
/* Whether the files can be used, without opening a server; certificate "": nothing is tested.
 * Errors of TLS as above. */
bool sx_web_check_tls(const sx_settings_tls *tls, sx_error *err) SX_MUST_USE;

int sx_web_port(const sx_web_server *server);

#endif
