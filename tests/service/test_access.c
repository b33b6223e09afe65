/* Accounts, sessions, tokens, the audit log, passwords and failed sign-ins. STORE in the
 * environment names a server; otherwise each test has an SQLite file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "service/access/attempts.h"
#include "service/access/audit.h"
#include "service/access/sessions.h"
#include "service/access/tokens.h"
#include "service/store/migrations.h"
#include "support/check.h"

static sx_db *db;

static void run(const char *sql) {
    sx_error err = { 0 };
    CHECK_OK(sx_db_run(db, sql, NULL, 0, &err), err);
}

static int open_store(void **state) {
    static int files;
    sx_error err = { 0 };
    char name[32];
    const char *server = getenv("STORE");
    (void)state;
    snprintf(name, sizeof name, "access%d.sqlite", files++);
    db = sx_db_open(server ? server : check_tmp_path(name), &err);
    CHECK_OK(db != NULL, err);
    if (server) {
        run("DROP SCHEMA public CASCADE");
        run("CREATE SCHEMA public");
    }
    CHECK_OK(sx_schema_migrate(db, &err), err);
    return 0;
}

static int close_store(void **state) {
    (void)state;
    sx_db_close(db);
    return 0;
}

static sx_account add(const char *login, sx_role role) {
    sx_error err = { 0 };
    sx_account a = { .role = role, .made = 5 }, stored = { .id = 0 };
    bool found = false;
    snprintf(a.login, sizeof a.login, "%s", login);
    snprintf(a.name, sizeof a.name, "Dr. \xC3\x89 %s", login);
    snprintf(a.hash, sizeof a.hash, "hash");
    CHECK_OK(sx_accounts_add(db, &a, &err), err);
    CHECK_OK(sx_accounts_find(db, login, &stored, &found, &err), err);
    assert_true(found);
    return stored;
}

/* ---- accounts ---- */

static void logins_have_plain_characters(void **state) {
    (void)state;
    static const char *const wrong[] = { "",    " ada", "a b", "-ada", "\xC3\xA9", "a/b",
                                         "a;b", "a'b",  ".a",  "@",    "a\n" };
    char out[SX_LOGIN], text[100];
    sx_error err = { 0 };
    CHECK_OK(sx_login_make("Ada.B-c_D@site1", out, &err), err);
    assert_string_equal(out, "ada.b-c_d@site1");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(sx_login_make(wrong[i], out, &err), err, SX_ERR_VALUE, "a login has 1 to 64");
    memset(text, 'a', sizeof text);
    text[65] = '\0';
    assert_false(sx_login_make(text, out, &err));
    text[64] = '\0';
    CHECK_OK(sx_login_make(text, out, &err), err);
}

static bool list_account(void *user, const sx_account *a, sx_error *err) {
    (void)err;
    sx_str_printf(user, "%s %s %d\n", a->login, sx_role_name(a->role), a->active);
    return true;
}

static void accounts_are_stored(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str text = { 0 };
    bool found = true;
    const sx_account a = add("zoe", SX_ROLE_PHYSICIAN);
    assert_string_equal(a.name, "Dr. \xC3\x89 zoe");
    assert_string_equal(a.hash, "hash");
    assert_int_equal(a.role, SX_ROLE_PHYSICIAN);
    assert_int_equal(a.made, 5);
    assert_true(a.active);
    add("ada", SX_ROLE_ADMIN);
    CHECK_FAILS(sx_accounts_add(db, &a, &err), err, SX_ERR_MISMATCH, "zoe: there is such an");
    CHECK_OK(sx_accounts_set_role(db, "zoe", SX_ROLE_READER, &found, &err), err);
    assert_true(found);
    CHECK_OK(sx_accounts_set_active(db, "zoe", false, &found, &err), err);
    CHECK_OK(sx_accounts_set_hash(db, "nobody", "x", &found, &err), err);
    assert_false(found);
    CHECK_OK(sx_accounts_list(db, list_account, &text, &err), err);
    assert_string_equal(text.data, "ada admin 1\nzoe reader 0\n");
    sx_str_free(&text);
    sx_account none = { .login = "x", .role = SX_ROLE_DEVICE, .name = "x" };
    assert_false(sx_accounts_add(db, &none, &err)); /* no role of a person */
    snprintf(none.name, sizeof none.name, "\xFF");
    CHECK_FAILS(sx_accounts_add(db, &none, &err), err, SX_ERR_VALUE, "bytes of UTF-8");
}

