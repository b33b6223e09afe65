/* spinexr serve user: the people who may sign in */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/nearest_word.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/password_prompt.h"
#include "cli/serve_args.h"
#include "cli/serve_list.h"
#include "service/access/accounts.h"

typedef struct user_args {
    sx_serve_args service;
    const char *name;
    int role;
    bool no_password;
} user_args;

enum { NOT_GIVEN = -1 };

/* The role of a choice of SX_ROLE_WORDS, whose order is that of sx_role. */
static sx_role role_of(int choice) {
    return (sx_role)(1 << choice);
}

/* ---- list ---- */

static bool list_account(void *user, const sx_account *a, sx_error *err) {
    sx_serve_list *l = user;
    char made[24];
    sx_serve_time(a->made, made);
    const char *const state = !a->active ? "disabled" : *a->hash ? "active" : "no password";
    const char *const cells[] = { a->login, a->name, sx_role_name(a->role), made, state };
    return sx_serve_list_add(l, cells, err);
}

static bool run_list(const sx_call *call, sx_db *db, sx_error *err) {
    static const char *const headings[] = { "login", "name", "role", "made", "state" };
    sx_serve_list l = { .headings = headings, .columns = 5, .name = "users" };
    const bool ok =
        sx_accounts_list(db, list_account, &l, err) && sx_serve_list_print(&l, call->json, err);
    sx_serve_list_free(&l);
    return ok;
}

/* ---- changes ---- */

static bool read_hash(char hash[SX_PASSWORD_HASH], sx_error *err) {
    char password[4 * SX_PASSWORD_MOST + 2];
    sx_password_gate *gate = NULL;
    const bool ok = sx_read_password(password, sizeof password, err) &&
                    sx_password_check(password, err) &&
                    (gate = sx_password_gate_new(1, 1, err)) != NULL &&
                    sx_password_hash(gate, password, hash, err);
    explicit_bzero(password, sizeof password);
    sx_password_gate_free(gate);
    return ok;
}

static bool add_user(const user_args *a, sx_db *db, sx_account *account, sx_error *err) {
    const char *name = a->name ? a->name : account->login;
    if (strlen(name) >= sizeof account->name)
        return sx_fail(err, SX_ERR_VALUE, "--name: a name has at most %d bytes",
                       SX_ACCOUNT_NAME - 1);
    sx_format(account->name, sizeof account->name, "%s", name);
    account->made = sx_wall_clock();
    return sx_accounts_add(db, account, err);
}

/* Changes one account and notes it, in one transaction. */
static bool change_user(const user_args *a, sx_db *db, const char *word, sx_account *account,
                        sx_error *err) {
    bool found = true, ok = sx_db_begin(db, err);
    const bool role = strcmp(word, "role") == 0, add = strcmp(word, "add") == 0;
    if (ok && add)
        ok = add_user(a, db, account, err);
    else if (ok && role)
        ok = sx_accounts_set_role(db, account->login, account->role, &found, err);
    else if (ok && strcmp(word, "password") == 0)
        ok = sx_accounts_set_hash(db, account->login, account->hash, &found, err);
    else if (ok)
        ok = sx_accounts_set_active(db, account->login, strcmp(word, "enable") == 0, &found, err);
    if (ok && !found)
        ok = sx_fail(err, SX_ERR_MISSING, "%s: there is no such user", account->login);
    char action[24];
    sx_format(action, sizeof action, "user %s", word);
    ok = ok && sx_serve_note(db, action, account->login,
                             role || add ? sx_role_name(account->role) : "", err);
    return sx_db_end(db, ok, err);
}

static bool must_exist(sx_db *db, const char *login, sx_error *err) {
    sx_account a;
    bool found = false;
    return sx_accounts_find(db, login, &a, &found, err) &&
           (found || sx_fail(err, SX_ERR_MISSING, "%s: there is no such user", login));
}

