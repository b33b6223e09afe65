/* Weight sets in memory, and numbers of every type as f32. */
#include "support/check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tensor/weights.h"

static void test_many(void **state) {
    (void)state;
    enum { N = 5000 };
    sx_error err = { 0 };
    char name[64];
    sx_weights *w = sx_weights_new(&err);
    CHECK_OK(w, err);
    assert_null(sx_weights_find(w, "layer0.weight"));
    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "layer%d.weight", i);
        int32_t *data = sx_weights_add_empty(w, name, SX_I32, 1, (int64_t[]){ 1 }, &err);
        CHECK_OK(data, err);
        assert_int_equal(*data, 0);
        *data = i;
    }
    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "layer%d.weight", i);
        const sx_tensor *t = sx_weights_find(w, name);
        assert_ptr_equal(t, sx_weights_at(w, (size_t)i));
        assert_int_equal(*(const int32_t *)t->data, i);
    }
    assert_int_equal(sx_weights_count(w), N);
    assert_null(sx_weights_find(w, "layer5000.weight"));
    assert_null(sx_weights_find(w, ""));
    assert_string_equal(sx_weights_path(w), "");
    sx_weights_free(w);
}

static void test_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_weights *w = sx_weights_new(&err);
    CHECK_OK(w, err);
    assert_non_null(sx_weights_add_empty(w, "a", SX_F32, 1, (int64_t[]){ 2 }, &err));
    assert_null(sx_weights_add_empty(w, "a", SX_F32, 1, (int64_t[]){ 2 }, &err));
    check_error(&err, SX_ERR_FORMAT, "tensor a is there twice");
    assert_null(sx_weights_add_empty(w, "b", SX_F32, 1, (int64_t[]){ -2 }, &err));
    check_error(&err, SX_ERR_VALUE, "tensor b: impossible shape");
    assert_null(sx_weights_add_empty(w, "b", SX_F32, 2,
                                     (int64_t[]){ INT64_C(1) << 32, INT64_C(1) << 31 }, &err));
    check_error(&err, SX_ERR_VALUE, "impossible shape");
    assert_null(sx_weights_add_empty(w, "b", SX_F32, 9, (int64_t[9]){ 0 }, &err));
    check_error(&err, SX_ERR_VALUE, "impossible shape");
    assert_int_equal(sx_weights_count(w), 1);
    sx_weights_free(w);
    sx_weights_free(NULL);
}

static void test_metadata(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_weights *w = sx_weights_new(&err);
    CHECK_OK(w, err);
    assert_null(sx_weights_meta(w, "arch"));
    CHECK_OK(sx_weights_set_meta(w, "arch", "densenet121", &err), err);
    CHECK_OK(sx_weights_set_meta(w, "threshold", "0.5", &err), err);
    CHECK_OK(sx_weights_set_meta(w, "arch", "densenet169", &err), err);
    assert_int_equal(sx_weights_meta_count(w), 2);
    assert_string_equal(sx_weights_meta(w, "arch"), "densenet169");
    CHECK_OK(sx_weights_set_meta(w, "arch", NULL, &err), err);
    CHECK_OK(sx_weights_set_meta(w, "absent", NULL, &err), err);
    assert_null(sx_weights_meta(w, "arch"));
    const char *key, *value;
    assert_true(sx_weights_meta_at(w, 0, &key, &value));
    assert_string_equal(key, "threshold");
    assert_string_equal(value, "0.5");
    assert_false(sx_weights_meta_at(w, 1, &key, &value));
    sx_weights_free(w);
}

static void expect(sx_dtype dtype, const void *data, size_t n, const float *want) {
    sx_error err = { 0 };
    float got[8];
    const sx_tensor t = { .name = "t",
                          .dtype = dtype,
                          .ndim = 1,
                          .dims = { (int64_t)n },
                          .data = data,
                          .bytes = n * sx_dtype_size(dtype) };
    CHECK_OK(sx_tensor_to_f32(&t, 0, (int64_t)n, got, &err), err);
    assert_memory_equal(got, want, n * sizeof *got);
}

static void test_to_f32(void **state) {
    (void)state;
    /* 1, -2, least and largest finite, infinity, least subnormal, largest subnormal, -0 */
    const uint16_t f16[] = { 0x3c00, 0xc000, 0x0400, 0x7bff, 0x7c00, 0x0001, 0x83ff, 0x8000 };
    const float from_f16[] = { 1, -2, 0x1p-14F, 65504, INFINITY, 0x1p-24F, -0x1.ff8p-15F, -0.0F };
    expect(SX_F16, f16, 8, from_f16);
    const uint16_t bf16[] = { 0x3f80, 0xc000, 0x7f80, 0x0001, 0x8000 };
    const float from_bf16[] = { 1, -2, INFINITY, 0x1p-133F, -0.0F };
    expect(SX_BF16, bf16, 5, from_bf16);
    expect(SX_F32, from_f16, 8, from_f16);
    expect(SX_F64, (double[]){ 0.1, -1e300 }, 2, (float[]){ 0.1F, -INFINITY });
    expect(SX_I64, (int64_t[]){ -7, 1 << 24 }, 2, (float[]){ -7, 16777216 });
    expect(SX_I32, (int32_t[]){ -7, INT32_MIN }, 2, (float[]){ -7, -2147483648.0F });
    expect(SX_I16, (int16_t[]){ -7, 300 }, 2, (float[]){ -7, 300 });
    expect(SX_I8, (int8_t[]){ -7, 127 }, 2, (float[]){ -7, 127 });
    expect(SX_U8, (uint8_t[]){ 0, 255 }, 2, (float[]){ 0, 255 });
    expect(SX_BOOL, (uint8_t[]){ 0, 1 }, 2, (float[]){ 0, 1 });
}

