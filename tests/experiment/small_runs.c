#include "experiment/small_runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "phantom/phantom_set.h"

const char *annotations;

bool draw_set(const char *out, size_t count, sx_error *err) {
    const sx_context context = { .threads = 2 };
    const sx_phantom_set set = { .out = out,
                                 .count = count,
                                 .seed = 3,
                                 .syntax = -1,
                                 .film = { .long_side = 160, .mix = SX_PHANTOM_EVEN },
                                 .context = &context };
    sx_phantom_totals totals;
    return sx_phantom_write_set(&set, &totals, err);
}

int draw_films(void **state) {
    (void)state;
    sx_error err = { 0 };
    annotations = strdup(check_tmp_path("set/annotations/train.csv"));
    return !annotations || !draw_set(check_tmp_path("set"), FILMS, &err);
}

int remove_films(void **state) {
    (void)state;
    free((char *)(uintptr_t)annotations);
    check_tmp_remove();
    return 0;
}

/* ---- contexts that stop ---- */

static void stop_after(void *user, const sx_progress *p) {
    stopping *s = user;
    if (strcmp(p->what, s->what) != 0) return;
    s->done = atomic_load(&p->done) - p->before;
    if (s->done >= s->after) sx_context_cancel(&s->context);
}

void stopping_init(stopping *s, const char *what, size_t after) {
    *s = (stopping){ .what = what, .after = after };
    s->context = (sx_context){ .threads = 2, .progress = stop_after, .progress_user = s };
}

/* ---- runs ---- */

const char classifier[] = "SPINEXR:\n"
                          "  PRESET: densenet_small\n"
                          "  NETWORK: " CLASSIFIER_NETWORK "\n"
                          "  EMA: 0\n"
                          "MODEL: {CLASSIFIER: {INPUT_SIZE: 64}}\n"
                          "SOLVER:\n"
                          "  BASE_LR: 0.01\n"
                          "  MAX_ITER: 24\n"
                          "  WARMUP_ITERS: 2\n"
                          "  IMS_PER_BATCH: 4\n"
                          "  CHECKPOINT_PERIOD: 4\n"
                          "TEST: {EVAL_PERIOD: 8}\n";

const char detector[] =
    "SPINEXR:\n"
    "  PRESET: retinanet_small\n"
    "  NETWORK: {backbone_blocks: [1, 1, 1, 1], backbone_stem: 16, channels: 16, convs: 1}\n"
    "INPUT: {MIN_SIZE_TRAIN: [64, 80], MIN_SIZE_TEST: 80, MAX_SIZE_TRAIN: 160, "
    "MAX_SIZE_TEST: 160}\n"
    "SOLVER:\n"
    "  MAX_ITER: 6\n"
    "  IMS_PER_BATCH: 2\n"
    "  CHECKPOINT_PERIOD: 2\n"
    "TEST: {EVAL_PERIOD: 6}\n";

void configure(const char *text, const char *out, sx_train_config *c) {
    sx_error err = { 0 };
    sx_yaml y = { 0 };
    *c = (sx_train_config){ 0 };
    CHECK_OK(sx_yaml_parse("c.yaml", text, strlen(text), &y, &err) &&
                 sx_train_config_make(NULL, "c.yaml", &y, NULL, "densenet121", c, &err),
             err);
    sx_yaml_free(&y);
    c->data = c->val = annotations;
    c->out = out;
}

void train(const sx_context *context, const char *text, const char *out, bool resume,
           sx_loop_result *r) {
    sx_error err = { 0 };
    sx_train_config c;
    configure(text, out, &c);
    const sx_training_job job = {
        .context = context, .config = &c, .cache = check_tmp_path("cache"), .resume = resume
    };
    CHECK_OK(sx_training_run(&job, r, &err), err);
    sx_train_config_free(&c);
}

const char *in(const char *dir, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return check_tmp_path(path);
}

void check_same_bytes(const char *a, const char *b) {
    sx_error err = { 0 };
    sx_file x, y;
    CHECK_OK(sx_file_open(&x, a, &err) && sx_file_open(&y, b, &err), err);
    if (x.size != y.size || memcmp(x.data, y.data, x.size) != 0) fail_msg("%s and %s differ", a, b);
    sx_file_close(&x);
    sx_file_close(&y);
}

sx_weights *open_weights(const char *path) {
    sx_error err = { 0 };
    sx_weights *w = sx_weights_open(path, &err);
    CHECK_OK(w != NULL, err);
    return w;
}

void check_metadata(const char *path, const char *key, const char *want) {
    sx_weights *w = open_weights(path);
    const char *got = sx_weights_meta(w, key);
    if (!got || strcmp(got, want) != 0)
        fail_msg("%s: %s is %s, not %s", path, key, got ? got : "absent", want);
    sx_weights_free(w);
}

void train_shortly(const char *text, const char *data, const char *out) {
    sx_error err = { 0 };
    const sx_context context = { .threads = 2 };
    sx_train_config c;
    sx_loop_result r;
    configure(text, out, &c);
    sx_train_config_iterations(&c, 2);
    c.data = data;
    c.val = NULL;
    const sx_training_job job = { .context = &context, .config = &c, .no_cache = true };
    CHECK_OK(sx_training_run(&job, &r, &err), err);
    sx_train_config_free(&c);
}

const char many_labels[] = "  MULTI_LABEL: True\n";

const char *with_line(const char *line) {
    static char text[sizeof classifier + 100];
    const char *at = strstr(classifier, "  EMA: 0\n");
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - classifier), classifier, line, at);
    return text;
}
