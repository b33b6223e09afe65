#include "service/access/sessions.h"

#include <string.h>

#include "base/str.h"
#include "service/access/accounts_impl.h"

bool sx_sessions_begin(sx_db *db, int64_t account, const char *address, int64_t now,
                       char out[SX_SECRET], sx_error *err) {
    sx_sha256 hash;
    if (!sx_secret_make(out, err) || !sx_secret_hash(out, &hash, err)) return false;
    const sx_db_value old = sx_db_int(now - SX_SESSION_IDLE);
    const sx_db_value values[] = { sx_db_text(hash.hex), sx_db_int(account), sx_db_text(address),
                                   sx_db_int(now), sx_db_int(now) };
    return sx_db_run(db, "DELETE FROM session WHERE seen < ?", &old, 1, err) &&
           sx_db_run(db,
                     "INSERT INTO session (sha256, account, address, made, seen)"
                     " VALUES (?, ?, ?, ?, ?)",
                     values, 5, err);
}

typedef struct found_session {
    sx_account *account;
    int64_t *seen;
    bool found;
} found_session;

static bool take_session(void *user, const sx_db_row *row, sx_error *err) {
    found_session *f = user;
    (void)err;
    sx_account_from_row(row, f->account);
    *f->seen = sx_db_get_int(row, SX_ACCOUNT_COLUMN_COUNT);
    f->found = f->account->active;
    return true;
}

bool sx_sessions_find(sx_db *db, const char *secret, int64_t now, sx_account *out, int64_t *seen,
                      bool *found, sx_error *err) {
    sx_sha256 hash;
    found_session f = { out, seen, false };
    *found = false;
    if (!sx_secret_hash(secret, &hash, err)) return false;
    const sx_db_value values[] = { sx_db_text(hash.hex), sx_db_int(now - SX_SESSION_IDLE) };
    const bool ok = sx_db_query(db,
                                "SELECT " SX_ACCOUNT_COLUMNS ", session.seen FROM session"
                                " JOIN account ON account.id = session.account"
                                " WHERE session.sha256 = ? AND session.seen >= ?",
                                values, 2, take_session, &f, err);
    *found = f.found;
    return ok;
}

bool sx_sessions_touch(sx_db *db, const char *secret, int64_t now, sx_error *err) {
    sx_sha256 hash;
    if (!sx_secret_hash(secret, &hash, err)) return false;
    const sx_db_value values[] = { sx_db_int(now), sx_db_text(hash.hex), sx_db_int(now) };
    return sx_db_run(db, "UPDATE session SET seen = ? WHERE sha256 = ? AND seen < ?", values, 3,
                     err);
}

bool sx_sessions_end(sx_db *db, const char *secret, sx_error *err) {
    sx_sha256 hash;
    if (!sx_secret_hash(secret, &hash, err)) return false;
    const sx_db_value value = sx_db_text(hash.hex);
    return sx_db_run(db, "DELETE FROM session WHERE sha256 = ?", &value, 1, err);
}

bool sx_sessions_csrf(const char *secret, sx_sha256 *out, sx_error *err) {
    char text[SX_SECRET_MOST + 8];
    sx_format(text, sizeof text, "csrf %s", secret);
    return sx_sha256_of(text, strlen(text), out, err);
}
