/* The networks of a worker process, as it introduces itself. */
#ifndef SX_SERVICE_NODE_NETWORKS_H
#define SX_SERVICE_NODE_NETWORKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "base/str.h"

typedef struct sx_networks {
    char weights[65];   /* SHA-256 over those of all weight files */
    bool demonstration; /* one of them is marked as not for films of patients */
    char note[600];     /* must accompany results; "": none */
    char classes[4096]; /* of the detector, one a line; cut if they are longer; "": none */
} sx_networks;

/* Whether the detector has the class. */
bool sx_networks_have(const sx_networks *n, const char *label);

/* One hash for an ensemble: of the hashes of its files, one line each, in their order. */
bool sx_networks_hash(const char *const *files, size_t count, char out[65],
                      sx_error *err) SX_MUST_USE;

/* As text for a message, and back. Errors: SX_ERR_FORMAT (no such text), SX_ERR_MEMORY. */
bool sx_networks_print(const sx_networks *n, sx_str *out, sx_error *err) SX_MUST_USE;
bool sx_networks_parse(const char *text, sx_networks *out, sx_error *err) SX_MUST_USE;

#endif
