#include "golden.h"

#include "image/noise.h"
#include "image/resize.h"

static void equals_pillow(void **state) {
    (void)state;
    json_t *all = golden("D/resize.json"), *j;
    size_t i;
    assert_true(json_array_size(json_object_get(all, "cases")) >= 14);
    json_array_foreach(json_object_get(all, "cases"), i, j) {
        sx_error err = { 0 };
        sx_image in = { 0 }, out = { 0 };
        CHECK_OK(sx_noise_image(text_of(j, "image"), int_of(j, "in_w"), int_of(j, "in_h"),
                                true_of(j, "color"), &in, &err),
                 err);
        check_hash(&in, text_of(j, "in_sha256"), text_of(j, "image"));
        CHECK_OK(sx_image_resize(&in, int_of(j, "out_w"), int_of(j, "out_h"), &out, &err), err);
        check_hash(&out, text_of(j, "out_sha256"), text_of(j, "case"));
        sx_image_free(&in);
        sx_image_free(&out);
    }
    json_decref(all);
}

static void shortest_edge_sizes(void **state) {
    (void)state;
    json_t *all = golden("D/resize.json"), *j;
    size_t i;
    json_array_foreach(json_object_get(all, "sizes_800_1333"), i, j) {
        int n[4], w, h; /* height, width, new height, new width */
        for (size_t k = 0; k < 4; k++)
            n[k] = (int)json_integer_value(json_array_get(j, k));
        sx_resize_shortest(n[1], n[0], 800, 1333, &w, &h);
        if (h != n[2] || w != n[3]) fail_msg("%d x %d: %d x %d, want %d x %d", n[1], n[0], w, h, n[3], n[2]);
    }
    assert_true(i >= 200);
    json_decref(all);
}

static void refuses(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image in = { 0 }, out = { 0 };
    CHECK_OK(sx_image_new(&in, 5, 4, 1, 16, &err), err);
    CHECK_FAILS(sx_image_resize(&in, 3, 3, &out, &err), err, SX_ERR_UNSUPPORTED, "16 bits");
    sx_image_free(&in);
    CHECK_OK(sx_image_new(&in, 5, 4, 4, 8, &err), err);
    CHECK_FAILS(sx_image_resize(&in, 3, 3, &out, &err), err, SX_ERR_UNSUPPORTED, "4 channels");
    sx_image_free(&in);
    CHECK_OK(sx_image_new(&in, 5, 4, 1, 8, &err), err);
    CHECK_FAILS(sx_image_resize(&in, 0, 3, &out, &err), err, SX_ERR_VALUE, "0 x 3");
    CHECK_FAILS(sx_image_resize(&in, 3, 40000, &out, &err), err, SX_ERR_LIMIT, "40000");
    assert_null(out.data);
    sx_image_free(&in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_pillow),
        cmocka_unit_test(shortest_edge_sizes),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests_name("image-resize", tests, NULL, NULL);
}
