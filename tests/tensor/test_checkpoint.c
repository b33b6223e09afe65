/* PyTorch and Detectron2 checkpoints. tests/tensor/data was written by PyTorch 1.13.1 and
 * numpy 1.24 (tools/make-checkpoints.py). */
#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/str.h"
#include "tensor/weights.h"
#include "tensor/wrappers.h"

static sx_weights *open_fixture(const char *name) {
    sx_error err = { 0 };
    char path[64];
    snprintf(path, sizeof path, "../tensor/data/%s", name);
    sx_weights *w = sx_weights_open(check_golden(path), &err);
    CHECK_OK(w, err);
    return w;
}

static void expect(const sx_weights *w, const char *name, sx_dtype dtype, const char *shape,
                   const float *values, size_t n) {
    sx_error err = { 0 };
    char buf[64];
    float got[256];
    const sx_tensor *t = sx_weights_find(w, name);
    if (!t) fail_msg("%s: no tensor %s", sx_weights_path(w), name);
    assert_int_equal(t->dtype, dtype);
    assert_string_equal(sx_tensor_shape(t, buf, sizeof buf), shape);
    assert_int_equal(sx_tensor_count(t), n);
    assert_int_equal(t->bytes, n * sx_dtype_size(dtype));
    CHECK_OK(sx_tensor_to_f32(t, 0, (int64_t)n, got, &err), err);
    check_close_f32(got, values, n, 0, name);
}

static void check_floats(const sx_weights *w) {
    float eighths[24], t[6];
    for (int i = 0; i < 24; i++)
        eighths[i] = (float)i / 8;
    for (int i = 0; i < 6; i++)
        t[i] = eighths[i % 2 * 3 + i / 2];
    const float bias[] = { 0.5F, -1.5F }, half[] = { 1, -2, 0.15625F }, three[] = { 3, 3, 3, 3 };
    expect(w, "features.conv0.weight", SX_F32, "2x3x2x2", eighths, 24);
    expect(w, "features.conv0.bias", SX_F32, "2", bias, 2);
    expect(w, "view", SX_F32, "4", eighths + 4, 4);
    expect(w, "transposed", SX_F32, "3x2", t, 6);
    expect(w, "channels_last", SX_F32, "2x3x2x2", eighths, 24);
    expect(w, "expanded", SX_F32, "2x2", three, 4);
    expect(w, "bf16", SX_BF16, "3", half, 3);
    expect(w, "f16", SX_F16, "3", half, 3);
    expect(w, "empty", SX_F32, "0x4", NULL, 0);
    const sx_tensor *d = sx_weights_find(w, "f64");
    double v[2];
    assert_true(d && d->dtype == SX_F64 && d->bytes == sizeof v);
    memcpy(v, d->data, sizeof v);
    assert_true(v[0] == 0.1 && v[1] == 1e300);
}

static void check_state(const char *name) {
    sx_weights *w = open_fixture(name);
    const float ints[] = { -7, 8 }, yes_no[] = { 1, 0 }, seven[] = { 7 };
    check_floats(w);
    expect(w, "i32", SX_I32, "2x1", ints, 2);
    expect(w, "bool", SX_BOOL, "2", yes_no, 2);
    expect(w, "norm0.num_batches_tracked", SX_I64, "scalar", seven, 1);
    assert_int_equal(sx_weights_count(w), 13);
    assert_string_equal(sx_weights_at(w, 0)->name, "features.conv0.weight");
    sx_weights_free(w);
}

static void test_zip(void **state) {
    (void)state;
    check_state("plain.pth");
}

/* {"model": ...} with DataParallel's prefix */
static void test_wrapped(void **state) {
    (void)state;
    check_state("wrapped.pth");
}

static void test_legacy(void **state) {
    (void)state;
    check_state("legacy.pth");
}

