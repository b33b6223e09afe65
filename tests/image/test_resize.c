#include "support/sample_pictures.h"

#include <math.h>

#include "base/context_impl.h"
#include "image/noise.h"
#include "image/resize.h"
#include "support/contexts.h"

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
        CHECK_OK(sx_image_resize(NULL, &in, int_of(j, "out_w"), int_of(j, "out_h"), &out, &err),
                 err);
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
        if (h != n[2] || w != n[3])
            fail_msg("%d x %d: %d x %d, want %d x %d", n[1], n[0], w, h, n[3], n[2]);
    }
    assert_true(i >= 200);
    json_decref(all);
}

/* One pass as its definition says, along x or y. */
static sx_image plain_pass(const sx_image *src, bool vertical, int size) {
    sx_error err = { 0 };
    sx_image dst = { 0 };
    const int in = vertical ? src->height : src->width, c = src->channels;
    CHECK_OK(
        sx_image_new(&dst, vertical ? src->width : size, vertical ? size : src->height, c, 8, &err),
        err);
    const double scale = (double)in / size, width = scale > 1 ? scale : 1;
    for (int y = 0; y < dst.height; y++)
        for (int x = 0; x < dst.width; x++)
            for (int k = 0; k < c; k++) {
                const double centre = ((vertical ? y : x) + 0.5) * scale;
                int low = (int)(centre - width + 0.5), high = (int)(centre + width + 0.5),
                    sum = 1 << 21;
                double total = 0;
                low = low < 0 ? 0 : low;
                high = high > in ? in : high;
                for (int i = low; i < high; i++)
                    total += fmax(0, 1 - fabs((i - centre + 0.5) * (1 / width)));
                for (int i = low; i < high; i++) {
                    const double w = fmax(0, 1 - fabs((i - centre + 0.5) * (1 / width))) / total;
                    const size_t at = ((size_t)(vertical ? i : y) * (size_t)src->width +
                                       (size_t)(vertical ? x : i)) *
                                          (size_t)c +
                                      (size_t)k;
                    sum += (int)(0.5 + w * 4194304) * sx_image_u8(src)[at];
                }
                sum >>= 22;
                sx_image_u8(
                    &dst)[((size_t)y * (size_t)dst.width + (size_t)x) * (size_t)c + (size_t)k] =
                    (uint8_t)(sum > 255 ? 255 : sum);
            }
    return dst;
}

static sx_image mirrored(const sx_image *src) {
    sx_error err = { 0 };
    sx_image dst = { 0 };
    const size_t c = (size_t)src->channels, w = (size_t)src->width;
    CHECK_OK(sx_image_new(&dst, src->width, src->height, src->channels, 8, &err), err);
    for (size_t i = 0; i < w * (size_t)src->height; i++)
        memcpy(sx_image_u8(&dst) + i * c, sx_image_u8(src) + (i - i % w + w - 1 - i % w) * c, c);
    return dst;
}

/* Sizes that leave remainders of every kind, on one thread and on three, and from the other
 * side. */
static void equals_the_definition(void **state) {
    (void)state;
    static const int sizes[][4] = {
        { 1, 1, 5, 7 },         { 5, 7, 1, 1 },       { 63, 65, 64, 64 },  { 64, 64, 63, 65 },
        { 129, 33, 20, 200 },   { 200, 130, 17, 15 }, { 700, 3, 33, 3 },   { 3, 700, 3, 33 },
        { 2, 300, 90, 11 },     { 300, 2, 11, 90 },   { 97, 191, 97, 40 }, { 97, 191, 40, 191 },
        { 250, 250, 125, 500 }, { 97, 191, 97, 191 },
    };
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int color = 0; color < 2; color++) {
            sx_error err = { 0 };
            sx_image in = { 0 }, out = { 0 };
            const int *n = sizes[s];
            CHECK_OK(sx_noise_image("resize/definition", n[0], n[1], color, &in, &err), err);
            for (size_t i = 0; i < sx_image_bytes(&in); i += 7) /* extremes, to reach the clamp */
                sx_image_u8(&in)[i] = i % 3 ? 255 : 0;
            sx_image mid = plain_pass(&in, false, n[2]), want = plain_pass(&mid, true, n[3]);
            sx_image turned = mirrored(&in);
            for (int run = 0; run < 4; run++) {
                const int threads = run % 2 ? 3 : 1;
                const sx_context context = check_context(threads);
                if (run < 2)
                    CHECK_OK(sx_image_resize(&context, &in, n[2], n[3], &out, &err), err);
                else
                    CHECK_OK(sx_image_resize_mirrored(&context, &turned, n[2], n[3], &out, &err),
                             err);
                if (memcmp(out.data, want.data, sx_image_bytes(&want)) != 0)
                    fail_msg("%d x %d -> %d x %d, %d channels, %d threads%s", n[0], n[1], n[2],
                             n[3], in.channels, threads, run < 2 ? "" : ", mirrored");
                sx_image_free(&out);
            }
            sx_image_free(&turned);
            sx_image_free(&in);
            sx_image_free(&mid);
            sx_image_free(&want);
        }
}

