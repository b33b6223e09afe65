#include "service/access/accounts.h"

#include <string.h>

#include "base/ascii.h"
#include "base/name_check.h"
#include "service/access/accounts_impl.h"

bool sx_login_make(const char *text, char out[SX_LOGIN], sx_error *err) {
    const size_t n = strlen(text);
    bool ok = n >= 1 && n < SX_LOGIN;
    for (size_t i = 0; ok && i <= n; i++) {
        const char c = text[i];
        out[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        ok = i == n || sx_is_letter(c) || sx_is_digit(c) || (i > 0 && strchr("._-@", c));
    }
    return ok || sx_fail(err, SX_ERR_VALUE,
                         "a login has 1 to %d of the characters a-z 0-9 . _ - @, and begins with "
                         "a letter or digit",
                         SX_LOGIN - 1);
}

void sx_account_from_row(const sx_db_row *row, sx_account *a) {
    *a = (sx_account){ .id = sx_db_get_int(row, 0),
                       .made = sx_db_get_int(row, 4),
                       .active = sx_db_get_int(row, 5) != 0 };
    sx_db_copy_text(row, 1, a->login, sizeof a->login);
    sx_db_copy_text(row, 2, a->name, sizeof a->name);
    sx_db_copy_text(row, 6, a->hash, sizeof a->hash);
    if (!sx_role_parse(sx_db_get_text(row, 3), &a->role)) a->active = false;
}

static bool check_name(const char *name, sx_error *err) {
    return sx_name_check("the name of a person", name, SX_ACCOUNT_NAME - 1, err);
}

bool sx_accounts_add(sx_db *db, const sx_account *a, sx_error *err) {
    sx_error cause = { 0 };
    if (!check_name(a->name, err)) return false;
    const sx_db_value values[] = {
        sx_db_text(a->login), sx_db_text(a->name), sx_db_text(sx_role_name(a->role)),
        sx_db_int(a->made),   sx_db_int(1),        sx_db_text(a->hash)
    };
    if (sx_db_run(db,
                  "INSERT INTO account (login, name, role, made, active, hash)"
                  " VALUES (?, ?, ?, ?, ?, ?)",
                  values, 6, &cause))
        return true;
    if (cause.code == SX_ERR_MISMATCH)
        return sx_fail(err, SX_ERR_MISMATCH, "%s: there is such an account", a->login);
    return sx_fail(err, cause.code, "%s", cause.message);
}

typedef struct found_account {
    sx_account *account;
    bool found;
} found_account;

static bool take_account(void *user, const sx_db_row *row, sx_error *err) {
    found_account *f = user;
    (void)err;
    sx_account_from_row(row, f->account);
    f->found = true;
    return true;
}

bool sx_accounts_find(sx_db *db, const char *login, sx_account *out, bool *found, sx_error *err) {
    found_account f = { out, false };
    const sx_db_value value = sx_db_text(login);
    const bool ok =
        sx_db_query(db, "SELECT " SX_ACCOUNT_COLUMNS " FROM account WHERE account.login = ?",
                    &value, 1, take_account, &f, err);
    *found = f.found;
    return ok;
}

typedef struct account_listing {
    sx_account_fn *each;
    void *user;
} account_listing;

static bool give_account(void *user, const sx_db_row *row, sx_error *err) {
    const account_listing *l = user;
    sx_account a;
    sx_account_from_row(row, &a);
    return l->each(l->user, &a, err);
}

bool sx_accounts_list(sx_db *db, sx_account_fn *each, void *user, sx_error *err) {
    account_listing l = { each, user };
    return sx_db_query(db, "SELECT " SX_ACCOUNT_COLUMNS " FROM account ORDER BY account.login",
                       NULL, 0, give_account, &l, err);
}

/* ---- changes ---- */

static bool change(sx_db *db, const char *sql, sx_db_value value, const char *login, bool *found,
                   sx_error *err) {
    const sx_db_value values[] = { value, sx_db_text(login) };
    if (!sx_db_run(db, sql, values, 2, err)) return false;
    *found = sx_db_changes(db) == 1;
    return sx_db_run(
        db, "DELETE FROM session WHERE account IN (SELECT id FROM account WHERE login = ?)",
        &values[1], 1, err);
}

bool sx_accounts_set_name(sx_db *db, const char *login, const char *name, bool *found,
                          sx_error *err) {
    const sx_db_value values[] = { sx_db_text(name), sx_db_text(login) };
    if (!check_name(name, err) ||
        !sx_db_run(db, "UPDATE account SET name = ? WHERE login = ?", values, 2, err))
        return false;
    *found = sx_db_changes(db) == 1;
    return true;
}

bool sx_accounts_set_role(sx_db *db, const char *login, sx_role role, bool *found, sx_error *err) {
    return change(db, "UPDATE account SET role = ? WHERE login = ?", sx_db_text(sx_role_name(role)),
                  login, found, err);
}

bool sx_accounts_set_active(sx_db *db, const char *login, bool active, bool *found, sx_error *err) {
    return change(db, "UPDATE account SET active = ? WHERE login = ?", sx_db_int(active), login,
                  found, err);
}

bool sx_accounts_set_hash(sx_db *db, const char *login, const char *hash, bool *found,
                          sx_error *err) {
    return change(db, "UPDATE account SET hash = ? WHERE login = ?", sx_db_text(hash), login, found,
                  err);
}