/* ---- sessions ---- */

static bool is_open(const char *secret, int64_t now) {
    sx_error err = { 0 };
    sx_account a;
    int64_t seen;
    bool found;
    CHECK_OK(sx_sessions_find(db, secret, now, &a, &seen, &found, &err), err);
    return found;
}

static void begin(const sx_account *a, int64_t now, char secret[SX_SECRET]) {
    sx_error err = { 0 };
    CHECK_OK(sx_sessions_begin(db, a->id, "10.0.0.1", now, secret, &err), err);
}

static void sessions_begin_and_end(void **state) {
    (void)state;
    sx_error err = { 0 };
    char one[SX_SECRET], two[SX_SECRET], other[SX_SECRET];
    bool found;
    const sx_account ada = add("ada", SX_ROLE_ADMIN), bob = add("bob", SX_ROLE_READER);
    begin(&ada, 1000, one);
    begin(&ada, 1000, two);
    begin(&bob, 1000, other);
    assert_string_not_equal(one, two);
    assert_int_equal(strlen(one), SX_SECRET - 1);
    assert_true(is_open(one, 1000 + SX_SESSION_IDLE));
    assert_false(is_open(one, 1001 + SX_SESSION_IDLE));
    CHECK_OK(sx_sessions_touch(db, one, 5000, &err), err);
    CHECK_OK(sx_sessions_touch(db, one, 4000, &err), err); /* never back */
    assert_true(is_open(one, 5000 + SX_SESSION_IDLE));
    CHECK_OK(sx_sessions_end(db, one, &err), err);
    assert_false(is_open(one, 5000));
    assert_true(is_open(two, 5000));
    assert_false(is_open("", 5000));
    CHECK_OK(sx_accounts_set_hash(db, "ada", "new", &found, &err), err);
    assert_false(is_open(two, 5000));
    assert_true(is_open(other, 5000));
    CHECK_OK(sx_accounts_set_role(db, "bob", SX_ROLE_MANAGER, &found, &err), err);
    assert_false(is_open(other, 5000));
    begin(&bob, 6000, other);
    run("UPDATE account SET active = 0 WHERE login = 'bob'"); /* by another program */
    assert_false(is_open(other, 6000));
    run("UPDATE account SET active = 1 WHERE login = 'bob'");
    assert_true(is_open(other, 6000));
    CHECK_OK(sx_accounts_set_active(db, "bob", false, &found, &err), err);
    assert_false(is_open(other, 6000));
}

static void csrf_follows_from_the_secret(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_sha256 a, b;
    CHECK_OK(sx_sessions_csrf("one", &a, &err) && sx_sessions_csrf("two", &b, &err), err);
    assert_string_not_equal(a.hex, b.hex);
    CHECK_OK(sx_sessions_csrf("one", &b, &err), err);
    assert_true(sx_secret_equal(a.hex, b.hex));
    assert_false(sx_secret_equal("a", "b"));
    assert_false(sx_secret_equal("a", "ab"));
    assert_true(sx_secret_equal("", ""));
    CHECK_OK(sx_secret_hash("one", &b, &err), err);
    assert_string_not_equal(a.hex, b.hex); /* it tells nothing of what the database has */
}

/* ---- tokens ---- */

static bool list_token(void *user, const sx_token *t, sx_error *err) {
    (void)err;
    sx_str_printf(user, "%s %d %d %d\n", t->name, (int)t->kind, (int)t->used, (int)t->revoked);
    return true;
}

