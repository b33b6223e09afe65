/* Certificates and keys that a test makes. */
#ifndef TESTS_SERVICE_IDENTITY_H
#define TESTS_SERVICE_IDENTITY_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

typedef struct identity {
    EVP_PKEY *key;
    X509 *certificate;
    char certificate_path[512], key_path[512]; /* PEM: NAME.crt, NAME.key in the test's folder */
    char sha256[65];                           /* of the certificate */
} identity;

/* For DNS:localhost. `signer` NULL: signed by itself. Valid from an hour ago for so many seconds
 * from now. */
void identity_make(identity *out, const char *name, const identity *signer, bool is_ca,
                   long seconds);
void identity_free(identity *i);

#endif
