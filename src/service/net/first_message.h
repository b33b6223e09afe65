/* The first message of a connection, as far as it must be known before a thread serves it: what
 * kind it is, and whether it is there as a whole. */
#ifndef SX_SERVICE_NET_FIRST_MESSAGE_H
#define SX_SERVICE_NET_FIRST_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

/* The most that is looked at. A longer message counts as whole when this much is there. */
enum { SX_FIRST_MESSAGE = 16384 };

typedef enum sx_first_message {
    SX_FIRST_SHORT,  /* more bytes must come */
    SX_FIRST_WHOLE,  /* the message that is expected */
    SX_FIRST_FOREIGN /* something else; more bytes cannot change that */
} sx_first_message;

/* Looks for an A-ASSOCIATE-RQ (PS3.8 9.3.2) in the first `n` bytes of a connection. */
sx_first_message sx_first_dicom(const uint8_t *bytes, size_t n);
/* The same for a TLS handshake record (RFC 8446 5.1). */
sx_first_message sx_first_tls(const uint8_t *bytes, size_t n);

#endif
