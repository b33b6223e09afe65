#include "publish/model_release.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/claim.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/writer.h"
#include "data/manifest.h"
#include "phantom/phantom_set.h"
#include "publish/checksums.h"
#include "publish/model_about.h"
#include "publish/model_files.h"
#include "publish/model_test.h"
#include "publish/signature.h"
#include "report/prediction_run.h"
#include "spinexr/version.h"

typedef struct work {
    const sx_model_release *r;
    sx_model_release_totals *totals;
    const char *folder, *scratch; /* the release and the predictions, under temporary names */
    sx_about about;
    sx_bundle_info *info;
    sx_model_file *files; /* [info->network_count] */
    sx_model_scores scores;
    sx_checksums sums;
    char data[SX_MODEL_DATA];
} work;

/* FOLDER/NAME on the heap. */
static char *in(const char *folder, const char *name, sx_error *err) {
    char *path = sx_path_join(folder, name);
    if (!path) sx_fail(err, SX_ERR_MEMORY, "out of memory for %s", name);
    return path;
}

static bool make_folder(const work *w, const char *name, sx_error *err) {
    char *path = in(w->folder, name, err);
    const bool ok = path && sx_make_dirs(path, err);
    free(path);
    return ok;
}

static bool put_text(const work *w, const char *name, const sx_str *text, sx_error *err) {
    char *path = in(w->folder, name, err);
    const bool ok =
        path && sx_str_ok(text, err) && sx_write_file(path, sx_str_text(text), text->len, err);
    free(path);
    return ok;
}

static bool put_json(const work *w, const char *name, const sx_json_doc *doc, sx_error *err) {
    char *path = in(w->folder, name, err);
    const bool ok = path && sx_json_write(doc, path, err);
    free(path);
    return ok;
}

/* ---- predictions and scores ---- */

/* A model is published with its scores for all films, so one that could not be predicted ends the
 * run. Its fault is in the log. A refused film is no failure (prediction_run.h); the card counts
 * it. */
static bool check_films(const sx_model_release *r, const sx_report *report, sx_error *err) {
    const size_t failed = sx_report_failed(report), films = report->film_count;
    if (failed)
        return sx_fail(err, SX_ERR_MISSING,
                       "%s: %zu of %zu %s could not be predicted; nothing is published", r->data,
                       failed, films, sx_noun(films, "film", "films"));
    if (!sx_report_done(report))
        return sx_fail(err, SX_ERR_MISSING, "%s: every film was refused; nothing is published",
                       r->data);
    return true;
}

/* The films of the data set, as the truth names them. */
static bool predict_films(work *w, const sx_manifest *m, sx_error *err) {
    const sx_model_release *r = w->r;
    const char **paths = sx_calloc_for(m->film_count + 1, sizeof *paths, "films", err);
    size_t count = 0;
    if (!paths) return false;
    for (size_t i = 0; i < m->film_count; i++)
        if (m->films[i].path) paths[count++] = m->films[i].path;
    if (!count) {
        free(paths);
        return sx_fail(err, SX_ERR_MISSING, "%s: none of its films has an image", r->data);
    }
    sx_prediction_job job = { .context = r->context,
                              .inputs = paths,
                              .input_count = count,
                              .only = r->list,
                              .weights = r->weights,
                              .weight_count = r->weight_count,
                              .predictor = SX_PREDICTOR_DEFAULTS,
                              .film = SX_PREDICT_DEFAULTS,
                              .out = w->scratch,
                              .command = "predict",
                              .tables = true };
    sx_prediction_run run;
    bool ok = sx_prediction_run_open(&run, &job, 0, NULL, err);
    if (ok) {
        ok = sx_prediction_run_films(&run, err);
        if (ok && run.report.stopped) ok = sx_context_check(r->context, err);
        ok = ok && check_films(r, &run.report, err);
        if (ok) w->info = sx_bundle_info_hold(run.report.info);
        sx_prediction_run_close(&run);
    }
    free(paths);
    return ok;
}

static bool predict(work *w, sx_error *err) {
    sx_manifest m;
    const bool ok = sx_manifest_open(w->r->data, NULL, &m, err) && predict_films(w, &m, err);
    sx_manifest_free(&m);
    return ok;
}

static bool evaluate(work *w, sx_error *err) {
    const sx_model_release *r = w->r;
    char *report = in(w->scratch, "report.json", err);
    const sx_model_scoring how = { .context = r->context,
                                   .data = r->data,
                                   .list = r->list,
                                   .report = report,
                                   .name = "model",
                                   .meta = r->meta,
                                   .subgroups = r->subgroups,
                                   .subgroup_count = r->subgroup_count,
                                   .resamples = r->resamples };
    const bool ok = report && sx_model_scores_make(&how, &w->scores, err) &&
                    put_text(w, "evaluation.csv", &w->scores.csv, err);
    free(report);
    return ok;
}

