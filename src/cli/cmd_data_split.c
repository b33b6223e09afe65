#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/claim.h"
#include "base/files.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/documents.h"
#include "data/patients.h"
#include "data/split.h"
#include "data/split_lists.h"

enum { MAX_PARTS = 64 };

typedef struct args {
    const char *out, *fractions, *classes;
    long folds, seed;
} args;

static const args defaults = { .fractions = "0.8,0.1,0.1", .seed = 1 };

typedef struct parts {
    double share[MAX_PARTS];
    char name[MAX_PARTS][16];
    int count;
} parts;

static bool parse_parts(const args *a, parts *p) {
    static const char *const two[] = { "train", "test" }, *const three[] = { "train", "val",
                                                                             "test" };
    if (a->folds) {
        p->count = a->folds < MAX_PARTS ? (int)a->folds : MAX_PARTS;
        for (int i = 0; i < p->count; i++) {
            p->share[i] = 1;
            snprintf(p->name[i], sizeof p->name[i], "fold%d", i);
        }
        return true;
    }
    const char *s = a->fractions;
    for (p->count = 0; p->count < 3;) {
        char *end;
        p->share[p->count] = sx_strtod(s, &end);
        if (end == s || !(p->share[p->count] > 0 && p->share[p->count] < 1e6)) return false;
        p->count++;
        s = end + (*end == ',');
        if (!*end) break;
        if (*end != ',') return false;
    }
    if (*s || p->count < 2) return false;
    for (int i = 0; i < p->count; i++)
        snprintf(p->name[i], sizeof p->name[i], "%s", p->count == 2 ? two[i] : three[i]);
    return true;
}

static bool write_lists_in(const sx_manifest *m, const parts *p, const int *part, const char *dir,
                           sx_error *err) {
    const char *names[MAX_PARTS];
    for (int k = 0; k < p->count; k++)
        names[k] = p->name[k];
    return sx_split_lists_write(m, &(sx_split_parts){ part, names, p->count }, dir, err);
}

/* Writes into a temporary folder that is renamed when it is complete. Otherwise a user could take
 * an incomplete set of lists for a complete one. */
static bool write_lists(const sx_manifest *m, const parts *p, const int *part, const char *to,
                        sx_error *err) {
    char *unfinished;
    sx_claim_sweep_name(to);
    if (sx_path_exists(to))
        return sx_fail(err, SX_ERR_IO, "%s: already exists; name a new folder, or remove it", to);
    sx_claim *claim = sx_claim_open_name(to, "data split", err);
    if (!claim) return false;
    bool ok = sx_claim_make_folder(claim, to, &unfinished, err);
    if (ok && write_lists_in(m, p, part, unfinished, err)) {
        ok = sx_claim_put_folder(claim, unfinished, to, err);
    } else {
        if (ok) sx_claim_name_target(unfinished, to, err);
        free(unfinished);
        ok = false;
    }
    sx_claim_close(claim);
    return ok;
}

/* Counts the films of a part by lesion class. Index classes + 0 counts abnormal films, + 1 normal
 * films and + 2 all films. */
static size_t films_with(const sx_manifest *m, const int *part, int k, size_t class) {
    size_t n = 0;
    for (size_t i = 0; i < m->film_count; i++) {
        const sx_manifest_film *f = &m->films[i];
        bool has = class == m->classes.count       ? f->label == 1
                   : class == m->classes.count + 1 ? f->label == 0
                                                   : class > m->classes.count;
        for (size_t b = 0; b < f->box_count && class < m->classes.count; b++)
            has = has || m->boxes[f->first_box + b].label == class;
        n += has && (k < 0 || part[i] == k);
    }
    return n;
}

static const char *const more[] = { "abnormal", "normal", "films" };

/* Prints the balance: the films with each finding, and their share of all films with it. */
static bool print_balance(const sx_manifest *m, const parts *p, const int *part, sx_error *err) {
    sx_doc *d = sx_doc_new("");
    if (!d) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a table");
    sx_table *t = sx_doc_table(d, "balance", "");
    sx_table_column(t, "films with", false);
    sx_table_column(t, "all", true);
    for (int k = 0; k < p->count; k++)
        sx_table_column(t, p->name[k], true);
    for (size_t c = 0; c < m->classes.count + 3; c++) {
        const size_t all = films_with(m, part, -1, c);
        sx_table_row(t, false);
        sx_table_text(t, "%s",
                      c < m->classes.count ? m->classes.items[c] : more[c - m->classes.count]);
        sx_table_text(t, "%zu", all);
        for (int k = 0; k < p->count; k++) {
            const size_t n = films_with(m, part, k, c);
            sx_table_text(t, "%zu %6.2f%%", n, all ? 100 * (double)n / (double)all : 0.0);
        }
    }
    return sx_cli_print_doc(d, err);
}

