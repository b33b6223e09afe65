#include "service/access/tokens.h"

#include <string.h>

#include "base/str.h"
#include "service/access/secret.h"

#define COLUMNS "id, name, kind, sha256, made, used, revoked"

static const char *const kinds[] = {
    [SX_TOKEN_BEARER] = "bearer", [SX_TOKEN_CERTIFICATE] = "certificate"
};

static bool check_name(const char *name, sx_error *err) {
    const size_t n = strlen(name);
    bool ok = n >= 1 && n < SX_TOKEN_NAME && name[0] != ' ';
    for (size_t i = 0; i < n; i++)
        ok = ok && name[i] >= ' ' && name[i] < 0x7F;
    return ok || sx_fail(err, SX_ERR_VALUE, "a token's name has 1 to %d printable characters",
                         SX_TOKEN_NAME - 1);
}

static bool add_token(sx_db *db, const char *name, sx_token_kind kind, const char *sha256,
                      int64_t now, sx_error *err) {
    sx_error cause = { 0 };
    const sx_db_value values[] = { sx_db_text(name), sx_db_text(kinds[kind]), sx_db_text(sha256),
                                   sx_db_int(now) };
    if (!check_name(name, err)) return false;
    if (sx_db_run(db, "INSERT INTO token (name, kind, sha256, made) VALUES (?, ?, ?, ?)", values, 4,
                  &cause))
        return true;
    if (cause.code == SX_ERR_MISMATCH)
        return sx_fail(err, SX_ERR_MISMATCH, "%s: there is such a token%s", name,
                       kind == SX_TOKEN_CERTIFICATE ? ", or one of this certificate" : "");
    return sx_fail(err, cause.code, "%s", cause.message);
}

bool sx_tokens_add(sx_db *db, const char *name, int64_t now, char out[SX_TOKEN_TEXT],
                   sx_error *err) {
    sx_sha256 hash;
    char secret[SX_SECRET];
    if (!sx_secret_make(secret, err)) return false;
    sx_format(out, SX_TOKEN_TEXT, "sxt_%s", secret);
    return sx_secret_hash(out, &hash, err) &&
           add_token(db, name, SX_TOKEN_BEARER, hash.hex, now, err);
}

bool sx_tokens_add_certificate(sx_db *db, const char *name, const char *sha256, int64_t now,
                               sx_error *err) {
    return add_token(db, name, SX_TOKEN_CERTIFICATE, sha256, now, err);
}

static void read_token(const sx_db_row *row, sx_token *to) {
    *to = (sx_token){ .id = sx_db_get_int(row, 0),
                      .kind = strcmp(sx_db_get_text(row, 2), kinds[SX_TOKEN_CERTIFICATE]) == 0
                                  ? SX_TOKEN_CERTIFICATE
                                  : SX_TOKEN_BEARER,
                      .made = sx_db_get_int(row, 4),
                      .used = sx_db_get_int(row, 5),
                      .revoked = sx_db_get_int(row, 6) };
    sx_db_copy_text(row, 1, to->name, sizeof to->name);
    sx_db_copy_text(row, 3, to->sha256, sizeof to->sha256);
}

typedef struct found_token {
    sx_token *token;
    bool found;
} found_token;

static bool take_token(void *user, const sx_db_row *row, sx_error *err) {
    found_token *f = user;
    (void)err;
    read_token(row, f->token);
    f->found = true;
    return true;
}

static bool find_token(sx_db *db, sx_token_kind kind, const char *sha256, sx_token *out,
                       bool *found, sx_error *err) {
    found_token f = { out, false };
    const sx_db_value values[] = { sx_db_text(kinds[kind]), sx_db_text(sha256) };
    const bool ok = sx_db_query(
        db, "SELECT " COLUMNS " FROM token WHERE kind = ? AND sha256 = ? AND revoked = 0", values,
        2, take_token, &f, err);
    *found = f.found;
    return ok;
}

bool sx_tokens_find(sx_db *db, const char *text, sx_token *out, bool *found, sx_error *err) {
    sx_sha256 hash;
    *found = false;
    return sx_secret_hash(text, &hash, err) &&
           find_token(db, SX_TOKEN_BEARER, hash.hex, out, found, err);
}

bool sx_tokens_find_certificate(sx_db *db, const char *sha256, sx_token *out, bool *found,
                                sx_error *err) {
    return find_token(db, SX_TOKEN_CERTIFICATE, sha256, out, found, err);
}

bool sx_tokens_touch(sx_db *db, const sx_token *t, int64_t now, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(now), sx_db_int(t->id) };
    return now - t->used < 60000 ||
           sx_db_run(db, "UPDATE token SET used = ? WHERE id = ?", values, 2, err);
}

typedef struct token_listing {
    sx_token_fn *each;
    void *user;
} token_listing;

static bool give_token(void *user, const sx_db_row *row, sx_error *err) {
    const token_listing *l = user;
    sx_token t;
    read_token(row, &t);
    return l->each(l->user, &t, err);
}

bool sx_tokens_list(sx_db *db, sx_token_fn *each, void *user, sx_error *err) {
    token_listing l = { each, user };
    return sx_db_query(db, "SELECT " COLUMNS " FROM token ORDER BY name", NULL, 0, give_token, &l,
                       err);
}

bool sx_tokens_revoke(sx_db *db, const char *name, int64_t now, bool *found, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(now), sx_db_text(name) };
    if (!sx_db_run(db, "UPDATE token SET revoked = ? WHERE name = ? AND revoked = 0", values, 2,
                   err))
        return false;
    *found = sx_db_changes(db) == 1;
    return true;
}