static void tokens_are_found_until_revoked(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str text = { 0 };
    char token[SX_TOKEN_TEXT], again[SX_TOKEN_TEXT];
    sx_sha256 certificate;
    sx_token t;
    bool found;
    CHECK_OK(sx_sha256_of("cert", 4, &certificate, &err), err);
    CHECK_OK(sx_tokens_add(db, "ct 1", 1000, token, &err), err);
    assert_true(sx_starts_with(token, "sxt_"));
    assert_int_equal(strlen(token), SX_TOKEN_TEXT - 1);
    CHECK_FAILS(sx_tokens_add(db, "ct 1", 1000, again, &err), err, SX_ERR_MISMATCH, "ct 1: there");
    CHECK_FAILS(sx_tokens_add(db, "", 1000, again, &err), err, SX_ERR_VALUE, "a token's name");
    CHECK_FAILS(sx_tokens_add(db, "a\nb", 1000, again, &err), err, SX_ERR_VALUE, "a token's name");
    CHECK_OK(sx_tokens_add_certificate(db, "archive", certificate.hex, 1000, &err), err);
    CHECK_FAILS(sx_tokens_add_certificate(db, "other", certificate.hex, 1000, &err), err,
                SX_ERR_MISMATCH, "or one of this certificate");
    CHECK_OK(sx_tokens_find(db, token, &t, &found, &err), err);
    assert_true(found);
    assert_string_equal(t.name, "ct 1");
    CHECK_OK(sx_tokens_touch(db, &t, 61000, &err), err);
    CHECK_OK(sx_tokens_find(db, token, &t, &found, &err), err);
    CHECK_OK(sx_tokens_touch(db, &t, 62000, &err), err); /* within the minute: not noted */
    CHECK_OK(sx_tokens_find(db, "sxt_", &t, &found, &err), err);
    assert_false(found);
    CHECK_OK(sx_tokens_find(db, certificate.hex, &t, &found, &err), err);
    assert_false(found);
    CHECK_OK(sx_tokens_find_certificate(db, certificate.hex, &t, &found, &err), err);
    assert_true(found);
    CHECK_OK(sx_tokens_revoke(db, "ct 1", 99, &found, &err), err);
    assert_true(found);
    CHECK_OK(sx_tokens_revoke(db, "ct 1", 100, &found, &err), err);
    assert_false(found);
    CHECK_OK(sx_tokens_find(db, token, &t, &found, &err), err);
    assert_false(found);
    CHECK_OK(sx_tokens_list(db, list_token, &text, &err), err);
    assert_string_equal(text.data, "archive 1 0 0\nct 1 0 61000 99\n");
    sx_str_free(&text);
}

/* ---- audit ---- */

static bool list_audit(void *user, const sx_audit_entry *e, sx_error *err) {
    (void)err;
    sx_str_printf(user, "%d %s %s %s %s\n", (int)e->at, e->who, e->action, e->object, e->detail);
    return true;
}

static void the_audit_log_only_grows(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str text = { 0 };
    char longest[600];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    for (int i = 0; i < 3; i++) {
        const sx_audit_entry e = { .at = i, .who = "ada", .action = "role\n", .object = "bob\xFF" };
        CHECK_OK(sx_audit(db, &e, &err), err);
    }
    CHECK_OK(sx_audit(db, &(sx_audit_entry){ .at = 9, .detail = longest }, &err), err);
    CHECK_OK(sx_audit_list(db, 4, 2, list_audit, &text, &err), err);
    assert_string_equal(text.data, "2 ada role\n bob\\xff \n1 ada role\n bob\\xff \n");
    sx_str_free(&text);
    static const char *const changes[] = { "UPDATE audit SET who = 'eve'", "DELETE FROM audit" };
    for (size_t i = 0; i < 2; i++)
        CHECK_FAILS(sx_db_run(db, changes[i], NULL, 0, &err), err, SX_ERR_MISMATCH,
                    "the audit log is never changed");
    CHECK_OK(sx_audit_list(db, INT64_MAX, 100, list_audit, &text, &err), err);
    assert_int_equal(strlen(text.data), 400 + 6 + 3 * strlen("2 ada role\n bob\\xff \n"));
    sx_str_free(&text);
}

/* ---- passwords and attempts ---- */

