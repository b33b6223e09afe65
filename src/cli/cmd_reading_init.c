/* spinexr reading init: a new project */
#include "base/clock.h"
#include "base/files.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/reading_args.h"
#include "cli/serve_list.h"

typedef struct init_args {
    sx_serve_args service;
    const char *name, *guide;
    long readers, seed;
    int order, prelabels;
    bool confidence;
} init_args;

static const char order_words[] = "random|given", prelabel_words[] = "none|after|before";

static bool add_project(const init_args *a, const char *key, const char *guide, sx_error *err) {
    static const char *const modes[] = { "none", "after", "before" };
    sx_reading_project p = { .readers = (int)a->readers,
                             .random_order = a->order == 0,
                             .confidence = a->confidence,
                             .seed = a->seed,
                             .made = sx_wall_clock() };
    const char *name = a->name ? a->name : key;
    if (sx_format(p.key, sizeof p.key, "%s", key) >= (int)sizeof p.key)
        return sx_fail(err, SX_ERR_VALUE, "the key of a project has at most %d characters",
                       SX_READING_KEY - 1);
    if (sx_format(p.name, sizeof p.name, "%s", name) >= (int)sizeof p.name)
        return sx_fail(err, SX_ERR_VALUE, "--name: it has at most %d bytes", SX_READING_NAME - 1);
    sx_format(p.prelabels, sizeof p.prelabels, "%s", modes[a->prelabels]);
    sx_db *db = sx_serve_make_store(&a->service, err);
    const bool ok = db && sx_db_begin(db, err) &&
                    sx_db_end(db,
                              sx_reading_project_add(db, &p, guide, &p.id, err) &&
                                  sx_serve_note(db, "reading init", p.key, "", err),
                              err);
    sx_db_close(db);
    return ok;
}

static int run_init(sx_call *call) {
    const init_args *a = call->args;
    sx_error err = { 0 };
    sx_file guide = { 0 };
    sx_str text = { 0 };
    bool ok = !a->guide || sx_file_open_up_to(&guide, a->guide, SX_READING_GUIDE, &err);
    if (ok && a->guide) {
        sx_str_append(&text, guide.data, guide.size);
        sx_file_close(&guide);
    }
    ok = ok && sx_str_ok(&text, &err) && add_project(a, call->inputs[0], sx_str_text(&text), &err);
    sx_str_free(&text);
    if (!ok) return sx_cli_fail(&err);
    sx_cli_print("%s: a new project\n", call->inputs[0]);
    return SX_EXIT_OK;
}

static const sx_option options[] = {
    { "name", SX_OPT_TEXT, offsetof(init_args, name), "TEXT", "name for people (default: KEY)" },
    { "guide", SX_OPT_TEXT, offsetof(init_args, guide), "FILE",
      "plain text that readers see: what to mark and how" },
    { "readers", SX_OPT_INT, offsetof(init_args, readers), "N",
      "readers of each study (default: 2)", .min = 1, .max = 20 },
    { "order", SX_OPT_CHOICE, offsetof(init_args, order), order_words,
      "of each reader's studies (default: random)" },
    { "prelabels", SX_OPT_CHOICE, offsetof(init_args, prelabels), prelabel_words,
      "boxes of networks (default: none)" },
    { "confidence", SX_OPT_FLAG, offsetof(init_args, confidence), NULL,
      "each study needs a confidence from 0 to 100" },
    { "seed", SX_OPT_INT, offsetof(init_args, seed), "N", "of assignment and order (default: 1)",
      .min = 0, .max = 2147483647 },
    SX_SERVE_DATA_OPTION(init_args),
    SX_SERVE_CONFIG_OPTION(init_args),
    { 0 },
};

const sx_command sx_cmd_reading_init = {
    .name = "reading init",
    .inputs = "KEY",
    .summary = "Begin a project of the reading room",
    .help = "KEY has lower-case letters, digits and -. The project gets the 13 categories\n"
            "of VinDr-SpineXR as labels. Afterwards: `reading import`, `reading user`,\n"
            "`reading assign`. The service may run meanwhile.",
    .example = "spinexr reading init spine-1 --readers 3 --data /var/lib/spinexr",
    .min_inputs = 1,
    .max_inputs = 1,
    .options = options,
    .defaults = &(const init_args){ .service = SX_SERVE_ARGS_DEFAULTS, .readers = 2, .seed = 1 },
    .args_size = sizeof(init_args),
    .serial = true,
    .run = run_init,
};
