/* What a training that starts from a file takes from it, and what it says of that. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "models/init_names.h"
#include "support/check.h"
#include "train/start_weights.h"

static void keep_message(void *user, sx_log_level level, const char *message) {
    (void)level;
    sx_str_printf(user, "%s\n", message);
}

static sx_network network(const char *arch, const char *config) {
    sx_error err = { 0 };
    sx_network net;
    sx_network_default(&net, sx_arch_find(arch), 0);
    CHECK_OK(sx_network_configure(&net, config, &err), err);
    return net;
}

static sx_graph *graph(const sx_network *net) {
    sx_error err = { 0 };
    sx_graph *g = sx_network_build(net, sx_network_shape(net, 64, 64), SX_WHOLE, &err);
    CHECK_OK(g, err);
    return g;
}

/* The parameters with names for which `has` is true, each value its index. */
static sx_weights *weights_of(const sx_network *net, bool (*has)(const char *name)) {
    sx_error err = { 0 };
    sx_weights *w = sx_weights_new(&err);
    sx_graph *g = graph(net);
    CHECK_OK(w && sx_weights_set_path(w, "start.pth", &err), err);
    for (size_t i = 0; i < sx_graph_param_count(g); i++) {
        const sx_param *p = sx_graph_param(g, i);
        if (p->kind == SX_PARAM_COUNTER || !has(p->name)) continue;
        float *v = sx_weights_add_empty(w, p->name, SX_F32, p->ndim, p->dims, &err);
        CHECK_OK(v, err);
        int64_t n = 1;
        for (int k = 0; k < p->ndim; k++)
            n *= p->dims[k];
        for (int64_t k = 0; k < n; k++)
            v[k] = (float)k;
    }
    sx_graph_free(g);
    return w;
}

/* The first weights of a training of `net` from `from`; what was said, to *said. */
static sx_weights *start(const sx_network *net, sx_weights *from, sx_str *said) {
    sx_error err = { 0 };
    const sx_context context = {
        .threads = 1, .log_level = SX_LOG_INFO, .log = keep_message, .log_user = said
    };
    sx_graph *g = graph(net);
    const sx_start_options o = { .context = &context, .net = net, .graph = g };
    CHECK_OK(sx_init_names(net, from, &err), err);
    sx_weights *w = sx_start_weights(&o, from, &err);
    CHECK_OK(w, err);
    sx_graph_free(g);
    return w;
}

static void check_said(sx_str *said, const char *text) {
    if (!strstr(sx_str_text(said), text)) fail_msg("not said: %s\nbut:\n%s", text, said->data);
}

/* ---- what is missing ---- */

static bool without_statistics(const char *name) {
    return sx_starts_with(name, "backbone.bottom_up.") && !strstr(name, ".running_");
}

/* A backbone like R-50.pkl: its norms' statistics are no fault, and the head starts new. */
static void test_missing_by_parts(void **state) {
    (void)state;
    sx_str said = { 0 };
    const sx_network net =
        network("retinanet_r50", "{\"backbone_stem\": 8, \"backbone_blocks\": "
                                 "[1, 1, 1, 1], \"channels\": 16, \"convs\": 1}");
    sx_weights *from = weights_of(&net, without_statistics), *w = start(&net, from, &said);
    check_said(&said, "start.pth: 51 tensors taken, 0 of the file left\n");
    check_said(&said, "start.pth: 58 tensors start new, not in the file or of another shape there: "
                      "34 statistics of norms that are folded into their weights, 6 of "
                      "backbone.fpn_lateral, 6 of backbone.fpn_output, 4 of backbone.top_block, 2 "
                      "of head.cls_subnet, 2 of head.cls_score, 2 of head.bbox_subnet, 2 of "
                      "head.bbox_pred\n");
    sx_weights_free(w);
    sx_weights_free(from);
    sx_str_free(&said);
}

/* ---- what is adapted ---- */

static bool any(const char *name) {
    (void)name;
    return true;
}

static bool not_first(const char *name) {
    return strcmp(name, "features.conv0.weight") != 0;
}

static void check_grey(bool torchxrayvision, const char *told) {
    sx_error err = { 0 };
    sx_str said = { 0 };
    const sx_network net = network("densenet121", "{\"growth\": 4, \"stem\": 8, \"blocks\": [1, 1, "
                                                  "1, 1], \"torchvision\": 1}");
    sx_weights *from = weights_of(&net, not_first);
    CHECK_OK(sx_weights_add_empty(from, "features.conv0.weight", SX_F32, 4,
                                  (int64_t[]){ 8, 1, 7, 7 }, &err),
             err);
    if (torchxrayvision)
        CHECK_OK(sx_weights_add_empty(from, "op_threshs", SX_F32, 1, (int64_t[]){ 18 }, &err), err);
    sx_weights *w = start(&net, from, &said);
    check_said(&said, told);
    sx_weights_free(w);
    sx_weights_free(from);
    sx_str_free(&said);
}

static void test_adapted(void **state) {
    (void)state;
    check_grey(false, "start.pth: adapted: features.conv0.weight: of one channel, a third of it in "
                      "each of three\n");
    check_grey(true, "start.pth: adapted: features.conv0.weight: of one channel, a third of it in "
                     "each of three, times 2048/255, because its network reads -1024 to 1024 and "
                     "this one 0 to 255\n");
}

static void test_reversed(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str said = { 0 };
    const sx_network net =
        network("retinanet_r50", "{\"backbone_stem\": 8, \"backbone_blocks\": "
                                 "[1, 1, 1, 1], \"channels\": 16, \"convs\": 1}");
    sx_weights *from = weights_of(&net, any);
    CHECK_OK(
        sx_weights_set_meta(from, "init.first_layer", "backbone.bottom_up.stem.conv1.weight", &err),
        err);
    sx_weights *w = start(&net, from, &said);
    check_said(&said, "start.pth: adapted: backbone.bottom_up.stem.conv1.weight: its channels "
                      "reversed and each divided by ImageNet's deviation, because this network "
                      "reads blue first and does not divide\n");
    sx_weights_free(w);
    sx_weights_free(from);
    sx_str_free(&said);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_missing_by_parts),
        cmocka_unit_test(test_adapted),
        cmocka_unit_test(test_reversed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