static bool run_change(const sx_call *call, sx_db *db, const char *word, sx_error *err) {
    const user_args *a = call->args;
    sx_account account = { .active = true };
    const bool add = strcmp(word, "add") == 0;
    const bool password = (add && !a->no_password) || strcmp(word, "password") == 0;
    if (!sx_login_make(call->inputs[1], account.login, err)) return false;
    if (a->role != NOT_GIVEN) account.role = role_of(a->role);
    if (!add && !must_exist(db, account.login, err)) return false;
    if (password && !read_hash(account.hash, err)) return false;
    if (!change_user(a, db, word, &account, err)) return false;
    static const struct {
        const char *word, *done;
    } told[] = { { "add", "added" },
                 { "disable", "disabled" },
                 { "enable", "enabled" },
                 { "password", "has a new password" },
                 { "role", "has a new role" } };
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (strcmp(word, told[i].word) == 0) sx_cli_print("%s: %s\n", account.login, told[i].done);
    return true;
}

/* ---- the command ---- */

/* NULL: the arguments fit together; otherwise what is wrong. */
static const char *check_arguments(const sx_call *call, const char *word) {
    const user_args *a = call->args;
    const bool list = strcmp(word, "list") == 0, add = strcmp(word, "add") == 0,
               role = strcmp(word, "role") == 0;
    if (list && call->input_count > 1) return "list takes no login";
    if (!list && call->input_count < 2) return "the login is missing";
    if (!list && call->json) return "--json is for list";
    if ((add || role) && a->role == NOT_GIVEN) return "--role is missing";
    if (!add && !role && a->role != NOT_GIVEN) return "--role is for add and role";
    if (!add && (a->name || a->no_password)) return "--name and --no-password are for add";
    return NULL;
}

static int run_user(sx_call *call) {
    static const char words[] = "list|add|disable|enable|password|role";
    const user_args *a = call->args;
    const char *word = call->inputs[0];
    sx_error err = { 0 };
    if (!sx_word_is_one_of(word, words))
        return sx_cli_usage(call, "the first argument is one of %s, not %s", words, word);
    const char *fault = check_arguments(call, word);
    if (fault) return sx_cli_usage(call, "%s", fault);
    sx_db *db = strcmp(word, "add") == 0 ? sx_serve_make_store(&a->service, &err)
                                         : sx_serve_open_store(&a->service, &err);
    const bool ok = db && (strcmp(word, "list") == 0 ? run_list(call, db, &err)
                                                     : run_change(call, db, word, &err));
    sx_db_close(db);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "role", SX_OPT_CHOICE, offsetof(user_args, role), SX_ROLE_WORDS,
      "with add and role: what the person may do (default: none)" },
    { "name", SX_OPT_TEXT, offsetof(user_args, name), "TEXT", "the person's name" },
    { "no-password", SX_OPT_FLAG, offsetof(user_args, no_password), NULL,
      "signs in by a proxy alone: http.user_header" },
    SX_SERVE_DATA_OPTION(user_args),
    SX_SERVE_CONFIG_OPTION(user_args),
    { 0 },
};

const sx_command sx_cmd_serve_user = {
    .name = "serve user",
    .inputs = "ACTION [LOGIN]",
    .summary = "Add and change the people who may sign in",
    .help = "Actions: list, add, disable, enable, password, role.\n"
            "`add` and `password` ask for a password, or read it as the first line of\n"
            "standard input. A change of password or role ends the person's sessions.\n"
            "The service may run meanwhile. Each change is in the audit log.",
    .example = "spinexr serve user add ada --role admin --data /var/lib/spinexr",
    .min_inputs = 1,
    .max_inputs = 2,
    .options = options,
    .defaults = &(const user_args){ .role = NOT_GIVEN, .service = SX_SERVE_ARGS_DEFAULTS },
    .args_size = sizeof(user_args),
    .serial = true,
    .json = true,
    .run = run_user,
};

/* The same under the name that managers of a reading room look for. */
const sx_command sx_cmd_reading_user = {
    .name = "reading user",
    .inputs = "ACTION [LOGIN]",
    .summary = "The same as `serve user`: readers, adjudicators, managers",
    .help = "Actions: list, add, disable, enable, password, role.\n"
            "`add` and `password` ask for a password, or read it as the first line of\n"
            "standard input. A change of password or role ends the person's sessions.\n"
            "The service may run meanwhile. Each change is in the audit log.",
    .example = "spinexr reading user add ann --role reader --data /var/lib/spinexr",
    .min_inputs = 1,
    .max_inputs = 2,
    .options = options,
    .defaults = &(const user_args){ .role = NOT_GIVEN, .service = SX_SERVE_ARGS_DEFAULTS },
    .args_size = sizeof(user_args),
    .serial = true,
    .json = true,
    .run = run_user,
};
