/* spinexr serve token: the programs that may call DICOMweb */
#include <string.h>

#include "base/clock.h"
#include "base/nearest_word.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/serve_args.h"
#include "cli/serve_list.h"
#include "service/access/certificate.h"
#include "service/access/tokens.h"

typedef struct token_args {
    sx_serve_args service;
    const char *certificate;
} token_args;

static bool list_token(void *user, const sx_token *t, sx_error *err) {
    sx_serve_list *l = user;
    char made[24], used[24], revoked[24];
    sx_serve_time(t->made, made);
    sx_serve_time(t->used, used);
    sx_serve_time(t->revoked, revoked);
    const char *const kind = t->kind == SX_TOKEN_CERTIFICATE ? "certificate" : "bearer";
    const char *const cells[] = { t->name, kind, made, used, revoked };
    return sx_serve_list_add(l, cells, err);
}

static bool run_list(const sx_call *call, sx_db *db, sx_error *err) {
    static const char *const headings[] = { "name", "kind", "made", "used", "revoked" };
    sx_serve_list l = { .headings = headings, .columns = 5, .name = "tokens" };
    const bool ok =
        sx_tokens_list(db, list_token, &l, err) && sx_serve_list_print(&l, call->json, err);
    sx_serve_list_free(&l);
    return ok;
}

/* text "": a certificate was added. */
static bool add_token(const token_args *a, sx_db *db, const char *name, char text[SX_TOKEN_TEXT],
                      sx_error *err) {
    sx_sha256 hash;
    text[0] = '\0';
    if (a->certificate && !sx_certificate_hash(a->certificate, &hash, err)) return false;
    bool ok = sx_db_begin(db, err);
    if (ok && a->certificate)
        ok = sx_tokens_add_certificate(db, name, hash.hex, sx_wall_clock(), err);
    else if (ok)
        ok = sx_tokens_add(db, name, sx_wall_clock(), text, err);
    ok = ok && sx_serve_note(db, "token add", name, a->certificate ? "certificate" : "bearer", err);
    return sx_db_end(db, ok, err);
}

static bool run_add(const sx_call *call, sx_db *db, sx_error *err) {
    char text[SX_TOKEN_TEXT];
    const char *name = call->inputs[1];
    if (!add_token(call->args, db, name, text, err)) return false;
    if (*text)
        sx_cli_print("%s\n", text);
    else
        sx_cli_print_parts((const sx_line_part[]){ { name, ": ", true }, { "added" } }, 2);
    return true;
}

static bool run_revoke(const sx_call *call, sx_db *db, sx_error *err) {
    const char *name = call->inputs[1];
    bool found = false, ok = sx_db_begin(db, err);
    ok =
        ok && sx_tokens_revoke(db, name, sx_wall_clock(), &found, err) &&
        (found || sx_fail(err, SX_ERR_MISSING, "%s: there is no valid token of this name", name)) &&
        sx_serve_note(db, "token revoke", name, "", err);
    if (!sx_db_end(db, ok, err)) return false;
    sx_cli_print_parts((const sx_line_part[]){ { name, ": ", true }, { "revoked" } }, 2);
    return true;
}

static int run_token(sx_call *call) {
    static const char words[] = "list|add|revoke";
    const token_args *a = call->args;
    const char *word = call->inputs[0];
    const bool list = strcmp(word, "list") == 0, add = strcmp(word, "add") == 0;
    sx_error err = { 0 };
    if (!sx_word_is_one_of(word, words))
        return sx_cli_usage(call, "the first argument is one of %s, not %s", words, word);
    if (list != (call->input_count == 1))
        return sx_cli_usage(call, list ? "list takes no name" : "the name is missing");
    if (call->json && !list) return sx_cli_usage(call, "--json is for list");
    if (a->certificate && !add) return sx_cli_usage(call, "--certificate is for add");
    sx_db *db =
        add ? sx_serve_make_store(&a->service, &err) : sx_serve_open_store(&a->service, &err);
    const bool ok = db && (list  ? run_list(call, db, &err)
                           : add ? run_add(call, db, &err)
                                 : run_revoke(call, db, &err));
    sx_db_close(db);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "certificate", SX_OPT_TEXT, offsetof(token_args, certificate), "FILE",
      "PEM: the program's client certificate, in place of a token" },
    SX_SERVE_DATA_OPTION(token_args),
    SX_SERVE_CONFIG_OPTION(token_args),
    { 0 },
};

const sx_command sx_cmd_serve_token = {
    .name = "serve token",
    .inputs = "list|add|revoke [NAME]",
    .summary = "Add and revoke the programs that may call DICOMweb",
    .help = "`add` prints a bearer token. It is shown once: the service keeps only its\n"
            "SHA-256. A certificate must be signed by one of http.tls.trusted. A name is\n"
            "never used again. The service may run meanwhile.",
    .example = "spinexr serve token add archive --data /var/lib/spinexr",
    .min_inputs = 1,
    .max_inputs = 2,
    .options = options,
    .defaults = &(const token_args){ .service = SX_SERVE_ARGS_DEFAULTS },
    .args_size = sizeof(token_args),
    .serial = true,
    .json = true,
    .run = run_token,
};
