/* spinexr reading export */
#include <stdlib.h>

#include "base/claim.h"
#include "base/clock.h"
#include "base/files.h"
#include "base/str.h"
#include "base/writer.h"
#include "cli/command.h"
#include "cli/reading_args.h"
#include "data/manifest_write.h"
#include "service/reading/reading_versions.h"

typedef struct export_args {
    sx_serve_args service;
    const char *out, *reader, *tag;
    long round;
    bool adjudicated;
} export_args;

/* ---- files ---- */

static bool write_part(const char *folder, const char *name, const sx_str *bytes, sx_error *err) {
    char *path = sx_path_join(folder, name);
    const bool ok = path ? sx_write_file(path, sx_str_text(bytes), bytes->len, err)
                         : sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", folder);
    free(path);
    return ok;
}

/* The same boxes as COCO, by the writer of `data convert`. */
static bool write_coco(const sx_call *call, const char *folder, sx_error *err) {
    sx_manifest m = { 0 };
    sx_manifest_loss loss;
    char *csv = sx_path_join(folder, "annotations.csv"), *coco = sx_path_join(folder, "coco");
    const sx_manifest_options o = { .annotations_only = true };
    const sx_manifest_target target = {
        .layout = SX_LAYOUT_COCO, .dir = coco, .stated_sizes = true, .context = call->context
    };
    const bool ok = csv && coco ? sx_manifest_open(csv, &o, &m, err) &&
                                      sx_manifest_write(&m, &target, &loss, err)
                                : sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", folder);
    sx_manifest_free(&m);
    free(csv);
    free(coco);
    return ok;
}

static bool write_sums(const char *folder, const sx_reading_version *v, sx_error *err) {
    sx_sha256 csv, json;
    sx_str text = { 0 };
    bool ok = sx_sha256_of(sx_str_text(&v->csv), v->csv.len, &csv, err) &&
              sx_sha256_of(sx_str_text(&v->json), v->json.len, &json, err);
    if (ok) sx_str_printf(&text, "%s  annotations.csv\n%s  reading.json\n", csv.hex, json.hex);
    ok = ok && sx_str_ok(&text, err) && write_part(folder, "SHA256SUMS", &text, err);
    sx_str_free(&text);
    return ok;
}

static bool fill_folder(const sx_call *call, const char *folder, const sx_reading_version *v,
                        sx_error *err) {
    return write_part(folder, "annotations.csv", &v->csv, err) &&
           write_part(folder, "reading.json", &v->json, err) && write_sums(folder, v, err) &&
           (!v->counts.films || write_coco(call, folder, err));
}

static bool write_folder(const sx_call *call, const char *out, const sx_reading_version *v,
                         sx_error *err) {
    char *temporary = NULL;
    sx_claim_sweep_name(out);
    if (sx_path_exists(out)) return sx_fail(err, SX_ERR_IO, "%s: already exists", out);
    sx_claim *claim = sx_claim_open_name(out, "reading export", err);
    bool ok = claim && sx_claim_make_folder(claim, out, &temporary, err);
    if (ok && !fill_folder(call, temporary, v, err)) {
        sx_claim_name_target(temporary, out, err);
        free(temporary);
        ok = false;
    } else if (ok) {
        ok = sx_claim_put_folder(claim, temporary, out, err);
    }
    sx_claim_close(claim);
    return ok;
}

/* ---- the command ---- */

static void print_counts(const export_args *a, const sx_reading_version *v) {
    char text[160], lost[160] = "", kept[80] = "";
    const sx_reading_export_counts *c = &v->counts;
    sx_format(text, sizeof text, "%zu %s of films, %zu %s", c->films,
              sx_noun(c->films, "reading", "readings"), c->boxes,
              sx_noun(c->boxes, "box", "boxes"));
    if (c->rejected || c->unboxed)
        sx_format(lost, sizeof lost,
                  ", in reading.json alone: %zu rejected, %zu abnormal without a box", c->rejected,
                  c->unboxed);
    if (v->kept) sx_format(kept, sizeof kept, ", stored before as version %s", a->tag);
    sx_cli_print_parts(
        (const sx_line_part[]){ { a->out, ": ", true }, { text }, { lost }, { kept } }, 4);
    sx_cli_print("sha256 of annotations.csv followed by reading.json: %s\n", v->sha256.hex);
}

static int run_export(sx_call *call) {
    const export_args *a = call->args;
    sx_error err = { 0 };
    sx_reading_project p;
    sx_reading_version v = { 0 };
    const sx_reading_selection s = { .reader = a->reader,
                                     .round = (int)a->round,
                                     .adjudicated = a->adjudicated };
    sx_db *db = sx_reading_open(call, &a->service, &p, &err);
    const bool ok =
        db && sx_db_begin(db, &err) &&
        sx_db_end(db, sx_reading_version_make(db, &p, &s, a->tag, sx_wall_clock(), &v, &err),
                  &err) &&
        write_folder(call, a->out, &v, &err);
    sx_db_close(db);
    if (ok) print_counts(a, &v);
    sx_reading_version_free(&v);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "out", SX_OPT_TEXT, offsetof(export_args, out), "DIR", "new folder", .required = true },
    { "adjudicated", SX_OPT_FLAG, offsetof(export_args, adjudicated), NULL,
      "decisions of adjudicators instead of readings" },
    { "reader", SX_OPT_TEXT, offsetof(export_args, reader), "LOGIN", "of one person alone" },
    { "round", SX_OPT_INT, offsetof(export_args, round), "N",
      "of this round (default: the only one)", .min = 0, .max = 100 },
    { "tag", SX_OPT_TEXT, offsetof(export_args, tag), "TAG", "name of a version that is kept" },
    SX_SERVE_DATA_OPTION(export_args),
    SX_SERVE_CONFIG_OPTION(export_args),
    { 0 },
};

const sx_command sx_cmd_reading_export = {
    .name = "reading export",
    .inputs = "KEY",
    .summary = "Write what readers marked as a data set",
    .help = "DIR gets annotations.csv (rad_id: the login), coco/, reading.json with\n"
            "everything, and SHA256SUMS. Only complete tasks count. `data` and\n"
            "`eval agreement` read the result unchanged.",
    .example = "spinexr reading export spine-1 --tag v1 --out spine-v1",
    .min_inputs = 1,
    .max_inputs = 1,
    .options = options,
    .defaults = &(const export_args){ .service = SX_SERVE_ARGS_DEFAULTS },
    .args_size = sizeof(export_args),
    .serial = true,
    .run = run_export,
};
