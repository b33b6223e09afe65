#include "support/small_efficientdet.h"

#include <stdint.h>
#include <string.h>

#include "support/check.h"

#include "base/rng.h"
#include "models/synthetic_weights.h"

#define SMALL                                                                                      \
    "{\"backbone_width\": 50, \"backbone_depth\": 110, \"channels\": 16, \"cells\": 2, "           \
    "\"convs\": 2, "                                                                               \
    "\"levels\": 4, \"anchor\": 16, \"classes\": 5}"

void small_start(small_run *r, int images, sx_part part, sx_plan_options o) {
    sx_error err = { 0 };
    sx_network_default(&r->net, sx_arch_find("efficientdet_d0"), 0);
    CHECK_OK(sx_network_configure(&r->net, SMALL, &err), err);
    r->graph = sx_network_build(&r->net, (sx_shape){ images, H, W, 3 }, part, &err);
    CHECK_OK(r->graph != NULL, err);
    r->weights = sx_synthetic_weights(r->graph, &err);
    CHECK_OK(r->weights != NULL, err);
    r->store = sx_store_open(r->graph, r->weights, (sx_store_options){ .own = o.training }, &err);
    CHECK_OK(r->store != NULL, err);
    r->plan = sx_plan_new(r->graph, r->store, o, &err);
    CHECK_OK(r->plan != NULL, err);
    void *image = sx_plan_input(r->plan, "image", NULL, NULL);
    for (int i = 0; i < images * H * W * 3; i++) {
        const float v = (float)(128 * sx_rng_unit(99, (uint64_t)i) - 64); /* as pixels */
        if (o.compute == SX_F32)
            ((float *)image)[i] = v;
        else
            ((uint16_t *)image)[i] = sx_f32_to_bf16(v);
    }
}

void small_stop(small_run *r) {
    sx_plan_free(r->plan);
    sx_store_free(r->store);
    sx_weights_free(r->weights);
    sx_graph_free(r->graph);
}

const char *small_join(const char *a, const char *b) {
    static char text[8][160];
    static int next;
    char *to = text[next++ % 8];
    const size_t n = strlen(a), m = strlen(b);
    assert_true(n + m < sizeof text[0]);
    memmove(to, a, n);
    memmove(to + n, b, m + 1);
    return to;
}
