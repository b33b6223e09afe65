#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/command.h"
#include "cli/set_args.h"
#include "data/manifest_merge.h"

typedef struct args {
    const char *out, *classes, *class_map;
    sx_texts splits;
    int to, duplicates;
} args;

static const args defaults = { .to = SX_LAYOUT_COCO - SX_LAYOUT_VINDR };

/* One input: "PATH" or "NAME=PATH". */
typedef struct input {
    char name[64];
    const char *path; /* within call->inputs */
    sx_manifest m;
} input;

static bool name_of_path(const char *path, char name[64], sx_error *err) {
    const size_t n = sx_path_length(path);
    size_t from = n;
    while (from > 0 && path[from - 1] != '/')
        from--;
    if (n - from < 64) snprintf(name, 64, "%.*s", (int)(n - from), path + from);
    return (n - from < 64 && sx_merge_name_ok(name)) ||
           sx_fail(err, SX_ERR_USAGE,
                   "%s: give this set a name of up to 40 letters, digits, - and _: NAME=%s", path,
                   path);
}

static bool parse_input(const char *text, input *in, sx_error *err) {
    const char *equals = strchr(text, '=');
    const size_t n = equals ? (size_t)(equals - text) : 0;
    in->path = text;
    if (equals && n < sizeof in->name) {
        snprintf(in->name, sizeof in->name, "%.*s", (int)n, text);
        if (sx_merge_name_ok(in->name)) {
            in->path = equals + 1;
            return *in->path ||
                   sx_fail(err, SX_ERR_USAGE, "%s: the path of set %s is missing: %s=PATH", text,
                           in->name, in->name);
        }
    }
    /* the path of a folder may have an = */
    if (equals && !sx_path_exists(text))
        return sx_fail(err, SX_ERR_USAGE,
                       "%s: \"%.*s\" is no name of a set: up to 40 letters, digits, - and _", text,
                       (int)n, text);
    return name_of_path(text, in->name, err);
}

static bool parse_inputs(const sx_call *call, input *inputs, sx_error *err) {
    for (int i = 0; i < call->input_count; i++) {
        if (!parse_input(call->inputs[i], &inputs[i], err)) return false;
        for (int k = 0; k < i; k++)
            if (strcmp(inputs[k].name, inputs[i].name) == 0)
                return sx_fail(err, SX_ERR_USAGE,
                               "two sets are called %s, %s and %s; name one of them: NAME=PATH",
                               inputs[i].name, inputs[k].path, inputs[i].path);
    }
    return true;
}

/* --split NAME=train|val|test|none */
static bool apply_split(const char *text, sx_merge_set *sets, int count, sx_error *err) {
    const char *equals = strchr(text, '=');
    for (int i = 0; equals && i < count; i++) {
        sx_merge_set *set = &sets[i];
        if (strlen(set->name) != (size_t)(equals - text) ||
            strncmp(set->name, text, (size_t)(equals - text)) != 0)
            continue;
        set->split_given = true;
        for (set->split = SX_SPLIT_NONE; set->split < SX_SPLITS; set->split++)
            if (strcmp(equals + 1, set->split ? sx_split_name(set->split) : "none") == 0)
                return true;
        return sx_fail(err, SX_ERR_USAGE, "--split %s: %s is none of train, val, test, none", text,
                       equals + 1);
    }
    return sx_fail(err, SX_ERR_USAGE, "--split %s: not NAME=SPLIT with the name of a set", text);
}

/* The origin of the sets: merge.json in the new folder. */
typedef struct origin {
    const input *inputs;
    int count;
    const sx_merge_totals *totals;
} origin;

