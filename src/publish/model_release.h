/* Publishes a model: a folder that others can verify, cite and use (docs/publish.md). */
#ifndef SX_PUBLISH_MODEL_RELEASE_H
#define SX_PUBLISH_MODEL_RELEASE_H

#include "base/context_impl.h"
#include "base/files.h"
#include "publish/model_scores.h"

#define SX_MODEL_RELEASE_SCHEMA "spinexr-release/1"

typedef struct sx_model_release {
    const char *const *weights; /* files and folders, as for sx_predictor_open */
    size_t weight_count;
    const char *data; /* the data set of the scores: a folder or a file of annotations */
    const char *list; /* only these films of it; NULL: all */
    const char *meta; /* CSV of its films' attributes, for subgroups; NULL: none */
    const char *const *subgroups;
    size_t subgroup_count;
    size_t resamples;  /* of the bootstrap */
    const char *about; /* YAML file of texts (publish/model_about.h) */
    const char *out;   /* must not exist */
    const char *key;   /* PEM file of an Ed25519 private key; NULL: the release is not signed */
    const sx_context *context; /* borrowed; may be NULL */
} sx_model_release;

typedef struct sx_model_release_totals {
    int networks;
    size_t films, files;
    size_t without_verdict; /* films that were refused or are unfamiliar */
    sx_score auroc, ap50;
} sx_model_release_totals;

/* Predicts the data set, evaluates the predictions, and writes the folder: weights, ONNX models,
 * README.md (the model card), evaluation.csv, test films with their expected result, release.json,
 * LICENSE, SHA256SUMS and, with a key, SHA256SUMS.sig. The folder gets its name when it is
 * complete; predictions and names of films are not part of it. Errors: those of sx_about_open,
 * sx_prediction_run_open, sx_model_scores_make, sx_model_export, sx_sign; SX_ERR_MISSING (a
 * film could not be predicted; the context's log names it), SX_ERR_UNSUPPORTED (a weight file is no
 * safetensors file), SX_ERR_IO, SX_ERR_CANCELLED, SX_ERR_MEMORY. */
bool sx_model_release_write(const sx_model_release *r, sx_model_release_totals *totals,
                            sx_error *err) SX_MUST_USE;

typedef struct sx_release_check {
    const char *dir;
    const char *key; /* PEM file of the public key; NULL: a signature is not checked */
    bool no_test;    /* only checksums and signature */
    const sx_context *context;
} sx_release_check;

typedef struct sx_release_checked {
    sx_paths faults; /* a sentence each; none: the installation gives the published result */
    size_t files, films;
    bool is_signed; /* there is a signature */
} sx_release_checked;

/* Checks a release: signature, checksums, the networks of release.json, then the expected result of
 * the test films. Nothing of a file that differs is used. Errors: SX_ERR_IO (also a link or an
 * empty folder), SX_ERR_FORMAT (SHA256SUMS, release.json, expected.json), SX_ERR_MISMATCH (the
 * signature), SX_ERR_MISSING (the folder is no release; a key, but no signature), those of
 * sx_prediction_run_open. Free *out with sx_release_checked_free, also after an error. */
bool sx_model_release_verify(const sx_release_check *c, sx_release_checked *out,
                             sx_error *err) SX_MUST_USE;
void sx_release_checked_free(sx_release_checked *c);

#endif