static void passwords_are_hashed(void **state) {
    (void)state;
    sx_error err = { 0 };
    char one[SX_PASSWORD_HASH], two[SX_PASSWORD_HASH];
    bool right;
    sx_password_gate *g = sx_password_gate_new(2, 1, &err);
    CHECK_OK(g != NULL, err);
    CHECK_OK(sx_password_hash(g, "a password", one, &err), err);
    CHECK_OK(sx_password_hash(g, "a password", two, &err), err);
    assert_true(sx_starts_with(one, "$argon2id$v=19$m=65536,t=2,p=1$"));
    assert_string_not_equal(one, two);
    CHECK_OK(sx_password_verify(g, one, "a password", &right, &err), err);
    assert_true(right);
    CHECK_OK(sx_password_verify(g, one, "a passwore", &right, &err), err);
    assert_false(right);
    CHECK_OK(sx_password_verify(g, "damaged", "a password", &right, &err), err);
    assert_false(right);
    CHECK_OK(sx_password_verify(g, NULL, "", &right, &err), err);
    assert_false(right);
    CHECK_OK(sx_password_verify(g, "", "", &right, &err), err);
    assert_false(right);
    sx_password_gate_free(g);
    CHECK_FAILS(sx_password_gate_new(0, 1, &err), err, SX_ERR_USAGE, "out of range");
    CHECK_OK(sx_password_check("12 characters", &err), err);
    CHECK_OK(sx_password_check("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
                               "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9",
                               &err),
             err);
    CHECK_FAILS(sx_password_check("11 letters.", &err), err, SX_ERR_VALUE, "12 to 256");
    CHECK_FAILS(sx_password_check("twelve bytes\xFF", &err), err, SX_ERR_VALUE, "not UTF-8");
    CHECK_FAILS(sx_password_check("twelve bytes\n", &err), err, SX_ERR_VALUE, "control");
}

static int64_t wait_of(sx_attempts *a, const char *login, const char *address, int64_t now) {
    int64_t wait;
    return sx_attempts_begin(a, login, address, now, &wait) ? 0 : wait;
}

static void waiting_grows_with_failures(void **state) {
    (void)state;
    sx_error err = { 0 };
    int64_t now = 1000, last = 0;
    sx_attempts *a = sx_attempts_new(&err);
    CHECK_OK(a != NULL, err);
    for (int i = 0; i < 5; i++)
        assert_int_equal(wait_of(a, "ada", "1", now), 0);
    static const int64_t waits[] = { 5, 10, 20, 40, 80, 160, 320, 640, 900, 900 };
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        assert_int_equal(wait_of(a, "ada", "1", now), waits[i] * 1000);
        assert_int_equal(wait_of(a, "ada", "1", now + 1), waits[i] * 1000 - 1);
        assert_int_equal(wait_of(a, "ada", "2", now), 0);
        sx_attempts_undo(a, "ada", "2");
        now += waits[i] * 1000;
        assert_int_equal(wait_of(a, "ada", "1", now), 0);
    }
    last = now;
    assert_int_equal(wait_of(a, "ada", "1", last + 86400 * 1000LL), 0); /* forgotten */
    assert_int_equal(wait_of(a, "ada", "1", last + 86400 * 1000LL), 0);
    sx_attempts_free(a);
}

static void many_accounts_and_many_addresses_wait(void **state) {
    (void)state;
    sx_error err = { 0 };
    char name[20];
    sx_attempts *a = sx_attempts_new(&err);
    CHECK_OK(a != NULL, err);
    for (int i = 0; i < 25; i++) {
        snprintf(name, sizeof name, "user%d", i);
        assert_int_equal(wait_of(a, name, "1", 0), 0);
        assert_int_equal(wait_of(a, "ada", name, 0), 0);
    }
    assert_int_equal(wait_of(a, "other", "1", 0), 5000);
    assert_int_equal(wait_of(a, "ada", "9", 0), 5000);
    assert_int_equal(wait_of(a, "other", "9", 0), 0);
    sx_attempts_right(a, "ada", "9");
    assert_int_equal(wait_of(a, "ada", "9", 0), 0);
    assert_int_equal(wait_of(a, "other", "1", 0), 5000);
    /* the table does not grow */
    for (int i = 0; i < 100000; i++) {
        snprintf(name, sizeof name, "a%d", i);
        assert_int_equal(wait_of(a, name, name, i), 0);
    }
    sx_attempts_free(a);
}

#define STORED(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logins_have_plain_characters),
        STORED(accounts_are_stored),
        STORED(sessions_begin_and_end),
        cmocka_unit_test(csrf_follows_from_the_secret),
        STORED(tokens_are_found_until_revoked),
        STORED(the_audit_log_only_grows),
        cmocka_unit_test(passwords_are_hashed),
        cmocka_unit_test(waiting_grows_with_failures),
        cmocka_unit_test(many_accounts_and_many_addresses_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