static bool write_origin(void *user, const char *folder, const sx_manifest_loss *loss,
                         sx_error *err) {
    (void)loss;
    const origin *o = user;
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc), sets = sx_json_array(root, "sets");
    for (int i = 0; i < o->count; i++) {
        sx_json set = sx_json_object(sets, NULL);
        sx_json_text(set, "name", o->inputs[i].name);
        sx_json_text(set, "path", o->inputs[i].path);
        sx_json_text(set, "layout", sx_layout_name(o->inputs[i].m.layout));
        sx_json_text(set, "annotations_sha256", o->inputs[i].m.hash);
        sx_json_count(set, "films", o->inputs[i].m.film_count);
        sx_json_count(set, "boxes", o->inputs[i].m.box_count);
    }
    sx_json_count(root, "renamed_boxes", o->totals->renamed);
    sx_json_count(root, "boxes_left_out", o->totals->left_out);
    sx_json_count(root, "duplicates_left_out", o->totals->duplicates);
    sx_json kept = sx_json_array(root, "collisions");
    for (size_t i = 0; i < o->totals->collisions.count; i++)
        sx_json_text(kept, NULL, o->totals->collisions.items[i]);
    char *path = sx_path_join(folder, "merge.json");
    const bool ok = (path || sx_fail(err, SX_ERR_MEMORY, "out of memory for merge.json")) &&
                    sx_json_write(&doc, path, err);
    free(path);
    sx_json_free(&doc);
    return ok;
}

static void tell_merge(const sx_call *call, const sx_merge_totals *t) {
    for (size_t i = 0; i < t->collisions.count; i++)
        sx_log(call->context, SX_LOG_WARNING, "%s", t->collisions.items[i]);
    if (t->bare)
        sx_log(call->context, SX_LOG_WARNING,
               "%zu abnormal %s no box; a detector would be trained to find nothing there", t->bare,
               sx_noun(t->bare, "film has", "films have"));
}

static void tell_result(const sx_manifest *m, const sx_merge_totals *t, int sets, sx_layout to) {
    char counts[SX_CLI_COUNTS];
    sx_cli_print("%s of %d %s: %s\n",
                 sx_cli_set_counts(counts, m->film_count, m->box_count, m->classes.count), sets,
                 sx_noun((size_t)sets, "set", "sets"), sx_layout_name(to));
    if (t->renamed)
        sx_cli_print("renamed by the map: %zu %s\n", t->renamed,
                     sx_noun(t->renamed, "box", "boxes"));
    if (t->left_out)
        sx_cli_print("left out by the map: %zu %s\n", t->left_out,
                     sx_noun(t->left_out, "box", "boxes"));
    if (t->duplicates)
        sx_cli_print("left out: %zu %s that an earlier set has\n", t->duplicates,
                     sx_noun(t->duplicates, "film", "films"));
}

static bool write_merged(const sx_call *call, const sx_manifest *m, sx_layout to, origin *from,
                         sx_error *err) {
    const args *a = call->args;
    sx_manifest_loss loss;
    const sx_manifest_target target = { .layout = to,
                                        .dir = a->out,
                                        .link = true,
                                        .context = call->context,
                                        .progress = sx_cli_progress(call, "films", m->film_count),
                                        .command = "data merge",
                                        .add = write_origin,
                                        .user = from };
    const bool ok = sx_manifest_write(m, &target, &loss, err);
    sx_cli_progress_end();
    if (!ok) return false;
    tell_merge(call, from->totals);
    tell_result(m, from->totals, from->count, to);
    sx_cli_tell_losses(&loss, to == SX_LAYOUT_YOLO);
    return true;
}

static bool merge(const sx_call *call, const input *inputs, const sx_merge_set *sets, sx_layout to,
                  sx_error *err) {
    const args *a = call->args;
    sx_class_map map = { 0 };
    sx_merge_totals totals = { 0 };
    sx_manifest merged = { 0 };
    bool ok = !a->class_map || sx_class_map_read(a->class_map, &map, err);
    if (ok) {
        const sx_merge_options o = { .sets = sets,
                                     .set_count = (size_t)call->input_count,
                                     .map = a->class_map ? &map : NULL,
                                     .classes = a->classes,
                                     .duplicates = (sx_merge_duplicates)a->duplicates,
                                     .context = call->context };
        ok = sx_manifest_merge(&o, &merged, &totals, err);
        for (size_t i = 0; !ok && i < totals.same_films.count; i++)
            sx_log(call->context, SX_LOG_ERROR, "%s", totals.same_films.items[i]);
    }
    origin from = { inputs, call->input_count, &totals };
    ok = ok && write_merged(call, &merged, to, &from, err);
    sx_class_map_free(&map);
    sx_merge_totals_free(&totals);
    sx_manifest_free(&merged);
    return ok;
}

