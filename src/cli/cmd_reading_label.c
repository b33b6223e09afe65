/* spinexr reading label: what boxes, films and studies of a project are marked with */
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/reading_args.h"
#include "cli/serve_list.h"

typedef struct label_args {
    sx_serve_args service;
    sx_texts attributes;
    const char *key, *color;
    int kind;
    bool add, retire, restore;
} label_args;

static const char kind_words[] = "box|film|study";
static const char *const kinds[] = { "box", "film", "study" };

/* ---- the list ---- */

/* ["a","b"] is "a, b". */
static bool join(const char *list, sx_str *out, sx_error *err) {
    json_t *texts = sx_json_parse(list, strlen(list), true, NULL, err);
    if (!texts) return false;
    for (size_t i = 0; i < json_array_size(texts); i++) {
        if (i) sx_str_add(out, ", ");
        sx_str_add(out, json_string_value(json_array_get(texts, i)));
    }
    json_decref(texts);
    return sx_str_ok(out, err);
}

static bool list_label(void *user, int64_t id, const sx_reading_label *l, bool retired,
                       sx_error *err) {
    char key[SX_READING_WORD];
    sx_str attributes = { 0 };
    (void)id;
    bool ok = join(l->attributes, &attributes, err);
    if (ok) {
        const char *const cells[] = { l->kind, l->name, sx_reading_key_of(l->code, key),
                                      sx_str_text(&attributes), retired ? "yes" : "" };
        ok = sx_serve_list_add(user, cells, err);
    }
    sx_str_free(&attributes);
    return ok;
}

static bool print_labels(const sx_call *call, sx_db *db, const sx_reading_project *p,
                         sx_error *err) {
    static const char *const headings[] = { "kind", "name", "key", "attributes", "retired" };
    sx_serve_list l = { .headings = headings, .columns = 5, .name = "labels" };
    const bool ok = sx_reading_labels_list(db, p->id, list_label, &l, err) &&
                    sx_serve_list_print(&l, call->json, err);
    sx_serve_list_free(&l);
    return ok;
}

/* ---- changes ---- */

/* "8" is "Digit8", "Shift+8" is "Shift+Digit8". */
static void code_of(const char *key, char out[30]) {
    const bool shift = sx_starts_with(key, "Shift+");
    sx_format(out, 30, "%sDigit%.10s", shift ? "Shift+" : "", key + (shift ? 6 : 0));
}

static bool add_label(const label_args *a, sx_db *db, const sx_reading_project *p, const char *name,
                      sx_error *err) {
    char attributes[SX_READING_LIST] = "[]", code[30] = "";
    int64_t id;
    if (a->key) code_of(a->key, code);
    const sx_reading_label l = { .kind = kinds[a->kind],
                                 .name = name,
                                 .color = a->color ? a->color : "",
                                 .code = code,
                                 .attributes = attributes };
    return sx_reading_attributes_add(attributes, a->attributes.items, (size_t)a->attributes.count,
                                     err) &&
           sx_reading_label_add(db, p->id, &l, &id, err);
}

static bool change(const label_args *a, sx_db *db, const sx_reading_project *p, const char *name,
                   sx_error *err) {
    const char *kind = kinds[a->kind], *what = a->add       ? "new"
                                               : a->retire  ? "retired"
                                               : a->restore ? "restored"
                                                            : "attributes of";
    char detail[SX_READING_NAME + 20];
    sx_format(detail, sizeof detail, "%s %s", what, name);
    const bool ok = a->add ? add_label(a, db, p, name, err)
                    : a->retire || a->restore
                        ? sx_reading_label_retire(db, p->id, kind, name, a->retire, err)
                        : sx_reading_label_extend(db, p->id, kind, name, a->attributes.items,
                                                  (size_t)a->attributes.count, err);
    return ok && sx_serve_note(db, "reading label", p->key, detail, err);
}

/* NULL: the arguments fit together; otherwise what is wrong. */
static const char *check_arguments(const sx_call *call) {
    const label_args *a = call->args;
    const int ways = a->add + a->retire + a->restore;
    if (call->input_count == 1)
        return ways || a->attributes.count || a->key || a->color ? "NAME is missing" : NULL;
    if (ways > 1) return "--add, --retire and --restore exclude one another";
    if (!ways && !a->attributes.count)
        return "--add, --retire, --restore or --attribute is missing";
    if ((a->retire || a->restore) && a->attributes.count)
        return "--attribute is for a label in use";
    return (a->key || a->color) && !a->add ? "--key and --color are for --add" : NULL;
}

static int run_label(sx_call *call) {
    const label_args *a = call->args;
    sx_error err = { 0 };
    sx_reading_project p;
    const char *wrong = check_arguments(call);
    if (wrong) return sx_cli_usage(call, "%s", wrong);
    sx_db *db = sx_reading_open(call, &a->service, &p, &err);
    bool ok = db != NULL;
    if (ok && call->input_count == 2)
        ok = sx_db_begin(db, &err) && sx_db_end(db, change(a, db, &p, call->inputs[1], &err), &err);
    ok = ok && print_labels(call, db, &p, &err);
    sx_db_close(db);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "add", SX_OPT_FLAG, offsetof(label_args, add), NULL, "NAME is a new label" },
    { "kind", SX_OPT_CHOICE, offsetof(label_args, kind), kind_words,
      "what it marks (default: box)" },
    { "key", SX_OPT_TEXT, offsetof(label_args, key), "KEY",
      "with --add: key of a box, 8 or Shift+8" },
    { "color", SX_OPT_TEXT, offsetof(label_args, color), "COLOR", "with --add: #rrggbb" },
    { "attribute", SX_OPT_LIST, offsetof(label_args, attributes), "TEXT",
      "a box with the label may have it; may be repeated" },
    { "retire", SX_OPT_FLAG, offsetof(label_args, retire), NULL, "not for new marks any more" },
    { "restore", SX_OPT_FLAG, offsetof(label_args, restore), NULL,
      "a retired label is used again" },
    SX_SERVE_DATA_OPTION(label_args),
    SX_SERVE_CONFIG_OPTION(label_args),
    { 0 },
};

const sx_command sx_cmd_reading_label = {
    .name = "reading label",
    .inputs = "KEY [NAME]",
    .summary = "List the labels of a project, add or retire one",
    .help = "A label marks a box, a film or a study. A project begins with the 13 categories\n"
            "of VinDr-SpineXR. Labels and attributes are never deleted, because marks have\n"
            "them; what has a retired label keeps it.",
    .example = "spinexr reading label spine-1 Cyst --data /var/lib/spinexr",
    .min_inputs = 1,
    .max_inputs = 2,
    .options = options,
    .defaults = &(const label_args){ .service = SX_SERVE_ARGS_DEFAULTS },
    .args_size = sizeof(label_args),
    .json = true,
    .serial = true,
    .run = run_label,
};