static bool print_json(const sx_manifest *m, const parts *p, const int *part, sx_error *err) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    for (int k = 0; k < p->count; k++) {
        sx_json of = sx_json_object(root, p->name[k]);
        for (size_t c = 0; c < m->classes.count + 3; c++)
            sx_json_count(of,
                          c < m->classes.count ? m->classes.items[c] : more[c - m->classes.count],
                          films_with(m, part, k, c));
    }
    const bool ok = sx_cli_print_json(&doc, SX_JSON_LINES, err);
    sx_json_free(&doc);
    return ok;
}

/* Error: there are more folds than parts or patients. */
static bool check_folds(const sx_manifest *m, long folds, sx_error *err) {
    size_t patients = 0;
    uint32_t *group = sx_calloc_for(m->film_count, sizeof *group, "a split", err);
    bool ok = group && sx_film_groups(m, group, &patients, err);
    free(group);
    if (ok && (size_t)folds > patients)
        ok = sx_fail(err, SX_ERR_USAGE, "%zu %s cannot be split into %ld parts", patients,
                     sx_noun(patients, "patient", "patients"), folds);
    if (ok && folds > MAX_PARTS)
        ok = sx_fail(err, SX_ERR_USAGE, "--folds %ld: at most %d; there %s %zu %s", folds,
                     MAX_PARTS, sx_noun(patients, "is", "are"), patients,
                     sx_noun(patients, "patient", "patients"));
    return ok;
}

static void tell_placeholders(const sx_call *call, const sx_manifest *m) {
    const char *first = "";
    const size_t n = sx_films_of_placeholders(m, &first);
    if (n)
        sx_log(
            call->context, SX_LOG_WARNING,
            "%zu %s a patient ID that names no patient, the first %.60s; only films of one study "
            "are kept together there",
            n, sx_noun(n, "film has", "films have"), first);
}

static int run_data_split(sx_call *call) {
    const args *a = call->args;
    parts p = { .count = 0 };
    sx_error err = { 0 };
    sx_manifest m;
    if (!parse_parts(a, &p))
        return sx_cli_usage(call, "--fractions: '%s' is not two or three shares above 0",
                            a->fractions);
    bool ok = sx_manifest_open(
        call->inputs[0],
        &(sx_manifest_options){ .classes = a->classes, .classes_from = "--classes" }, &m, &err);
    ok = ok && (!a->folds || check_folds(&m, a->folds, &err));
    int *part = ok ? sx_calloc_for(m.film_count, sizeof *part, "a split", &err) : NULL;
    if (ok) sx_manifest_warn(call->context, &m);
    if (ok) tell_placeholders(call, &m);
    const sx_split_plan plan = { p.share, p.count, (uint64_t)a->seed };
    ok = part && sx_split_films(&m, &plan, part, &err) && write_lists(&m, &p, part, a->out, &err);
    if (ok && call->json)
        ok = print_json(&m, &p, part, &err);
    else if (ok)
        ok = print_balance(&m, &p, part, &err);
    free(part);
    sx_manifest_free(&m);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "out", SX_OPT_TEXT, offsetof(args, out), "DIR", "new folder of the lists", .required = true,
      .output_folder = true },
    { "fractions", SX_OPT_TEXT, offsetof(args, fractions), "A,B[,C]",
      "train, val if given, test (default: 0.8,0.1,0.1)" },
    { "folds", SX_OPT_INT, offsetof(args, folds), "K", "K equal folds (default: fractions)",
      .min = 2, .max = 1e9 },
    { "seed", SX_OPT_INT, offsetof(args, seed), "S", "seed that decides ties (default: 1)",
      .min = 0, .max = 9e15 },
    { "classes", SX_OPT_TEXT, offsetof(args, classes), "A,B|vindr",
      "lesion names; others are errors" },
    { 0 },
};

const sx_command sx_cmd_data_split = {
    .name = "data split",
    .inputs = "DATASET",
    .summary = "Split films by patient with balanced findings",
    .help = "Iterative stratification over the lesion classes (Sechidis 2011). Films of one\n"
            "patient or study stay together. Writes a list of image ids for each part and\n"
            "split.csv, and prints the balance achieved.",
    .example = "spinexr data split --folds 5 --out folds vindr-spinexr",
    .options = options,
    .min_inputs = 1,
    .max_inputs = 1,
    .defaults = &defaults,
    .args_size = sizeof(args),
    .json = true,
    .serial = true,
    .run = run_data_split,
};
