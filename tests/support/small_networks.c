#include "support/small_networks.h"

#include <stdio.h>
#include <stdlib.h>

#include "models/synthetic_weights.h"
#include "support/check.h"

sx_network small_network(const char *arch, const char *config) {
    sx_error err = { 0 };
    sx_network net;
    sx_network_default(&net, sx_arch_find(arch), 0);
    CHECK_OK(sx_network_configure(&net, config, &err), err);
    return net;
}

static void write_network(const char *path, const char *arch, const char *config) {
    sx_error err = { 0 };
    const sx_network net = small_network(arch, config);
    sx_graph *g = sx_network_build(&net, (sx_shape){ 1, 224, 224, 3 }, SX_WHOLE, &err);
    sx_weights *w = g ? sx_synthetic_weights(g, &err) : NULL;
    char *text = sx_network_config_text(&net, &err);
    CHECK_OK(w && sx_weights_set_meta(w, "spinexr.arch", arch, &err) &&
                 sx_weights_set_meta(w, "spinexr.config", text, &err) &&
                 sx_weights_save(w, path, &err),
             err);
    free(text);
    sx_weights_free(w);
    sx_graph_free(g);
}

const char *const *small_networks_write(void) {
    static char paths[SMALL_NETWORKS][512];
    static const char *pointers[SMALL_NETWORKS] = { paths[0], paths[1], paths[2] };
    static const char *const networks[SMALL_NETWORKS][3] = {
        { "a", "densenet121", "{\"growth\": 4, \"stem\": 8, \"blocks\": [2, 2, 2, 2]}" },
        { "b", "densenet121", "{\"growth\": 8, \"stem\": 8, \"blocks\": [1, 2, 2, 1]}" },
        { "d", "sparse_rcnn_r50",
          "{\"backbone_stem\": 8, \"backbone_blocks\": [1, 1, 1, 1], \"proposals\": 20, "
          "\"heads\": 2, \"hidden\": 32, \"dynamic\": 8, \"feedforward\": 64}" },
    };
    for (int i = 0; i < SMALL_NETWORKS; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/%s.safetensors", check_tmp(), networks[i][0]);
        write_network(paths[i], networks[i][1], networks[i][2]);
    }
    return pointers;
}

sx_graph *small_network_graph(const sx_network *net) {
    sx_error err = { 0 };
    sx_graph *g = sx_network_build(net, sx_network_shape(net, 64, 64), SX_WHOLE, &err);
    CHECK_OK(g, err);
    return g;
}