static sx_image wide_picture(int width, int height) {
    sx_error err = { 0 };
    sx_image im = { 0 };
    CHECK_OK(sx_image_new(&im, width, height, 1, 16, &err), err);
    for (uint64_t i = 0; i < (uint64_t)width * (uint64_t)height; i++)
        sx_image_u16(&im)[i] = i % 5 == 3 ? 65535 : (uint16_t)(i * i * 7919 + i * 104729);
    return im;
}

/* Numbers of Pillow 9.4, mode I. */
static void pictures_of_16_bits_equal_pillow(void **state) {
    (void)state;
    static const uint16_t smaller[] = { 28221, 29091, 37774, 44786, 44366, 33574 },
                          one_row[] = { 29096, 47267, 23592, 39649 },
                          larger[] = { 0,     35334, 45604, 53280, 54484, 21332, 259,
                                       39250, 39930, 45466, 53574, 17691, 672,   45516,
                                       30852, 32965, 52117, 11864, 2453,  28572, 28602,
                                       40376, 51003, 7405,  4624,  12019, 26743, 48014,
                                       51156, 8017,  8163,  21409, 20790, 37336, 59843,
                                       42765, 10374, 27278, 17069, 30662, 65272, 64482 };
    static const struct {
        int from_width, from_height, width, height;
        const uint16_t *pixels; /* NULL: the sums below */
        uint64_t sum, weighted;
    } cases[] = {
        { 7, 5, 3, 2, smaller, 0, 0 },
        { 9, 1, 4, 1, one_row, 0, 0 },
        { 5, 4, 6, 7, larger, 0, 0 },
        { 301, 500, 120, 199, NULL, 938151318, 45034503104 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        sx_error err = { 0 };
        sx_image in = wide_picture(cases[k].from_width, cases[k].from_height), out = { 0 };
        CHECK_OK(sx_image_resize_16bit(&in, cases[k].width, cases[k].height, &out, &err), err);
        uint64_t sum = 0, weighted = 0;
        for (size_t i = 0; i < (size_t)out.width * (size_t)out.height; i++) {
            const uint64_t v = sx_image_u16(&out)[i];
            if (cases[k].pixels && v != cases[k].pixels[i])
                fail_msg("case %zu: pixel %zu is %d, not %d", k, i, (int)v, cases[k].pixels[i]);
            sum += v;
            weighted += i % 97 * v;
        }
        if (!cases[k].pixels) {
            assert_int_equal(sum, cases[k].sum);
            assert_int_equal(weighted, cases[k].weighted);
        }
        sx_image_free(&in);
        sx_image_free(&out);
    }
}

static void unsupported_pictures_are_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image in = { 0 }, out = { 0 };
    CHECK_OK(sx_image_new(&in, 5, 4, 1, 16, &err), err);
    CHECK_FAILS(sx_image_resize(NULL, &in, 3, 3, &out, &err), err, SX_ERR_UNSUPPORTED, "16 bits");
    sx_image_free(&in);
    CHECK_OK(sx_image_new(&in, 5, 4, 4, 8, &err), err);
    CHECK_FAILS(sx_image_resize(NULL, &in, 3, 3, &out, &err), err, SX_ERR_UNSUPPORTED,
                "4 channels");
    sx_image_free(&in);
    CHECK_OK(sx_image_new(&in, 5, 4, 1, 8, &err), err);
    CHECK_FAILS(sx_image_resize(NULL, &in, 0, 3, &out, &err), err, SX_ERR_VALUE, "0 x 3");
    CHECK_FAILS(sx_image_resize(NULL, &in, 3, 40000, &out, &err), err, SX_ERR_LIMIT, "40000");
    assert_null(out.data);
    CHECK_FAILS(sx_image_resize_16bit(&in, 3, 3, &out, &err), err, SX_ERR_UNSUPPORTED, "8 bits");
    sx_image_free(&in);
    in = wide_picture(5, 4);
    CHECK_FAILS(sx_image_resize_16bit(&in, 3, 40000, &out, &err), err, SX_ERR_LIMIT, "40000");
    CHECK_FAILS(sx_image_resize_16bit(&in, 3, -1, &out, &err), err, SX_ERR_VALUE, "-1");
    assert_null(out.data);
    sx_image_free(&in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_pillow),
        cmocka_unit_test(equals_the_definition),
        cmocka_unit_test(pictures_of_16_bits_equal_pillow),
        cmocka_unit_test(shortest_edge_sizes),
        cmocka_unit_test(unsupported_pictures_are_refused),
    };
    return cmocka_run_group_tests_name("image-resize", tests, NULL, NULL);
}
