/* The people who may sign in, in the database. Each change that takes rights away ends the
 * account's sessions.
 *
 * Times are milliseconds since 1970. Errors of all calls: those of sx_db_run. */
#ifndef SX_SERVICE_ACCESS_ACCOUNTS_H
#define SX_SERVICE_ACCESS_ACCOUNTS_H

#include "service/access/password.h"
#include "service/access/roles.h"
#include "service/store/db.h"

enum { SX_LOGIN = 65, SX_ACCOUNT_NAME = 121 }; /* bytes, with the NUL */

typedef struct sx_account {
    int64_t id, made;
    char login[SX_LOGIN];
    char name[SX_ACCOUNT_NAME]; /* of the person */
    sx_role role;
    bool active;
    char hash[SX_PASSWORD_HASH]; /* "": a proxy signs this account in */
} sx_account;

/* Makes `text` a login in out[]: letters of ASCII in lower case, digits, ". _ - @", a letter or
 * digit first, 1 to 64. SX_ERR_VALUE: it has other characters. */
bool sx_login_make(const char *text, char out[SX_LOGIN], sx_error *err) SX_MUST_USE;

/* Adds an account with login, name, role, made and hash of *a. SX_ERR_MISMATCH: the login exists.
 * SX_ERR_VALUE: the name is longer than 120 bytes, or not UTF-8. */
bool sx_accounts_add(sx_db *db, const sx_account *a, sx_error *err) SX_MUST_USE;

bool sx_accounts_find(sx_db *db, const char *login, sx_account *out, bool *found,
                      sx_error *err) SX_MUST_USE;

/* Receives an account; false, with *err set, stops. */
typedef bool sx_account_fn(void *user, const sx_account *account, sx_error *err);
bool sx_accounts_list(sx_db *db, sx_account_fn *each, void *user, sx_error *err) SX_MUST_USE;

/* Each begins no transaction: call it in one, with the entry of the audit log. *found: the login
 * exists. A change of the name (SX_ERR_VALUE: as sx_accounts_add) ends no session; the others end
 * all of the account. */
bool sx_accounts_set_name(sx_db *db, const char *login, const char *name, bool *found,
                          sx_error *err) SX_MUST_USE;
bool sx_accounts_set_role(sx_db *db, const char *login, sx_role role, bool *found,
                          sx_error *err) SX_MUST_USE;
bool sx_accounts_set_active(sx_db *db, const char *login, bool active, bool *found,
                            sx_error *err) SX_MUST_USE;
bool sx_accounts_set_hash(sx_db *db, const char *login, const char *hash, bool *found,
                          sx_error *err) SX_MUST_USE;

#endif