/* ---- weights and ONNX ---- */

static bool put_networks(work *w, sx_error *err) {
    int classifiers = 0;
    w->files = sx_calloc_for((size_t)w->info->network_count, sizeof *w->files, "networks", err);
    if (!w->files || !make_folder(w, "onnx", err)) return false;
    for (int i = 0; i < w->info->network_count; i++) {
        const sx_network_info *n = &w->info->networks[i];
        sx_model_file *f = &w->files[i];
        char name[32] = "detector";
        if (n->task != SX_DETECTOR) snprintf(name, sizeof name, "classifier-%d", ++classifiers);
        snprintf(f->name, sizeof f->name, "%s.safetensors", name);
        snprintf(f->onnx, sizeof f->onnx, "%s.onnx", name);
        if (!sx_context_check(w->r->context, err) || !sx_model_file_write(w->folder, n, f, err))
            return false;
    }
    return true;
}

/* ---- the test ---- */

enum { TEST_SEEDS = 16, TEST_FILMS = 2, TEST_SIDE = 640 };

/* Drawn films whose verdicts and findings are not changed by rounding. */
static bool put_test_films(work *w, const char *films, sx_json_doc *doc, sx_error *err) {
    for (uint64_t seed = 1; seed <= TEST_SEEDS; seed++) {
        sx_phantom_totals totals;
        bool steady;
        const sx_phantom_set set = { .out = films,
                                     .count = TEST_FILMS,
                                     .seed = seed,
                                     .film = { .long_side = TEST_SIDE,
                                               .region = SX_PHANTOM_LUMBAR,
                                               .mix = SX_PHANTOM_CROWDED },
                                     .context = w->r->context };
        if (!sx_phantom_write_set(&set, &totals, err) ||
            !sx_model_test_run(w->r->context, w->folder, films, doc, &steady, err))
            return false;
        if (steady || seed == TEST_SEEDS) return true;
        sx_json_free(doc);
        if (!sx_remove_folder(films, err)) return false;
    }
    return true;
}

/* The drawn films are all of one split. A release has no empty folder, because SHA256SUMS cannot
 * list it and hubs drop it. */
static bool remove_other_split(const char *films, sx_error *err) {
    char *path = in(films, "test_images", err);
    const bool ok = path && (rmdir(path) == 0 || sx_fail_errno(err, path, "remove this folder"));
    free(path);
    return ok;
}

static bool put_test(work *w, sx_error *err) {
    sx_json_doc doc = { 0 };
    char *films = in(w->folder, "test/films", err);
    const bool ok = films && make_folder(w, "test", err) && put_test_films(w, films, &doc, err) &&
                    remove_other_split(films, err) && put_json(w, "test/expected.json", &doc, err);
    sx_json_free(&doc);
    free(films);
    return ok;
}

/* ---- documents ---- */

static void put_score(sx_json at, const char *key, sx_score s) {
    sx_json j = sx_json_object(at, key);
    sx_json_number(j, "value", s.value);
    sx_json_number(j, "low", s.low);
    sx_json_number(j, "high", s.high);
}

static bool put_record(const work *w, sx_error *err) {
    char today[16];
    const char *date = sx_about_text(&w->about, "date");
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    sx_today(today, sizeof today);
    sx_json_text(root, "schema", SX_MODEL_RELEASE_SCHEMA);
    sx_json_text(root, "title", sx_about_text(&w->about, "title"));
    sx_json_text(root, "version", sx_about_text(&w->about, "version"));
    sx_json_text(root, "licence", sx_about_text(&w->about, "licence"));
    sx_json_text(root, "date", date ? date : today);
    sx_json_text(root, "program", "spinexr");
    sx_json_text(root, "program_version", sx_version());
    sx_json networks = sx_json_array(root, "networks");
    for (int i = 0; i < w->info->network_count; i++) {
        const sx_network_info *n = &w->info->networks[i];
        sx_json at = sx_json_object(networks, NULL);
        sx_json_text(at, "file", w->files[i].name);
        sx_json_text(at, "onnx", w->files[i].onnx);
        sx_json_text(at, "task", n->task == SX_DETECTOR ? "detector" : "classifier");
        sx_json_text(at, "arch", n->arch);
        sx_json_text(at, "sha256", n->sha256);
    }
    sx_json scores = sx_json_object(root, "scores");
    sx_json_text(scores, "data", w->data);
    sx_json_text(scores, "annotations_sha256", w->scores.truth_hash);
    sx_json_count(scores, "films", w->scores.films);
    put_score(scores, "auroc", w->scores.auroc);
    put_score(scores, "ap50", w->scores.ap50);
    sx_json test = sx_json_object(root, "test_tolerance");
    sx_json_number(test, "score", SX_TEST_SCORE);
    sx_json_number(test, "pixels", SX_TEST_PIXELS);
    sx_json_number(test, "distance", SX_TEST_DISTANCE);
    const bool ok = put_json(w, "release.json", &doc, err);
    sx_json_free(&doc);
    return ok;
}