/* {"state_dict": ...} of Parameters, beside other things */
static void test_parameters(void **state) {
    (void)state;
    sx_weights *w = open_fixture("parameters.pt");
    check_floats(w);
    assert_int_equal(sx_weights_count(w), 10);
    sx_weights_free(w);
}

static void test_arrays(void **state) {
    (void)state;
    static const char *const files[] = { "arrays2.pkl", "arrays4.pkl", "arrays5.pkl" };
    float eighths[24], bytes[256];
    for (int i = 0; i < 24; i++)
        eighths[i] = (float)i / 8;
    for (int i = 0; i < 256; i++)
        bytes[i] = (float)i;
    const float two[] = { 1, -2 }, scalar[] = { 2.5F }, count[] = { 7 };
    for (int i = 0; i < 3; i++) {
        sx_weights *w = open_fixture(files[i]);
        expect(w, "stem.conv1.weight", SX_F32, "2x3x4", eighths, 24);
        expect(w, "fortran", SX_F32, "2x3x4", eighths, 24);
        expect(w, "bytes", SX_U8, "256", bytes, 256);
        expect(w, "f16", SX_F16, "2", two, 2);
        expect(w, "scalar", SX_F32, "scalar", scalar, 1);
        expect(w, "count", SX_I64, "scalar", count, 1);
        expect(w, "empty", SX_F32, "0x3", NULL, 0);
        assert_int_equal(sx_weights_count(w), 8);
        sx_weights_free(w);
    }
}

static sx_file map_fixture(const char *name) {
    sx_error err = { 0 };
    sx_file f;
    char path[64];
    snprintf(path, sizeof path, "../tensor/data/%s", name);
    CHECK_OK(sx_file_open(&f, check_golden(path), &err), err);
    return f;
}

/* Dense tensors are not copied; two that share a storage overlap. */
static void test_in_place(void **state) {
    (void)state;
    static const char *const files[] = { "plain.pth", "legacy.pth" };
    for (int i = 0; i < 2; i++) {
        sx_error err = { 0 };
        sx_file f = map_fixture(files[i]);
        sx_weights *w = sx_weights_open_memory(f.data, f.size, files[i], &err);
        CHECK_OK(w, err);
        const uint8_t *weight = sx_weights_find(w, "features.conv0.weight")->data;
        const uint8_t *view = sx_weights_find(w, "view")->data;
        assert_true(weight > f.data && weight < f.data + f.size);
        assert_ptr_equal(view, weight + 16);
        sx_weights_free(w);
        sx_file_close(&f);
    }
}

/* A part of a file is refused, and no single changed byte does harm (run with sanitizers). */
static void test_damaged(void **state) {
    (void)state;
    static const char *const files[] = { "plain.pth", "parameters.pt", "legacy.pth", "arrays2.pkl",
                                         "arrays5.pkl" };
    for (size_t k = 0; k < sizeof files / sizeof files[0]; k++) {
        sx_error err = { 0 };
        sx_file f = map_fixture(files[k]);
        for (size_t n = 0; n < f.size; n++) {
            uint8_t *part = malloc(
                n ? n : 1); /* of exactly that size: the sanitizer detects reading past the end */
            memcpy(part, f.data, n);
            sx_weights *w = sx_weights_open_memory(part, n, "part", &err);
            if (w) fail_msg("%s: its first %zu bytes were taken for whole", files[k], n);
            free(part);
        }
        assert_true(f.size > 0);
        uint8_t *copy = malloc(f.size);
        memcpy(copy, f.data, f.size);
        for (size_t i = 0; i < f.size; i++)
            for (int bit = 0; bit < 8; bit += 3) {
                copy[i] ^= (uint8_t)(1 << bit);
                sx_weights_free(sx_weights_open_memory(copy, f.size, "changed", &err));
                copy[i] = f.data[i];
            }
        free(copy);
        sx_file_close(&f);
    }
}

/* ---- zip ---- */