static bool run_sets(const sx_call *call, input *inputs, sx_merge_set *sets, sx_layout to,
                     sx_paths *unread, sx_error *err) {
    const args *a = call->args;
    const int count = call->input_count;
    bool ok = parse_inputs(call, inputs, err);
    for (int i = 0; ok && i < count; i++)
        sets[i] = (sx_merge_set){ .name = inputs[i].name, .m = &inputs[i].m };
    for (int i = 0; ok && i < a->splits.count; i++)
        ok = apply_split(a->splits.items[i], sets, count, err);
    for (int i = 0; ok && i < count; i++)
        ok = sx_manifest_open(inputs[i].path, NULL, &inputs[i].m, err) &&
             sx_cli_read_headers(call, inputs[i].path, &inputs[i].m, unread, err);
    return ok && merge(call, inputs, sets, to, err);
}

static int run_data_merge(sx_call *call) {
    const args *a = call->args;
    sx_error err = { 0 };
    const sx_layout to = sx_cli_layout(a->to);
    sx_paths unread = { 0 };
    const size_t count = (size_t)call->input_count;
    input *inputs = sx_calloc_for(count, sizeof *inputs, "data sets", &err);
    sx_merge_set *sets = sx_calloc_for(count, sizeof *sets, "data sets", &err);
    const bool ok = inputs && sets && run_sets(call, inputs, sets, to, &unread, &err);
    for (size_t i = 0; inputs && i < count; i++)
        sx_manifest_free(&inputs[i].m);
    free(inputs);
    free(sets);
    sx_cli_tell_unreadable(call, &unread);
    const bool all = unread.count == 0;
    sx_paths_free(&unread);
    if (!ok) return sx_cli_fail(&err);
    return all ? SX_EXIT_OK : SX_EXIT_BAD;
}

static const sx_option options[] = {
    { "out", SX_OPT_TEXT, offsetof(args, out), "DIR", "new folder", .required = true,
      .output_folder = true, .outside_inputs = true },
    { "to", SX_OPT_CHOICE, offsetof(args, to), SX_CLI_LAYOUTS,
      "layout of the new files (default: coco)" },
    { "class-map", SX_OPT_TEXT, offsetof(args, class_map), "FILE",
      "CSV lesion_type,to[,set]; an empty `to` leaves boxes out" },
    { "classes", SX_OPT_TEXT, offsetof(args, classes), "A,B|vindr",
      "lesion names, in this order; others are errors" },
    { "split", SX_OPT_LIST, offsetof(args, splits), "NAME=SPLIT",
      "split of all films of a set: train, val, test, none" },
    { "duplicates", SX_OPT_CHOICE, offsetof(args, duplicates), "refuse|first|keep",
      "the same film in two sets (default: refuse)" },
    { 0 },
};

const sx_command sx_cmd_data_merge = {
    .name = "data merge",
    .inputs = "[NAME=]DATASET...",
    .summary = "Make an index of several data sets as one",
    .help = "Writes the annotations of all sets into one, with symbolic links to the films.\n"
            "NAME is the folder's name if it is not given. Films become NAME/ID; patients,\n"
            "readers and studies become NAME:ID, because the same ID in two sets is no\n"
            "proof of the same patient. Such collisions are named. merge.json records the\n"
            "sets. docs/data.md has the details.",
    .example = "spinexr data merge --out both vindr=vindr-spinexr ours=hospital-set",
    .options = options,
    .min_inputs = 2,
    .max_inputs = -1,
    .defaults = &defaults,
    .args_size = sizeof(args),
    .run = run_data_merge,
};
