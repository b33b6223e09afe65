/* One association of the DICOM server, from its first message to its end. */
#ifndef SX_SERVICE_NET_ASSOCIATION_H
#define SX_SERVICE_NET_ASSOCIATION_H

#include "base/fail.h"
#include "service/net/dicom_options.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Serves the peer at a socket whose A-ASSOCIATE-RQ can be read, until the association ends, and
 * closes the socket. `full`: the association is refused for the moment. From any thread. */
void sx_association_serve(const sx_dicom_server_options *o, int socket, const char *address,
                          bool full);
/* Whether certificates and key can be used: SX_ERR_FORMAT, SX_ERR_IO. */
bool sx_association_check_tls(const sx_dicom_tls *tls, sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