static uint8_t *copy_of(const sx_file *f) {
    uint8_t *copy = malloc(f->size);
    assert_non_null(copy);
    memcpy(copy, f->data, f->size);
    return copy;
}

/* The last place of `what` in the file. */
static size_t find_last(const uint8_t *bytes, size_t n, const char *what, size_t length) {
    for (size_t i = n - length + 1; i-- > 0;)
        if (memcmp(bytes + i, what, length) == 0) return i;
    fail_msg("%s is not there", what);
    return 0;
}

static void check_zip(uint8_t *bytes, size_t n, sx_error_code code, const char *text) {
    sx_error err = { 0 };
    assert_null(sx_weights_open_memory(bytes, n, "bad.pth", &err));
    check_error(&err, code, text);
    free(bytes);
}

static void test_bad_zip(void **state) {
    (void)state;
    sx_file f = map_fixture("plain.pth");
    const size_t n = f.size;
    const size_t entry =
        find_last(f.data, n, "plain/data/0", 12) - 46; /* in the central directory */

    uint8_t *b = copy_of(&f);
    b[entry + 10] = 8;
    check_zip(b, n, SX_ERR_UNSUPPORTED,
              "tensor features.conv0.weight: member plain/data/0 of the zip archive is compressed");
    b = copy_of(&f);
    b[entry + 8] |= 1;
    check_zip(b, n, SX_ERR_UNSUPPORTED, "encrypted");
    b = copy_of(&f);
    b[entry + 46] = 'q';
    check_zip(b, n, SX_ERR_MISSING, "member plain/data/0 is not in");
    b = copy_of(&f);
    b[entry + 46 + 11] = '1';
    check_zip(b, n, SX_ERR_FORMAT, "two members plain/data/1");
    b = copy_of(&f);
    b[entry + 20] = b[entry + 24] = 92; /* 96 bytes of numbers */
    check_zip(b, n, SX_ERR_FORMAT, "its storage has 23 numbers, not 24");
    b = copy_of(&f);
    b[entry + 22] = b[entry + 26] = 1;
    check_zip(b, n, SX_ERR_FORMAT, "is longer than its entry states");
    b = copy_of(&f);
    b[entry + 42]++;
    check_zip(b, n, SX_ERR_FORMAT, "not where it should be");
    b = copy_of(&f);
    memcpy(b + entry + 42, "\xf0\xff\xff\x7f", 4);
    check_zip(b, n, SX_ERR_FORMAT, "not where it should be");
    b = copy_of(&f);
    b[entry + 29] = 0xff; /* the name's length */
    check_zip(b, n, SX_ERR_FORMAT, "directory is damaged");
    b = copy_of(&f);
    b[find_last(b, n, "data.pkl", 8)] = 'p';
    check_zip(b, n, SX_ERR_MISSING, "no data.pkl");
    sx_file_close(&f);
}

static void test_bad_zip_end(void **state) {
    (void)state;
    sx_file f = map_fixture("plain.pth");
    const size_t n = f.size, end64 = find_last(f.data, n, "PK\6\6", 4);
    uint8_t *b = copy_of(&f);
    b[end64 + 32 + 3] = 1; /* entries */
    check_zip(b, n, SX_ERR_FORMAT, "does not lie within the file");
    b = copy_of(&f);
    memset(b + end64 + 48, 0xff, 8); /* offset of the directory */
    check_zip(b, n, SX_ERR_FORMAT, "does not lie within the file");
    b = copy_of(&f);
    memset(b + end64 + 56 + 8, 0xff, 8); /* in the locator */
    check_zip(b, n, SX_ERR_FORMAT, "zip64 end record");
    b = copy_of(&f);
    b[n - 1] = 1; /* a comment that is not there */
    check_zip(b, n, SX_ERR_FORMAT, "no end record");
    sx_file_close(&f);
}

static sx_pvalue key_of(const char *text) {
    return (sx_pvalue){ .kind = SX_P_TEXT,
                        .text = { .data = (const uint8_t *)text, .n = strlen(text) } };
}

