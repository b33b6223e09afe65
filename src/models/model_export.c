#include "models/model_export.h"

#include "models/synthetic_weights.h"
#include "nn/onnx/onnx.h"

bool sx_network_usual_shape(const sx_network *net, const sx_weights *w, sx_shape *shape,
                            sx_error *err) {
    const bool detector = net->arch->task == SX_DETECTOR;
    int width = detector ? 1088 : net->arch->width, height = detector ? 800 : net->arch->height;
    if (w && !sx_network_stored_size(net, w, &width, &height, err)) return false;
    *shape = sx_network_shape(net, width, height);
    return true;
}

bool sx_model_export(const sx_network *net, const sx_weights *w, sx_shape image, sx_part part,
                     const char *out, sx_model_exported *info, sx_error *err) {
    if (info) *info = (sx_model_exported){ 0 };
    static const char resize[] = "spinexr.resize";
    const char *way = w ? sx_weights_meta(w, resize) : NULL;
    const sx_onnx_entry metadata[] = { { "spinexr.arch", net->arch->name },
                                       { way ? resize : NULL, way },
                                       { 0 } };
    sx_graph *g = sx_network_build(net, image, part, err);
    sx_weights *synthetic = g && !w ? sx_synthetic_weights(g, err) : NULL;
    sx_store *store = g && (w || synthetic)
                          ? sx_store_open(g, w ? w : synthetic, (sx_store_options){ 0 }, err)
                          : NULL;
    const bool ok = store && sx_onnx_export(g, store, net->arch->name, metadata, out,
                                            info ? &info->values : NULL, err);
    if (ok && info) info->any_batch = sx_onnx_any_batch(g);
    sx_store_free(store);
    sx_weights_free(synthetic);
    sx_graph_free(g);
    return ok;
}
