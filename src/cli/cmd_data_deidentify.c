#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/command.h"
#include "cli/found_films.h"
#include "cli/set_args.h"
#include "cli/terminal.h"
#include "data/deid_map.h"
#include "data/deidentify_set.h"

typedef struct args {
    const char *out, *key, *map, *report, *lesion_names;
    bool keep_dates, keep_device, keep_patient, clean_pixels, keep_text;
} args;

/* What was printed, for --json. */
typedef struct warnings {
    sx_paths lines;
    bool lost;          /* out of memory */
    size_t passed_over; /* files of folders that are not films */
    bool not_annotated; /* annotations that could not be taken over */
    bool quiet;
} warnings;

/* -q leaves out what is no error. */
static void warn(warnings *w, const char *line, bool error) {
    if (error || !w->quiet) sx_terminal_print(line);
    w->lost = w->lost || !sx_paths_add(&w->lines, line, NULL);
}

static void refused(void *ctx, const sx_error *why) {
    char line[sizeof why->message + 16];
    snprintf(line, sizeof line, "rejected: %s", why->message);
    warn(ctx, line, true);
}

static void cleaned(void *ctx, const char *path, const char *where) {
    char line[1024];
    snprintf(line, sizeof line, "blanked: %.600s: likely text at %s", path, where);
    warn(ctx, line, false);
}

/* A folder without a film is rejected; if nothing else was given, it is an error. */
static bool find_films(const sx_call *call, sx_found_films *f, warnings *w, sx_error *err) {
    if (!sx_found_films_open(call, f, err)) return false;
    w->passed_over = f->passed_over;
    for (size_t i = 0; i < f->empty.count; i++) {
        sx_error why = { 0 };
        sx_fail(&why, SX_ERR_MISSING, "%s", f->empty.items[i]);
        if (i + 1 == f->empty.count && f->files.count + f->unread.count == 0)
            return sx_fail(err, why.code, "%s", why.message);
        refused(w, &why);
    }
    return true;
}

static void leave_annotations(warnings *w, const char *why) {
    char line[1100];
    snprintf(line, sizeof line, "the annotations are not taken over: %.1040s", why);
    warn(w, line, true);
    w->not_annotated = true;
}

/* Whether the annotations name films that exist here. */
static bool have_films(const sx_call *call, const sx_manifest *m, warnings *w) {
    for (size_t i = 0; i < m->film_count; i++)
        if (m->films[i].path) return true;
    sx_error why = { 0 };
    sx_fail(&why, SX_ERR_MISSING, "%s: none of the %zu films has a file", call->inputs[0],
            m->film_count);
    leave_annotations(w, why.message);
    return false;
}

/* *set: the only input is a data set (a folder or an annotation file) whose annotations are those
 * of films here. Annotations with a fault are left behind, which is told; annotations that cannot
 * be read are an error, because the next try may read them. */
static bool open_set(const sx_call *call, sx_manifest *m, bool *set, warnings *w, sx_error *err) {
    const char *path = call->inputs[0];
    sx_error why = { 0 };
    const bool dir = sx_path_is_dir(path);
    *set = false;
    if (call->input_count != 1) return true;
    if (dir && !sx_path_check_dir(path, NULL)) return true; /* counted with the other films */
    if (!dir && !sx_path_has_ending(path, ".csv") && !sx_path_has_ending(path, ".json"))
        return true;
    const bool opened = sx_manifest_open(path, NULL, m, &why);
    *set = opened && have_films(call, m, w);
    if (*set) return true;
    sx_manifest_free(m);
    if (!opened && (why.code == SX_ERR_IO || why.code == SX_ERR_MEMORY))
        return sx_fail(err, why.code, "%s", why.message);
    if (!opened && dir && why.code != SX_ERR_UNSUPPORTED) leave_annotations(w, why.message);
    return true;
}