static void test_nan(void **state) {
    (void)state;
    sx_error err = { 0 };
    const uint16_t f16[] = { 0x7e00, 0xfc01 }, bf16[] = { 0x7fc0, 0xff81 };
    float got[2];
    sx_tensor t = {
        .name = "t", .dtype = SX_F16, .ndim = 1, .dims = { 2 }, .data = f16, .bytes = 4
    };
    CHECK_OK(sx_tensor_to_f32(&t, 0, 2, got, &err), err);
    assert_true(isnan(got[0]) && isnan(got[1]));
    t.dtype = SX_BF16;
    t.data = bf16;
    CHECK_OK(sx_tensor_to_f32(&t, 0, 2, got, &err), err);
    assert_true(isnan(got[0]) && isnan(got[1]));
}

/* Any range at any address; none past the end */
static void test_part(void **state) {
    (void)state;
    sx_error err = { 0 };
    const float want[] = { 2, 3 };
    float values[] = { 1, 2, 3 }, got[2];
    char bytes[16];
    memcpy(bytes + 1, values, sizeof values);
    const sx_tensor t = {
        .name = "t", .dtype = SX_F32, .ndim = 1, .dims = { 3 }, .data = bytes + 1, .bytes = 12
    };
    CHECK_OK(sx_tensor_to_f32(&t, 1, 2, got, &err), err);
    assert_memory_equal(got, want, sizeof got);
    CHECK_OK(sx_tensor_to_f32(&t, 3, 0, got, &err), err);
    CHECK_FAILS(sx_tensor_to_f32(&t, 2, 2, got, &err), err, SX_ERR_USAGE,
                "tensor t: elements 2 and 2 more of 3");
    CHECK_FAILS(sx_tensor_to_f32(&t, -1, 1, got, &err), err, SX_ERR_USAGE, "tensor t");
    CHECK_FAILS(sx_tensor_to_f32(&t, 4, 0, got, &err), err, SX_ERR_USAGE, "tensor t");
    CHECK_FAILS(sx_tensor_to_f32(&t, 1, INT64_MAX, got, &err), err, SX_ERR_USAGE, "tensor t");
}

static void test_bf16_rounding(void **state) {
    (void)state;
    assert_int_equal(sx_f32_to_bf16(1), 0x3f80);
    assert_int_equal(sx_f32_to_bf16(0x1.01p0F), 0x3f80);     /* half way: to even */
    assert_int_equal(sx_f32_to_bf16(0x1.03p0F), 0x3f82);     /* half way: to even */
    assert_int_equal(sx_f32_to_bf16(0x1.010002p0F), 0x3f81); /* above */
    assert_int_equal(sx_f32_to_bf16(-3.4e38F), 0xff80);      /* overflows */
    assert_int_equal(sx_f32_to_bf16(INFINITY), 0x7f80);
    assert_true(isnan(sx_bf16_to_f32(sx_f32_to_bf16(NAN))));
    union {
        uint32_t u;
        float f;
    } low = { .u = 0x7f800001 }; /* a NaN whose upper half alone would be infinity */
    assert_true(isnan(sx_bf16_to_f32(sx_f32_to_bf16(low.f))));
}

static void test_shape_text(void **state) {
    (void)state;
    char buf[32];
    sx_tensor t = { .ndim = 3, .dims = { 64, 3, 7 } };
    assert_string_equal(sx_tensor_shape(&t, buf, sizeof buf), "64x3x7");
    assert_string_equal(sx_tensor_shape(&t, buf, 5), "64x3");
    t.ndim = 0;
    assert_string_equal(sx_tensor_shape(&t, buf, sizeof buf), "scalar");
    assert_int_equal(sx_tensor_count(&t), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many),          cmocka_unit_test(test_refused),
        cmocka_unit_test(test_metadata),      cmocka_unit_test(test_to_f32),
        cmocka_unit_test(test_nan),           cmocka_unit_test(test_part),
        cmocka_unit_test(test_bf16_rounding), cmocka_unit_test(test_shape_text),
    };
    return cmocka_run_group_tests_name("weights", tests, NULL, NULL);
}
