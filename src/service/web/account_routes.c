/* People and programs that may sign in, for administrators. */
#include <string.h>

#include "base/str.h"
#include "service/web/exchange.h"

static bool account_missing(sx_error *err) {
    return sx_fail(err, SX_ERR_MISSING, "there is no such account");
}

/* ---- GET /api/accounts ---- */

static void put_account(sx_json o, const sx_account *a) {
    sx_json_text(o, "login", a->login);
    sx_json_text(o, "name", a->name);
    sx_json_text(o, "role", sx_role_name(a->role));
    sx_json_bool(o, "active", a->active);
    sx_json_bool(o, "password", *a->hash != '\0');
    sx_json_integer(o, "made", a->made);
}

static bool add_account(void *user, const sx_account *a, sx_error *err) {
    (void)err;
    put_account(sx_json_object(*(sx_json *)user, NULL), a);
    return true;
}

static bool list_accounts(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_json_doc doc;
    sx_json list = sx_json_array(sx_json_new_object(&doc), "accounts");
    if (sx_accounts_list(r->db, add_account, &list, err))
        return sx_web_reply_json(reply, 200, &doc, err);
    sx_json_free(&doc);
    return false;
}

/* The account as it is now. */
static bool reply_account(sx_web_request *r, const char *login, sx_web_reply *reply,
                          sx_error *err) {
    sx_account a;
    sx_json_doc doc;
    bool found = false;
    if (!sx_accounts_find(r->db, login, &a, &found, err)) return false;
    if (!found) return account_missing(err);
    put_account(sx_json_new_object(&doc), &a);
    return sx_web_reply_json(reply, 200, &doc, err);
}

/* ---- POST /api/accounts ---- */

static bool has(const sx_web_request *r, const char *key) {
    const json_t *v = json_object_get(r->body, key);
    return v && !json_is_null(v);
}

static bool read_name(const sx_web_request *r, sx_account *a, sx_error *err) {
    const char *name;
    if (!sx_web_body_text(r, "name", SX_ACCOUNT_NAME - 1, &name, err)) return false;
    sx_format(a->name, sizeof a->name, "%s", name);
    return true;
}

static bool read_role(const sx_web_request *r, sx_account *a, sx_error *err) {
    const char *role;
    return sx_web_body_text(r, "role", 20, &role, err) &&
           (sx_role_parse(role, &a->role) ||
            sx_fail(err, SX_ERR_VALUE, "role must be one of %s, not %s", SX_ROLE_WORDS, role));
}

/* False: with *err, or with a reply. */
static bool read_password(sx_web_request *r, sx_account *a, sx_web_reply *reply, sx_error *err) {
    const char *password;
    if (!sx_web_body_text(r, "password", 4 * SX_PASSWORD_MOST, &password, err) ||
        !sx_password_check(password, err))
        return false;
    if (sx_password_hash(r->exchange->server->passwords, password, a->hash, err)) return true;
    (void)!sx_web_reply_busy(reply, err);
    return false;
}

static bool store_account(sx_web_request *r, const sx_account *a, sx_error *err) {
    return sx_accounts_add(r->db, a, err) &&
           sx_web_audit(r, "user add", a->login, sx_role_name(a->role), err);
}

static bool create_account(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    const char *typed;
    sx_account a = { .made = r->now };
    if (!sx_web_body_text(r, "login", 200, &typed, err) || !sx_login_make(typed, a.login, err) ||
        !read_name(r, &a, err) || !read_role(r, &a, err))
        return false;
    if (has(r, "password") && !read_password(r, &a, reply, err)) return err->code == SX_OK;
    return sx_db_begin(r->db, err) && sx_db_end(r->db, store_account(r, &a, err), err) &&
           reply_account(r, a.login, reply, err);
}

/* ---- PUT /api/accounts/{login} ---- */

/* Two administrators who take the role from one another at the same time wait here for one another:
 * the rows are locked until the end of the transaction. */
static bool lock_administrators(sx_db *db, sx_error *err) {
    return sx_db_run(db, "UPDATE account SET active = active WHERE role = 'admin'", NULL, 0, err);
}

static bool check_administrators(sx_db *db, sx_error *err) {
    int64_t count = 0;
    bool found;
    return sx_db_query_int(db, "SELECT COUNT(*) FROM account WHERE role = 'admin' AND active = 1",
                           NULL, 0, &count, &found, err) &&
           (count > 0 || sx_fail(err, SX_ERR_MISMATCH,
                                 "this is the last administrator who can sign in; name another "
                                 "one first"));
}

static bool change_role(sx_web_request *r, const sx_account *old, const sx_account *new,
                        sx_error *err) {
    bool found;
    return old->role == new->role ||
           (sx_accounts_set_role(r->db, old->login, new->role, &found, err) &&
            sx_web_audit(r, "user role", old->login, sx_role_name(new->role), err));
}

static bool change_active(sx_web_request *r, const sx_account *old, const sx_account *new,
                          sx_error *err) {
    bool found;
    return old->active == new->active ||
           (sx_accounts_set_active(r->db, old->login, new->active, &found, err) &&
            sx_web_audit(r, new->active ? "user enable" : "user disable", old->login, "", err));
}

static bool change_name(sx_web_request *r, const sx_account *old, const sx_account *new,
                        sx_error *err) {
    bool found;
    return strcmp(old->name, new->name) == 0 ||
           (sx_accounts_set_name(r->db, old->login, new->name, &found, err) &&
            sx_web_audit(r, "user name", old->login, "", err));
}

