/* Programs that may call DICOMweb: each has a name, and a secret that it sends as a bearer token or
 * a client certificate. The database has the SHA-256 of either.
 *
 * Times are milliseconds since 1970. Errors of all calls: those of sx_db_run, SX_ERR_MEMORY. */
#ifndef SX_SERVICE_ACCESS_TOKENS_H
#define SX_SERVICE_ACCESS_TOKENS_H

#include "base/hash.h"
#include "service/store/db.h"

enum { SX_TOKEN_NAME = 65, SX_TOKEN_TEXT = 48 }; /* bytes, with the NUL */

typedef enum sx_token_kind { SX_TOKEN_BEARER, SX_TOKEN_CERTIFICATE } sx_token_kind;

typedef struct sx_token {
    int64_t id, made;
    int64_t used;    /* the last time, to a minute; 0: never */
    int64_t revoked; /* 0: it is valid */
    sx_token_kind kind;
    char name[SX_TOKEN_NAME];
    char sha256[65]; /* of the bearer token's text, or of the certificate (DER) */
} sx_token;

/* Makes a bearer token; its text, "sxt_...", is put in out[] and is not kept. Errors:
 * SX_ERR_MISMATCH (the name exists), SX_ERR_VALUE (a name of other than 1 to 64 printable
 * characters). */
bool sx_tokens_add(sx_db *db, const char *name, int64_t now, char out[SX_TOKEN_TEXT],
                   sx_error *err) SX_MUST_USE;
/* Adds a client certificate by its SHA-256. Errors: as above; SX_ERR_MISMATCH also if the
 * certificate has a name already. */
bool sx_tokens_add_certificate(sx_db *db, const char *name, const char *sha256, int64_t now,
                               sx_error *err) SX_MUST_USE;

/* The valid token with this text, or this SHA-256 of a certificate. Changes nothing in the
 * database. */
bool sx_tokens_find(sx_db *db, const char *text, sx_token *out, bool *found,
                    sx_error *err) SX_MUST_USE;
bool sx_tokens_find_certificate(sx_db *db, const char *sha256, sx_token *out, bool *found,
                                sx_error *err) SX_MUST_USE;
/* Notes the use, if the last one is more than a minute ago. */
bool sx_tokens_touch(sx_db *db, const sx_token *token, int64_t now, sx_error *err) SX_MUST_USE;

/* Receives a token; false, with *err set, stops. */
typedef bool sx_token_fn(void *user, const sx_token *token, sx_error *err);
bool sx_tokens_list(sx_db *db, sx_token_fn *each, void *user, sx_error *err) SX_MUST_USE;
/* *found is false if there is no valid token of this name. The name stays taken. */
bool sx_tokens_revoke(sx_db *db, const char *name, int64_t now, bool *found,
                      sx_error *err) SX_MUST_USE;

#endif