static bool print_json(const sx_deidentify_set_totals *s, bool set, warnings *w, sx_error *err) {
    const sx_deidentify_totals *t = &s->films;
    if (w->lost) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the warnings");
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    sx_json_count(root, "written", t->written);
    sx_json_count(root, "already_there", t->existing);
    sx_json_count(root, "refused", t->refused);
    sx_json_count(root, "blanked", t->cleaned);
    sx_json_count(root, "passed_over", w->passed_over);
    if (set) {
        sx_json_count(root, "annotated", s->annotated);
        sx_json_count(root, "left_out", s->left_out);
        sx_json_count(root, "left_out_boxes", s->left_out_boxes);
        sx_json_count(root, "unlisted", s->unlisted);
        sx_json_count(root, "other_files", s->others);
    }
    sx_json lines = sx_json_array(root, "warnings");
    sx_paths_sort(&w->lines); /* they come from several threads */
    for (size_t i = 0; i < w->lines.count; i++)
        sx_json_text(lines, NULL, w->lines.items[i]);
    const bool ok = sx_cli_print_json(&doc, SX_JSON_LINES, err);
    sx_json_free(&doc);
    return ok;
}

static const char *films(size_t n) {
    return sx_noun(n, "film", "films");
}

static void print_set(const sx_deidentify_set_totals *s) {
    if (s->annotated)
        sx_cli_print("annotations of %zu %s written\n", s->annotated, films(s->annotated));
    else
        sx_cli_print("no annotations written: none of their films was de-identified\n");
    if (s->left_out)
        sx_cli_print("left out: %zu %s without a file, %zu rejected, %zu %s\n", s->missing,
                     films(s->missing), s->left_out - s->missing, s->left_out_boxes,
                     sx_noun(s->left_out_boxes, "box", "boxes"));
    if (s->unlisted)
        sx_cli_print("%zu %s not in the annotations: unlisted/\n", s->unlisted,
                     sx_noun(s->unlisted, "film is", "films are"));
    if (s->others)
        sx_cli_print("%zu other %s not taken over\n", s->others,
                     sx_noun(s->others, "file", "files"));
}

static int report(const sx_call *call, const sx_deidentify_set_totals *s, bool set, warnings *w) {
    const sx_deidentify_totals *t = &s->films;
    sx_error err = { 0 };
    if (call->json) {
        if (!print_json(s, set, w, &err)) return sx_cli_fail(&err);
    } else {
        sx_cli_print("%zu %s written, %zu already there, %zu rejected", t->written,
                     films(t->written), t->existing, t->refused);
        if (w->passed_over)
            sx_cli_print(", %zu other %s passed over", w->passed_over,
                         sx_noun(w->passed_over, "file", "files"));
        sx_cli_print("\n");
        if (set) print_set(s);
    }
    if (t->cleaned && !call->json)
        sx_cli_print("text blanked in %zu %s: check by eye\n", t->cleaned, films(t->cleaned));
    return t->refused || s->left_out || w->not_annotated ? SX_EXIT_BAD : SX_EXIT_OK;
}

/* A random key, or that of the unfinished run that is continued. */
static bool make_key(const args *a, uint8_t key[SX_DEID_KEY], sx_error *err) {
    bool found = false;
    if (a->map && !sx_deid_map_key(a->map, key, &found, err)) return false;
    return found || RAND_bytes(key, SX_DEID_KEY) == 1 ||
           sx_fail(err, SX_ERR_IO, "the system provides no random numbers for a key");
}

