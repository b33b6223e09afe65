/* spinexr reading held: films that readers do not get, and the manager's decisions */
#include <string.h>

#include "base/str.h"
#include "cli/command.h"
#include "cli/reading_args.h"
#include "cli/serve_list.h"
#include "service/reading/reading_held.h"

typedef struct held_args {
    sx_serve_args service;
    sx_texts release, reject;
    const char *reason;
} held_args;

/* A table would shorten ids, which are needed whole. */
static void print_film(const sx_reading_held_film *f) {
    const bool rejected = *f->rejected != '\0';
    sx_cli_print_parts((const sx_line_part[]){ { f->image_id, ": ", true },
                                               { f->why },
                                               { rejected ? "; rejected: " : "" },
                                               { f->rejected, .name = true } },
                       4);
}

typedef struct held_list {
    sx_serve_list json;
    bool as_json;
    size_t count;
} held_list;

static bool list_film(void *user, const sx_reading_held_film *f, sx_error *err) {
    held_list *l = user;
    const char *const cells[] = { f->image_id, f->study_id, f->why, f->rejected };
    l->count++;
    if (l->as_json) return sx_serve_list_add(&l->json, cells, err);
    print_film(f);
    return true;
}

static bool list_held(const sx_call *call, sx_db *db, const sx_reading_project *p, sx_error *err) {
    static const char *const headings[] = { "image_id", "study_id", "why", "rejected" };
    held_list l = { .json = { .headings = headings, .columns = 4, .name = "films" },
                    .as_json = call->json };
    const bool ok = sx_reading_held_list(db, p, list_film, &l, err) &&
                    (!call->json || sx_serve_list_print(&l.json, true, err));
    if (ok && !call->json && !l.count) sx_cli_print("no film is held\n");
    sx_serve_list_free(&l.json);
    return ok;
}

static bool decide(const held_args *a, sx_db *db, const sx_reading_project *p, const char *image_id,
                   bool release, sx_error *err) {
    int64_t film;
    char object[200];
    sx_format(object, sizeof object, "%s film %.100s", p->key, image_id);
    return sx_reading_held_find(db, p, image_id, &film, err) &&
           (release ? sx_reading_held_release(db, p, film, err)
                    : sx_reading_held_reject(db, p, film, a->reason, err)) &&
           sx_serve_note(db, release ? "reading release" : "reading reject", object,
                         release ? "" : a->reason, err);
}

/* All decisions or none. */
static bool decide_all(const held_args *a, sx_db *db, const sx_reading_project *p, sx_error *err) {
    bool ok = sx_db_begin(db, err);
    for (int i = 0; ok && i < a->release.count; i++)
        ok = decide(a, db, p, a->release.items[i], true, err);
    for (int i = 0; ok && i < a->reject.count; i++)
        ok = decide(a, db, p, a->reject.items[i], false, err);
    return sx_db_end(db, ok, err);
}

/* A film that is both released and rejected; NULL: there is none. */
static const char *in_both(const held_args *a) {
    for (int i = 0; i < a->release.count; i++)
        for (int k = 0; k < a->reject.count; k++)
            if (strcmp(a->release.items[i], a->reject.items[k]) == 0) return a->release.items[i];
    return NULL;
}

static int run_held(sx_call *call) {
    const held_args *a = call->args;
    sx_error err = { 0 };
    sx_reading_project p;
    if ((a->reject.count > 0) != (a->reason != NULL))
        return sx_cli_usage(call, "--reject and --reason go together");
    const char *both = in_both(a);
    if (both) {
        sx_fail(&err, SX_ERR_VALUE, "%s: both released and rejected", both);
        return sx_cli_fail(&err);
    }
    sx_db *db = sx_reading_open(call, &a->service, &p, &err);
    const bool decides = a->release.count || a->reject.count;
    const bool ok =
        db && (!decides || decide_all(a, db, &p, &err)) && list_held(call, db, &p, &err);
    sx_db_close(db);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "release", SX_OPT_LIST, offsetof(held_args, release), "IMAGE_ID",
      "readers get this film; may be repeated" },
    { "reject", SX_OPT_LIST, offsetof(held_args, reject), "IMAGE_ID",
      "readers never get this film; may be repeated" },
    { "reason", SX_OPT_TEXT, offsetof(held_args, reason), "TEXT", "why films are rejected" },
    SX_SERVE_DATA_OPTION(held_args),
    SX_SERVE_CONFIG_OPTION(held_args),
    { 0 },
};

const sx_command sx_cmd_reading_held = {
    .name = "reading held",
    .inputs = "KEY",
    .summary = "List films held back from readers, release or reject them",
    .help = "A film is held on import if its header has a BurnedInAnnotation other than NO,\n"
            "or if text is likely in its pixels: it may name the patient. A header without\n"
            "BurnedInAnnotation holds no film. Look at each held film. When one is released,\n"
            "complete tasks of its study go back to their readers.",
    .example = "spinexr reading held spine-1 --release 1.2.3.4 --data /var/lib/spinexr",
    .min_inputs = 1,
    .max_inputs = 1,
    .options = options,
    .defaults = &(const held_args){ .service = SX_SERVE_ARGS_DEFAULTS },
    .args_size = sizeof(held_args),
    .json = true,
    .serial = true,
    .run = run_held,
};
