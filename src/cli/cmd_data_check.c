#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "cli/command.h"
#include "data/set_check.h"

typedef struct args {
    const char *classes, *images;
    bool headers;
} args;

static bool print_json(const sx_manifest *m, const sx_check *c, sx_error *err) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    sx_json_text(root, "layout", sx_layout_name(m->layout));
    sx_json_count(root, "films", c->film_count);
    sx_json_count(root, "boxes", c->box_count);
    sx_json counts = sx_json_object(root, "counts");
    for (int k = 0; k < SX_FAULTS; k++)
        sx_json_count(counts, sx_fault_name((sx_fault_kind)k), c->counts[k]);
    sx_json faults = sx_json_array(root, "faults");
    for (size_t i = 0; i < c->fault_count; i++) {
        const sx_fault *f = &c->faults[i];
        sx_json fault = sx_json_object(faults, NULL);
        sx_json_text(fault, "kind", sx_fault_name(f->kind));
        const bool film = f->film != SX_NO_FILM;
        sx_json_text(fault, "film", film ? m->films[f->film].id : "");
        sx_json_text(fault, "file", film ? m->sources.items[f->source] : "");
        sx_json_integer(fault, "line", (int64_t)f->line);
        sx_json_text(fault, "text", f->text);
    }
    const bool ok = sx_cli_print_json(&doc, SX_JSON_LINES, err);
    sx_json_free(&doc);
    return ok;
}

static void print_counts(const sx_manifest *m, const sx_check *c) {
    char found[160];
    sx_str faults = { 0 };
    snprintf(found, sizeof found, "%zu %s, %zu %s (%s)", c->film_count,
             sx_noun(c->film_count, "film", "films"), c->box_count,
             sx_noun(c->box_count, "box", "boxes"), sx_layout_name(m->layout));
    if (!c->fault_count) sx_str_add(&faults, "no faults");
    for (int k = 0; k < SX_FAULTS; k++)
        if (c->counts[k])
            sx_str_printf(&faults, "%s%zu %s", faults.len ? ", " : "", c->counts[k],
                          sx_fault_name((sx_fault_kind)k));
    sx_cli_print_parts((const sx_line_part[]){ { found, ": " }, { sx_str_text(&faults) } }, 2);
    sx_str_free(&faults);
}

static void print_text(const sx_manifest *m, const sx_check *c) {
    for (size_t i = 0; i < c->fault_count; i++) {
        const sx_fault *f = &c->faults[i];
        sx_str where = { 0 };
        sx_str_printf(&where, "%-10s", sx_fault_name(f->kind));
        if (f->film != SX_NO_FILM) sx_str_printf(&where, "  %s", m->sources.items[f->source]);
        if (f->line) sx_str_printf(&where, ":%u", f->line);
        sx_cli_print_parts(
            (const sx_line_part[]){ { sx_str_text(&where), "  ", true }, { f->text } }, 2);
        sx_str_free(&where);
    }
    print_counts(m, c);
}

/* Annotations beside films that are elsewhere. */
static void hint_at_images(const sx_call *call, const args *a, const sx_check *c) {
    if (!a->images && c->film_count > 1 && c->counts[SX_FAULT_MISSING] == c->film_count)
        sx_log(call->context, SX_LOG_INFO,
               "no film was found; --images DIR names the folder of the films");
}

static int run_data_check(sx_call *call) {
    const args *a = call->args;
    sx_error err = { 0 };
    sx_manifest m;
    sx_check c = { 0 };
    const sx_manifest_options o = { .classes = a->classes,
                                    .images = a->images,
                                    .keep_faults = true };
    bool ok = sx_manifest_open(call->inputs[0], &o, &m, &err);
    if (ok) {
        size_t given = 0;
        if (a->classes && strcmp(a->classes, "vindr") == 0) given = 7;
        for (const char *s = a->classes; s && *s && given != 7; s++)
            given += *s == ',';
        if (a->classes && strcmp(a->classes, "vindr") != 0) given++;
        const sx_check_options how = { .class_count = given,
                                       .headers_only = a->headers,
                                       .progress = sx_cli_progress(call, "films", m.film_count),
                                       .context = call->context };
        ok = sx_check_films(&m, &how, &c, &err);
        sx_cli_progress_end();
    }
    if (ok && call->json)
        ok = print_json(&m, &c, &err);
    else if (ok)
        print_text(&m, &c);
    if (ok) hint_at_images(call, a, &c);
    int status = !ok ? sx_cli_fail(&err) : c.fault_count ? SX_EXIT_BAD : SX_EXIT_OK;
    sx_check_free(&c);
    sx_manifest_free(&m);
    return status;
}

static const sx_option options[] = {
    { "classes", SX_OPT_TEXT, offsetof(args, classes), "A,B|vindr",
      "lesion names to expect (default: any)" },
    { "images", SX_OPT_TEXT, offsetof(args, images), "DIR",
      "folder of the films (default: the layout's)" },
    { "headers", SX_OPT_FLAG, offsetof(args, headers), NULL, "do not decode and compare pixels" },
    { 0 },
};

const sx_command sx_cmd_data_check = {
    .name = "data check",
    .inputs = "DATASET",
    .summary = "Check a data set for faults before training",
    .help = "Reads every film. Boxes must be on their film, not empty and not\n"
            "repeated; no film (by its file or its pixels) and no patient may be in two\n"
            "splits. Exit status 1 if any fault is found. Layouts: docs/data.md.",
    .example = "spinexr data check --classes vindr vindr-spinexr",
    .min_inputs = 1,
    .max_inputs = 1,
    .options = options,
    .args_size = sizeof(args),
    .json = true,
    .run = run_data_check,
};
