/* One association of the DICOM server, from its first message to its end. */
#ifndef SX_SERVICE_NET_ASSOCIATION_H
#define SX_SERVICE_NET_ASSOCIATION_H

#include "base/fail.h"
#include "service/net/dicom_options.h"
#include "service/net/watch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A connection whose A-ASSOCIATE-RQ can be read. */
typedef struct sx_association {
    int socket;
    const char *address;
    bool full;           /* refuse it for the moment */
    sx_watch *watch;     /* ends the connection if messages do not become whole; NULL: none */
    sx_watched *watched; /* the connection */
} sx_association;

/* Serves the peer until the association ends, and closes the socket. From any thread. */
void sx_association_serve(const sx_dicom_server_options *o, const sx_association *connection);
/* Whether certificates and key can be used: SX_ERR_FORMAT, SX_ERR_IO. */
bool sx_association_check_tls(const sx_dicom_tls *tls, sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
