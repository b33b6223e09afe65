/* spinexr serve jobs */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/serve_args.h"
#include "cli/serve_list.h"
#include "service/store/retry.h"

#define STATES "ready|leased|waiting|done|dead|dropped|all"
enum { NOT_GIVEN = -1 };

typedef struct jobs_args {
    sx_serve_args service;
    int state; /* of STATES; NOT_GIVEN: every state that is not done */
} jobs_args;

/* ---- list ---- */

typedef struct listing {
    sx_json array; /* for --json */
    bool json;
    sx_serve_list table;
} listing;

static void put_json(sx_json array, const sx_job *j) {
    char when[24];
    sx_json o = sx_json_object(array, NULL);
    sx_json_count(o, "id", (size_t)j->id);
    sx_json_text(o, "kind", j->kind);
    sx_json_text(o, "key", j->key);
    sx_json_text(o, "destination", j->destination);
    sx_json_text(o, "state", j->state);
    sx_json_count(o, "attempts", (size_t)j->attempts);
    sx_serve_time(j->made, when);
    sx_json_text(o, "made", when);
    sx_serve_time(j->not_before, when);
    sx_json_text(o, "not_before", when);
    sx_json_text(o, "error", j->error);
}

static bool list_job(void *user, const sx_job *j, sx_error *err) {
    listing *l = user;
    char id[24], attempts[24], what[SX_JOB_KEY + 80];
    if (l->json) {
        put_json(l->array, j);
        return true;
    }
    sx_format(id, sizeof id, "%lld", (long long)j->id);
    sx_format(attempts, sizeof attempts, "%lld", (long long)j->attempts);
    sx_format(what, sizeof what, "%s%s%s", j->key, *j->destination ? " to " : "", j->destination);
    const char *const cells[] = { id, j->kind, j->state, attempts, what, j->error };
    return sx_serve_list_add(&l->table, cells, err);
}

/* The states that need a person come without a choice of state: what is neither done nor given
 * up. */
static bool list_states(sx_db *db, int state, listing *l, sx_error *err) {
    static const char *const open[] = { "dead", "waiting", "leased", "ready" };
    static const char *const states[] = { "ready", "leased",  "waiting", "done",
                                          "dead",  "dropped", NULL };
    if (state != NOT_GIVEN) return sx_jobs_list(db, states[state], list_job, l, err);
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (!sx_jobs_list(db, open[i], list_job, l, err)) return false;
    return true;
}

static bool run_list(const sx_call *call, sx_db *db, sx_error *err) {
    static const char *const headings[] = { "id", "kind", "state", "attempts", "what", "error" };
    const jobs_args *a = call->args;
    sx_json_doc doc = { 0 };
    listing l = { .json = call->json,
                  .table = { .headings = headings, .name = "jobs", .columns = 6 } };
    l.array = sx_json_array(sx_json_new_object(&doc), "jobs");
    const bool ok = list_states(db, a->state, &l, err) &&
                    (call->json ? sx_cli_print_json(&doc, SX_JSON_LINES, err)
                                : sx_serve_list_print(&l.table, false, err));
    sx_serve_list_free(&l.table);
    sx_json_free(&doc);
    return ok;
}

/* ---- one job ---- */

static bool find_job(sx_db *db, int64_t id, sx_job *out, sx_error *err) {
    bool found = false;
    return sx_jobs_find(db, id, out, &found, err) &&
           (found || sx_fail(err, SX_ERR_MISSING, "there is no job %lld", (long long)id));
}

static bool run_show(const sx_call *call, sx_db *db, int64_t id, sx_error *err) {
    sx_job j;
    char made[24], due[24];
    if (!find_job(db, id, &j, err)) return false;
    if (call->json) {
        sx_json_doc doc = { 0 };
        put_json(sx_json_array(sx_json_new_object(&doc), "jobs"), &j);
        const bool ok = sx_cli_print_json(&doc, SX_JSON_LINES, err);
        sx_json_free(&doc);
        return ok;
    }
    sx_serve_time(j.made, made);
    sx_serve_time(j.not_before, due);
    sx_cli_print("id           %lld\nkind         %s\nkey          %s\n", (long long)j.id, j.kind,
                 j.key);
    if (*j.destination) sx_cli_print("destination  %s\n", j.destination);
    sx_cli_print("state        %s\nattempts     %lld\nmade         %s\nnot before   %s\n", j.state,
                 (long long)j.attempts, made, due);
    if (*j.error) sx_cli_print("error        %s\n", j.error);
    return true;
}

static bool run_change(sx_db *db, const char *word, int64_t id, sx_error *err) {
    sx_job j;
    bool found = false;
    const bool retry = strcmp(word, "retry") == 0;
    if (!find_job(db, id, &j, err) || !sx_db_begin(db, err)) return false;
    const bool ok = retry ? sx_retry_job(db, id, sx_wall_clock(), &found, err)
                          : sx_jobs_drop(db, id, &found, err);
    if (!sx_db_end(db, ok, err)) return false;
    if (!found)
        return sx_fail(err, SX_ERR_VALUE,
                       "job %lld is %s; only a dead one can be tried again or dropped",
                       (long long)id, j.state);
    sx_cli_print("job %lld: %s\n", (long long)id, retry ? "will be tried again" : "dropped");
    return true;
}

/* ---- the command ---- */

static bool read_id(const char *text, int64_t *id) {
    char *end = NULL;
    *id = strtoll(text, &end, 10);
    return end != text && !*end && *id > 0;
}

static int run_jobs(sx_call *call) {
    static const char words[] = "list|show|retry|drop";
    const jobs_args *a = call->args;
    const char *word = call->inputs[0];
    const bool list = strcmp(word, "list") == 0, show = strcmp(word, "show") == 0,
               change = strcmp(word, "retry") == 0 || strcmp(word, "drop") == 0;
    int64_t id = 0;
    sx_error err = { 0 };
    if (!list && !show && !change)
        return sx_cli_usage(call, "the first argument is one of %s, not %s", words, word);
    if (list != (call->input_count == 1) || (!list && !read_id(call->inputs[1], &id)))
        return sx_cli_usage(call, list ? "list takes no job" : "%s needs the id of a job", word);
    if (call->json && change) return sx_cli_usage(call, "--json is for list and show");
    sx_db *db = sx_serve_open_store(&a->service, &err);
    const bool ok = db && (list   ? run_list(call, db, &err)
                           : show ? run_show(call, db, id, &err)
                                  : run_change(db, word, id, &err));
    sx_db_close(db);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "state", SX_OPT_CHOICE, offsetof(jobs_args, state), STATES,
      "only these (default: what is not done)" },
    SX_SERVE_DATA_OPTION(jobs_args),
    SX_SERVE_CONFIG_OPTION(jobs_args),
    { 0 },
};

const sx_command sx_cmd_serve_jobs = {
    .name = "serve jobs",
    .inputs = "list|show|retry|drop [ID]",
    .summary = "List what a service has to do; retry or drop dead jobs",
    .help = "A job that failed for good is dead. `retry` makes it ready again, `drop` gives\n"
            "it up. The service may run meanwhile. States: ready, leased, waiting, done,\n"
            "dead, dropped.",
    .example = "spinexr serve jobs list --data /var/lib/spinexr",
    .min_inputs = 1,
    .max_inputs = 2,
    .options = options,
    .defaults = &(const jobs_args){ .state = NOT_GIVEN, .service = SX_SERVE_ARGS_DEFAULTS },
    .args_size = sizeof(jobs_args),
    .serial = true,
    .json = true,
    .run = run_jobs,
};
