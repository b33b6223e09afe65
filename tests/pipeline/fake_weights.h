/* Predictors of weights that state what they predict (fake_model.c). */
#ifndef TESTS_PIPELINE_FAKE_WEIGHTS_H
#define TESTS_PIPELINE_FAKE_WEIGHTS_H

#include <string.h>

#include "support/check.h"

#include "base/writer.h"
#include "pipeline/prediction.h"
#include "pipeline/predictor_impl.h"

static inline const char *put(const char *name, const char *text) {
    sx_error err = { 0 };
    const char *path = check_tmp_path(name);
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
    return path;
}

/* Three boxes, of classes 2, 0 and 1. */
#define DETECTOR "detector 0.6 dicom\n2 0.9 10 20 30 40\n0 0.55 1 2 3 4\n1 0.2 5 6 7 8\n"

static inline sx_predictor *open_some(const char *const *weights, size_t n,
                                      const sx_predictor_options *o) {
    sx_error err = { 0 };
    sx_predictor *p = sx_predictor_open(NULL, weights, n, o, &err);
    if (!p) fail_msg("%s", err.message);
    return p;
}

/* A film of one value: 100 wide, 50 high. */
static inline sx_prediction *predict(sx_predictor *p, unsigned char value) {
    static unsigned char pixels[5000];
    sx_error err = { 0 };
    memset(pixels, value, sizeof pixels);
    sx_pixel_view v = { pixels, 100, 50, 1, 8, 0 };
    sx_prediction *f = sx_predict_pixels(p, &v, NULL, &err);
    if (!f) fail_msg("%s", err.message);
    return f;
}

#endif