static bool put_card(const work *w, sx_error *err) {
    const sx_model_facts facts = { .about = &w->about,
                                   .info = w->info,
                                   .files = w->files,
                                   .scores = &w->scores,
                                   .data = w->data,
                                   .is_signed = w->r->key != NULL };
    sx_str card = { 0 };
    const bool ok = sx_model_card(&facts, &card, err) && put_text(w, "README.md", &card, err);
    sx_str_free(&card);
    return ok;
}

static bool copy_named(const work *w, const char *key, const char *name, sx_error *err) {
    char *to = in(w->folder, name, err);
    const bool ok = to && sx_about_copy(&w->about, key, to, err);
    free(to);
    return ok;
}

static bool sign(const work *w, sx_error *err) {
    uint8_t signature[SX_SIGNATURE];
    sx_file f;
    if (!w->r->key) return true;
    char *sums = in(w->folder, SX_CHECKSUMS, err), *to = in(w->folder, SX_CHECKSUMS ".sig", err);
    bool ok = sums && to && sx_file_open(&f, sums, err);
    if (ok) {
        ok = sx_sign(w->r->key, f.data, f.size, signature, err) &&
             sx_write_file(to, signature, sizeof signature, err);
        sx_file_close(&f);
    }
    free(sums);
    free(to);
    return ok;
}

static bool put_documents(work *w, sx_error *err) {
    const bool configured = sx_about_text(&w->about, "configuration") != NULL;
    if (configured && (!make_folder(w, "training", err) ||
                       !copy_named(w, "configuration", "training/configuration.yaml", err)))
        return false;
    if (!copy_named(w, "licence_file", "LICENSE", err) || !put_record(w, err) ||
        !put_card(w, err) || !sx_checksums_of(w->r->context, w->folder, NULL, &w->sums, err) ||
        !sx_checksums_write(&w->sums, w->folder, err))
        return false;
    w->totals->files = w->sums.count + 1 + (w->r->key != NULL);
    return sign(w, err);
}

/* ---- all ---- */

static bool write_in(work *w, sx_error *err) {
    if (!predict(w, err) || !evaluate(w, err) || !put_networks(w, err) || !put_test(w, err) ||
        !put_documents(w, err))
        return false;
    w->totals->networks = w->info->network_count;
    w->totals->films = w->scores.films;
    w->totals->without_verdict = w->scores.without_verdict;
    w->totals->auroc = w->scores.auroc;
    w->totals->ap50 = w->scores.ap50;
    return sx_sync_folder(w->folder, err);
}

static bool write_claimed(work *w, sx_claim *claim, sx_error *err) {
    const char *out = w->r->out;
    char *folder = NULL, *scratch = NULL;
    if (!sx_claim_make_folder(claim, out, &folder, err)) return false;
    bool ok = sx_claim_make_folder(claim, out, &scratch, err);
    w->folder = folder;
    w->scratch = scratch;
    ok = ok && write_in(w, err);
    if (ok) {
        ok = sx_claim_put_folder(claim, folder, out, err);
    } else {
        if (scratch) sx_claim_name_target(scratch, out, err);
        sx_claim_name_target(folder, out, err);
        free(folder);
    }
    free(scratch);
    return ok;
}

static void release_work(work *w) {
    for (int i = 0; w->files && i < w->info->network_count; i++)
        sx_str_free(&w->files[i].values);
    free(w->files);
    sx_bundle_info_release(w->info);
    sx_model_scores_free(&w->scores);
    sx_checksums_free(&w->sums);
    sx_about_free(&w->about);
}

/* A key that cannot be used is found before the films are predicted. */
static bool check_key(const sx_model_release *r, sx_error *err) {
    uint8_t signature[SX_SIGNATURE];
    return !r->key || sx_sign(r->key, "", 0, signature, err);
}

bool sx_model_release_write(const sx_model_release *r, sx_model_release_totals *totals,
                            sx_error *err) {
    work w = { .r = r, .totals = totals };
    *totals = (sx_model_release_totals){ 0 };
    sx_model_data_name(r->data, w.data);
    sx_claim_sweep_name(r->out);
    if (sx_path_exists(r->out))
        return sx_fail(err, SX_ERR_IO, "%s: already exists; name a new folder, or remove it",
                       r->out);
    bool ok = sx_about_open(r->about, sx_model_about_keys, &w.about, err) && check_key(r, err);
    sx_claim *claim = ok ? sx_claim_open_name(r->out, "model publish", err) : NULL;
    ok = claim && write_claimed(&w, claim, err);
    sx_claim_close(claim);
    release_work(&w);
    return ok;
}
