/* Golden pictures: JSON of tests/golden and hashes of images in OpenCV's layout. */
#ifndef TESTS_SUPPORT_SAMPLE_PICTURES_H
#define TESTS_SUPPORT_SAMPLE_PICTURES_H

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "image/image.h"
#include "support/check.h"

static inline json_t *golden(const char *name) {
    json_error_t e;
    json_t *j = json_load_file(check_golden(name), 0, &e);
    if (!j) fail_msg("%s: %s", name, e.text);
    return j;
}
static inline const char *text_of(const json_t *j, const char *key) {
    const char *s = json_string_value(json_object_get(j, key));
    if (!s) fail_msg("no text '%s'", key);
    return s;
}
static inline int int_of(const json_t *j, const char *key) {
    const json_t *v = json_object_get(j, key);
    if (!json_is_integer(v)) fail_msg("no number '%s'", key);
    return (int)json_integer_value(v);
}
static inline bool true_of(const json_t *j, const char *key) {
    return json_is_true(json_object_get(j, key));
}

/* [height][width][3] in the order B, G, R; grey three times. The caller frees it. */
static inline uint8_t *bgr_of(const sx_image *im) {
    const size_t n = (size_t)im->width * (size_t)im->height, c = (size_t)im->channels;
    uint8_t *out = malloc(n * 3);
    assert_non_null(out);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 3; k++)
            out[i * 3 + k] = sx_image_u8(im)[i * c + (c == 1 ? 0 : 2 - k)];
    return out;
}

static inline void check_hash(const sx_image *im, const char *want, const char *what) {
    uint8_t *bgr = bgr_of(im);
    const char *got = check_sha256(bgr, (size_t)im->width * (size_t)im->height * 3);
    free(bgr);
    if (strcmp(got, want) != 0) fail_msg("%s: other pixels (%s, want %s)", what, got, want);
}

#endif