/* {"model_ema": {"w": ...}, "optimizer": {"w": ...}, "model": {"w": ...}} */
static void weights_beside_their_average_are_named(void **state) {
    (void)state;
    sx_pvalue tensor = { .kind = SX_P_TENSOR }, w = key_of("w"), *pair[] = { &w, &tensor };
    sx_pvalue sets[3], keys[3] = { key_of("model_ema"), key_of("optimizer"), key_of("model") };
    sx_pvalue *items[6];
    for (int i = 0; i < 3; i++) {
        sets[i] = (sx_pvalue){ .kind = SX_P_DICT, .items = { .at = pair, .n = 2 } };
        items[2 * i] = &keys[i];
        items[2 * i + 1] = &sets[i];
    }
    const sx_pvalue root = { .kind = SX_P_DICT, .items = { .at = items, .n = 6 } },
                    one = { .kind = SX_P_DICT, .items = { .at = items, .n = 2 } };
    sx_wrapped names;
    assert_ptr_equal(sx_checkpoint_unwrap(&root, &names), &sets[2]);
    assert_string_equal(names.taken, "model");
    assert_string_equal(names.others, "model_ema");
    assert_ptr_equal(sx_checkpoint_unwrap(&one, &names), &sets[0]);
    assert_string_equal(names.others, "");
}

/* All of the known keys at once, in two levels: each of the others is named once. */
static void all_sets_of_weights_are_named(void **state) {
    (void)state;
    static const char *const known[] = { "model_state_dict",
                                         "model_state",
                                         "model_dict",
                                         "net",
                                         "network",
                                         "net_state_dict",
                                         "module",
                                         "params",
                                         "weights",
                                         "checkpoint",
                                         "ema",
                                         "model_ema",
                                         "ema_model",
                                         "params_ema",
                                         "state_dict_ema",
                                         "ema_state_dict",
                                         "shadow",
                                         "state" };
    enum { KNOWN = sizeof known / sizeof *known };
    sx_pvalue tensor = { .kind = SX_P_TENSOR }, w = key_of("w"), *pair[] = { &w, &tensor };
    sx_pvalue set = { .kind = SX_P_DICT, .items = { .at = pair, .n = 2 } }, keys[KNOWN];
    sx_pvalue model = key_of("model"), state_dict = key_of("state_dict");
    sx_pvalue *inner[2 * KNOWN + 2] = { &state_dict, &set }, *outer[2 * KNOWN + 2] = { &model };
    for (int i = 0; i < KNOWN; i++) {
        keys[i] = key_of(known[i]);
        inner[2 * i + 2] = outer[2 * i + 2] = &keys[i];
        inner[2 * i + 3] = outer[2 * i + 3] = &set;
    }
    sx_pvalue below = { .kind = SX_P_DICT, .items = { .at = inner, .n = 2 * KNOWN + 2 } };
    const sx_pvalue root = { .kind = SX_P_DICT, .items = { .at = outer, .n = 2 * KNOWN + 2 } };
    outer[1] = &below;
    sx_wrapped names;
    assert_ptr_equal(sx_checkpoint_unwrap(&root, &names), &set);
    assert_string_equal(names.taken, "state_dict");
    assert_true(sx_starts_with(names.others, "model_state_dict, model_state, model_dict, net, "));
    assert_true(sx_ends_with(names.others, ", ema_state_dict, shadow"));
    size_t commas = 0;
    for (const char *s = names.others; *s; s++)
        commas += *s == ',';
    assert_int_equal(commas, KNOWN - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_beside_their_average_are_named),
        cmocka_unit_test(all_sets_of_weights_are_named),
        cmocka_unit_test(test_zip),
        cmocka_unit_test(test_wrapped),
        cmocka_unit_test(test_legacy),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_bad_zip),
        cmocka_unit_test(test_bad_zip_end),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
