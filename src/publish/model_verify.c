/* Checks a published model. */
#include <stdlib.h>
#include <string.h>

#include "pipeline/bundle.h"
#include "publish/checksums.h"
#include "publish/model_release.h"
#include "publish/model_test.h"
#include "publish/signature.h"

static char *in(const char *folder, const char *name, sx_error *err) {
    char *path = sx_path_join(folder, name);
    if (!path) sx_fail(err, SX_ERR_MEMORY, "out of memory for %s", name);
    return path;
}

/* Checks the signature of SHA256SUMS, whose bytes are in `sums`. */
static bool check_signed(const sx_release_check *c, const sx_file *sums, sx_release_checked *out,
                         sx_error *err) {
    sx_file signature;
    char *path = in(c->dir, SX_CHECKSUMS ".sig", err);
    if (!path) return false;
    out->is_signed = sx_path_exists(path);
    bool ok = true;
    if (c->key && !out->is_signed)
        ok = sx_fail(err, SX_ERR_MISSING, "%s: there is no signature to check with --key", path);
    if (ok && c->key && (ok = sx_file_open_up_to(&signature, path, 4096, err))) {
        ok =
            sx_check_signature(c->key, sums->data, sums->size, signature.data, signature.size, err);
        if (!ok && err && err->code == SX_ERR_MISMATCH) sx_fail_in(err, "%s", path);
        sx_file_close(&signature);
    }
    free(path);
    return ok;
}

static bool add_fault(sx_paths *faults, const char *name, const char *what, sx_error *err) {
    sx_str text = { 0 };
    sx_str_printf(&text, "%.200s: %s", name, what);
    const bool ok = sx_str_ok(&text, err) && sx_paths_add(faults, text.data, err);
    sx_str_free(&text);
    return ok;
}

/* A network of release.json: its two files exist, and the weights have its hash. */
static bool compare_network(const json_t *n, const sx_checksums *files, sx_paths *faults,
                            sx_error *err) {
    const char *file = json_string_value(json_object_get(n, "file")),
               *onnx = json_string_value(json_object_get(n, "onnx")),
               *hash = json_string_value(json_object_get(n, "sha256"));
    if (!file || !onnx || !hash)
        return sx_fail(err, SX_ERR_FORMAT, "a network without file, onnx or sha256");
    sx_str path = { 0 };
    sx_str_printf(&path, "onnx/%s", onnx);
    const char *found = sx_checksums_find(files, file);
    bool ok = sx_str_ok(&path, err);
    if (ok && (!found || strcmp(found, hash) != 0))
        ok = add_fault(faults, file, "not the network of release.json", err);
    if (ok && !sx_checksums_find(files, path.data))
        ok = add_fault(faults, path.data, "a network of release.json, but missing", err);
    sx_str_free(&path);
    return ok;
}

/* How many networks have the weight file `name`. */
static int count_named(const json_t *networks, const char *name) {
    int count = 0;
    for (size_t i = 0; i < json_array_size(networks); i++) {
        const char *file = json_string_value(json_object_get(json_array_get(networks, i), "file"));
        count += file && strcmp(file, name) == 0;
    }
    return count;
}

/* release.json and the weight files, which are those that `predict --weights FOLDER` would use. */
static bool compare_record(const json_t *record, const sx_checksums *files, sx_paths *faults,
                           sx_error *err) {
    const char *schema = json_string_value(json_object_get(record, "schema"));
    const json_t *networks = json_object_get(record, "networks");
    if (!schema || strcmp(schema, SX_MODEL_RELEASE_SCHEMA) != 0 || !json_array_size(networks))
        return sx_fail(err, SX_ERR_FORMAT,
                       "not a document " SX_MODEL_RELEASE_SCHEMA " with networks");
    for (size_t i = 0; i < json_array_size(networks); i++)
        if (!compare_network(json_array_get(networks, i), files, faults, err)) return false;
    for (size_t i = 0; i < files->count; i++) {
        const char *path = files->items[i].path;
        if (strchr(path, '/') || !sx_is_weight_file(path)) continue;
        const int count = count_named(networks, path);
        if (count != 1 &&
            !add_fault(faults, path,
                       count ? "a network of release.json twice" : "not a network of release.json",
                       err))
            return false;
    }
    return true;
}

/* A file that every release has. */
static bool need_file(const sx_release_check *c, const char *name, const char *path,
                      sx_error *err) {
    return sx_path_exists(path) ||
           sx_fail(err, SX_ERR_MISSING,
                   "%s: not a folder that `spinexr model publish` wrote: it has no %s", c->dir,
                   name);
}

static bool check_record(const sx_release_check *c, const sx_checksums *files,
                         sx_release_checked *out, sx_error *err) {
    char *path = in(c->dir, "release.json", err);
    json_t *record =
        path && need_file(c, "release.json", path, err) ? sx_json_read(path, err) : NULL;
    const bool ok =
        record && (compare_record(record, files, &out->faults, err) || sx_fail_in(err, "%s", path));
    json_decref(record);
    free(path);
    return ok;
}

static bool compare_files(const sx_release_check *c, const sx_file *sums, const char *name,
                          sx_release_checked *out, sx_error *err) {
    sx_checksums listed, found = { 0 };
    const bool ok = sx_checksums_parse(name, sums->data, sums->size, &listed, err) &&
                    sx_checksums_of(c->context, c->dir, NULL, &found, err) &&
                    sx_checksums_compare(&listed, &found, &out->faults, err) &&
                    (out->faults.count || check_record(c, &found, out, err));
    out->files = listed.count;
    sx_checksums_free(&listed);
    sx_checksums_free(&found);
    return ok;
}

static bool check_files(const sx_release_check *c, sx_release_checked *out, sx_error *err) {
    sx_file sums;
    char *path = in(c->dir, SX_CHECKSUMS, err);
    bool ok = path && sx_path_check_dir(c->dir, err) && need_file(c, SX_CHECKSUMS, path, err) &&
              sx_file_open(&sums, path, err);
    if (ok) {
        ok = check_signed(c, &sums, out, err) && compare_files(c, &sums, path, out, err);
        sx_file_close(&sums);
    }
    free(path);
    return ok;
}

static bool check_test(const sx_release_check *c, sx_release_checked *out, sx_error *err) {
    sx_json_doc found = { 0 };
    char *path = in(c->dir, "test/expected.json", err), *films = in(c->dir, "test/films", err);
    json_t *expected = path && films ? sx_json_read(path, err) : NULL;
    const bool ok = expected && sx_model_test_run(c->context, c->dir, films, &found, NULL, err) &&
                    (sx_model_test_compare(expected, found.root, &out->faults, err) ||
                     sx_fail_in(err, "%s", path));
    if (ok) out->films = json_array_size(json_object_get(expected, "films"));
    json_decref(expected);
    sx_json_free(&found);
    free(path);
    free(films);
    return ok;
}

bool sx_model_release_verify(const sx_release_check *c, sx_release_checked *out, sx_error *err) {
    *out = (sx_release_checked){ 0 };
    return check_files(c, out, err) && (out->faults.count || c->no_test || check_test(c, out, err));
}

void sx_release_checked_free(sx_release_checked *c) {
    sx_paths_free(&c->faults);
}