/* What the body says replaces what *a has. */
static bool read_changes(const sx_web_request *r, sx_account *a, sx_error *err) {
    const json_t *active = json_object_get(r->body, "active");
    if (has(r, "name") && !read_name(r, a, err)) return false;
    if (has(r, "role") && !read_role(r, a, err)) return false;
    if (!has(r, "active")) return true;
    a->active = json_is_true(active);
    return json_is_boolean(active) || sx_fail(err, SX_ERR_VALUE, "active must be true or false");
}

static bool apply_changes(sx_web_request *r, const char *login, sx_error *err) {
    sx_account old, new;
    bool found = false;
    if (!lock_administrators(r->db, err) || !sx_accounts_find(r->db, login, &old, &found, err))
        return false;
    if (!found) return account_missing(err);
    new = old;
    return read_changes(r, &new, err) && change_name(r, &old, &new, err) &&
           change_role(r, &old, &new, err) && change_active(r, &old, &new, err) &&
           check_administrators(r->db, err);
}

/* The login of the path; another text is no account. */
static bool path_login(const sx_web_request *r, char login[SX_LOGIN], sx_error *err) {
    return sx_login_make(sx_web_parameter(r, "login"), login, NULL) || account_missing(err);
}

static bool change_account(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    char login[SX_LOGIN];
    return path_login(r, login, err) && sx_db_begin(r->db, err) &&
           sx_db_end(r->db, apply_changes(r, login, err), err) &&
           reply_account(r, login, reply, err);
}

/* ---- POST /api/accounts/{login}/password ---- */

static bool store_password(sx_web_request *r, const sx_account *a, sx_error *err) {
    bool found = false;
    return sx_accounts_set_hash(r->db, a->login, a->hash, &found, err) &&
           (found || account_missing(err)) && sx_web_audit(r, "user password", a->login, "", err);
}

/* One's own needs the old password, so that an unattended browser is not enough. */
static bool set_password(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_account a;
    char login[SX_LOGIN];
    bool found = false;
    if (!path_login(r, login, err) || !sx_accounts_find(r->db, login, &a, &found, err))
        return false;
    if (!found) return account_missing(err);
    if (strcmp(login, r->who) == 0)
        return sx_fail(err, SX_ERR_REFUSED, "change your own password on the page Password");
    if (!read_password(r, &a, reply, err)) return err->code == SX_OK;
    sx_web_reply_empty(reply, 204);
    return sx_db_begin(r->db, err) && sx_db_end(r->db, store_password(r, &a, err), err);
}

/* ---- tokens ---- */

static void time_or_null(sx_json o, const char *key, int64_t time) {
    if (time)
        sx_json_integer(o, key, time);
    else
        sx_json_null(o, key);
}

static bool add_token(void *user, const sx_token *t, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_text(o, "name", t->name);
    sx_json_text(o, "kind", t->kind == SX_TOKEN_CERTIFICATE ? "certificate" : "bearer");
    sx_json_integer(o, "made", t->made);
    time_or_null(o, "used", t->used);
    time_or_null(o, "revoked", t->revoked);
    return true;
}

static bool list_tokens(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_json_doc doc;
    sx_json list = sx_json_array(sx_json_new_object(&doc), "tokens");
    if (sx_tokens_list(r->db, add_token, &list, err))
        return sx_web_reply_json(reply, 200, &doc, err);
    sx_json_free(&doc);
    return false;
}

static bool create_token(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    char text[SX_TOKEN_TEXT];
    const char *name;
    sx_json_doc doc;
    if (!sx_web_body_text(r, "name", SX_TOKEN_NAME - 1, &name, err) || !sx_db_begin(r->db, err) ||
        !sx_db_end(r->db,
                   sx_tokens_add(r->db, name, r->now, text, err) &&
                       sx_web_audit(r, "token add", name, "bearer", err),
                   err))
        return false;
    const sx_json o = sx_json_new_object(&doc);
    sx_json_text(o, "name", name);
    sx_json_text(o, "token", text);
    return sx_web_reply_json(reply, 200, &doc, err);
}

static bool end_token(sx_web_request *r, const char *name, sx_error *err) {
    bool found = false;
    return sx_tokens_revoke(r->db, name, r->now, &found, err) &&
           (found || sx_fail(err, SX_ERR_MISSING, "there is no valid token of this name")) &&
           sx_web_audit(r, "token revoke", name, "", err);
}

/* Names may have characters that a path must not. */
static bool revoke_token(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    const char *name;
    if (!sx_web_body_text(r, "name", SX_TOKEN_NAME - 1, &name, err)) return false;
    sx_web_reply_empty(reply, 204);
    return sx_db_begin(r->db, err) && sx_db_end(r->db, end_token(r, name, err), err);
}

const sx_web_route sx_account_routes[] = {
    { "GET", "/api/accounts", SX_ROLE_ADMIN, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, list_accounts },
    { "POST", "/api/accounts", SX_ROLE_ADMIN, SX_WEB_SESSION, SX_WEB_JSON, 4096, create_account },
    { "PUT", "/api/accounts/{login}", SX_ROLE_ADMIN, SX_WEB_SESSION, SX_WEB_JSON, 4096,
      change_account },
    { "POST", "/api/accounts/{login}/password", SX_ROLE_ADMIN, SX_WEB_SESSION, SX_WEB_JSON, 4096,
      set_password },
    { "GET", "/api/tokens", SX_ROLE_ADMIN, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, list_tokens },
    { "POST", "/api/tokens", SX_ROLE_ADMIN, SX_WEB_SESSION, SX_WEB_JSON, 4096, create_token },
    { "POST", "/api/tokens/revoke", SX_ROLE_ADMIN, SX_WEB_SESSION, SX_WEB_JSON, 4096,
      revoke_token },
    { .method = NULL },
};
