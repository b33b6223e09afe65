#include "publish/model_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/writer.h"
#include "experiment/film_set.h"
#include "models/model_export.h"

_Static_assert((int)SX_MODEL_DATA == (int)SX_DATA_NAME, "room for the name of a data set");

void sx_model_data_name(const char *path, char name[SX_MODEL_DATA]) {
    sx_data_set_name(path, name);
}

/* FOLDER/NAME on the heap. */
static char *in(const char *folder, const char *name, sx_error *err) {
    char *path = sx_path_join(folder, name);
    if (!path) sx_fail(err, SX_ERR_MEMORY, "out of memory for %s", name);
    return path;
}

static bool copy_weights(const char *folder, const sx_network_info *n, const char *name,
                         sx_error *err) {
    sx_file f;
    sx_sha256 hash;
    if (!sx_path_has_ending(n->path, ".safetensors"))
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "%s: not a safetensors file; `spinexr model import` makes one", n->path);
    char *to = in(folder, name, err);
    if (!to) return false;
    bool ok = sx_file_open_up_to(&f, n->path, (uint64_t)64 << 30, err);
    if (ok) {
        ok = sx_sha256_of(f.data, f.size, &hash, err) &&
             (strcmp(hash.hex, n->sha256) == 0 ||
              sx_fail(err, SX_ERR_IO, "%s: it changed while it was published", n->path)) &&
             sx_write_file(to, f.data, f.size, err);
        sx_file_close(&f);
    }
    free(to);
    return ok;
}

static bool export_onnx(const char *dir, sx_model_file *file, sx_error *err) {
    sx_network net;
    sx_shape shape;
    sx_weights *weights = NULL;
    sx_model_exported made = { 0 };
    char *from = in(dir, file->name, err), *folder = in(dir, "onnx", err);
    char *to = folder ? in(folder, file->onnx, err) : NULL;
    const bool ok = from && to && sx_network_open(from, 0, &net, &weights, err) &&
                    sx_network_usual_shape(&net, weights, &shape, err) &&
                    sx_model_export(&net, weights, shape, SX_WHOLE, to, &made, err);
    file->values = made.values;
    file->any_batch = made.any_batch;
    sx_weights_free(weights);
    free(from);
    free(folder);
    free(to);
    return ok;
}

bool sx_model_file_write(const char *folder, const sx_network_info *n, sx_model_file *f,
                         sx_error *err) {
    return copy_weights(folder, n, f->name, err) && export_onnx(folder, f, err);
}