static int run_data_deidentify(sx_call *call) {
    const args *a = call->args;
    sx_error err = { 0 };
    uint8_t random[SX_DEID_KEY];
    sx_file key = { 0 };
    sx_found_films found = { 0 };
    sx_manifest m = { 0 };
    sx_names lesion_names = { 0 };
    sx_deidentify_set_totals totals = { 0 };
    warnings told = { .quiet = call->quiet };
    if (a->clean_pixels && a->keep_text)
        return sx_cli_usage(call, "--clean-pixels and --keep-text exclude each other");
    for (int i = 0; i < 2; i++) {
        const char *names_patients = i == 0 ? a->map : a->report;
        if (names_patients && sx_path_is_below(names_patients, a->out))
            return sx_cli_usage(call, "%s would stand among the films: it names patients",
                                names_patients);
    }
    if (a->key && !sx_file_open(&key, a->key, &err)) return sx_cli_fail(&err);
    if (!a->key && !make_key(a, random, &err)) return sx_cli_fail(&err);
    bool set, ok = open_set(call, &m, &set, &told, &err) &&
                   (set || find_films(call, &found, &told, &err));
    if (ok && a->lesion_names && !set)
        ok = sx_fail(&err, SX_ERR_USAGE, "--lesion-names: the input is no data set");
    ok = ok && sx_cli_read_lesion_names(a->lesion_names, &lesion_names, &err);
    if (ok && a->key && (key.size < 16 || key.size > 4096))
        ok = sx_fail(&err, SX_ERR_USAGE, "%s: a key has 16 to 4096 bytes", a->key);
    if (ok) {
        sx_deidentify d = {
            .files = &found.files,
            .unread = &found.unread,
            .out = a->out,
            .map = a->map,
            .report = a->report,
            .new_key = !a->key,
            .lesion_names = &lesion_names,
            .options = { a->key ? key.data : random, a->key ? key.size : sizeof random,
                         a->keep_dates, a->keep_device, a->keep_patient,
                         a->clean_pixels ? SX_DEID_TEXT_CLEAN
                         : a->keep_text  ? SX_DEID_TEXT_KEEP
                                         : SX_DEID_TEXT_REFUSE },
            .progress = sx_cli_progress(call, "films", set ? m.film_count : found.files.count),
            .context = call->context,
            .refused = refused,
            .cleaned = cleaned,
            .ctx = &told,
        };
        ok = set ? sx_deidentify_set(&d, call->inputs[0], &m, &totals, &err)
                 : sx_deidentify_run(&d, &totals.films, &err);
        sx_cli_progress_end();
        totals.films.refused += found.empty.count;
    }
    if (set) sx_manifest_free(&m);
    sx_found_films_free(&found);
    sx_names_free(&lesion_names);
    sx_file_close(&key);
    const int status = ok ? report(call, &totals, set, &told) : sx_cli_fail(&err);
    sx_paths_free(&told.lines);
    return status;
}

static const sx_option options[] = {
    { "out", SX_OPT_TEXT, offsetof(args, out), "DIR", "folder for the new files", .required = true,
      .output_folder = true, .outside_inputs = true },
    { "key", SX_OPT_TEXT, offsetof(args, key), "FILE",
      "secret; the same key, the same new ids (default: random)" },
    { "map", SX_OPT_TEXT, offsetof(args, map), "FILE",
      "write old and new ids to a new file, readable only by you", .output = true },
    { "report", SX_OPT_TEXT, offsetof(args, report), "FILE",
      "write each film's result and warnings (CSV); private", .output = true },
    { "lesion-names", SX_OPT_TEXT, offsetof(args, lesion_names), "FILE",
      "lesion names of a data set that identify nobody" },
    { "keep-dates", SX_OPT_FLAG, offsetof(args, keep_dates), NULL,
      "keep times, and dates shifted per patient" },
    { "keep-device", SX_OPT_FLAG, offsetof(args, keep_device), NULL,
      "keep manufacturer, model, serial number" },
    { "keep-patient", SX_OPT_FLAG, offsetof(args, keep_patient), NULL,
      "keep sex, age to 89, size, weight" },
    { "clean-pixels", SX_OPT_FLAG, offsetof(args, clean_pixels), NULL,
      "blank likely text in the films' borders" },
    { "keep-text", SX_OPT_FLAG, offsetof(args, keep_text), NULL,
      "do not search for text in the films" },
    { 0 },
};

const sx_command sx_cmd_data_deidentify = {
    .name = "data deidentify",
    .inputs = "DIR|FILE...",
    .summary = "Remove identifying data from DICOM files",
    .help = "Follows DICOM PS3.15 annex E, Basic Profile (docs/deidentify.md). A film whose\n"
            "header or pixels indicate text in the picture is rejected or cleaned.\n"
            "The annotations of a data set (DIR, or its CSV or JSON) get the new ids, too.",
    .example = "spinexr data deidentify pacs --key secret --keep-patient --out films",
    .min_inputs = 1,
    .max_inputs = -1,
    .options = options,
    .args_size = sizeof(args),
    .json = true,
    .run = run_data_deidentify,
};
