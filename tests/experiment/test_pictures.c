/* The pictures of validation films. */
#include <string.h>

#include "experiment/pictures.h"
#include "image/overlay_draw.h"
#include "support/check.h"

/* The columns from the first to the last pixel of a colour in the middle third of a tile. */
static void find_columns(const sx_image *tile, const uint8_t rgb[3], int *first, int *last) {
    *first = tile->width;
    *last = -1;
    for (int y = tile->height / 3; y < tile->height * 2 / 3; y++)
        for (int x = 0; x < tile->width; x++) {
            const size_t at = 3 * ((size_t)y * (size_t)tile->width + (size_t)x);
            if (memcmp(sx_image_u8(tile) + at, rgb, 3) != 0) continue;
            *first = x < *first ? x : *first;
            *last = x > *last ? x : *last;
        }
}

/* A film that the network sees as a square is drawn in its own proportions, and so are its boxes,
 * the true one and the predicted one. */
static void pictures_keep_the_proportions(void **state) {
    (void)state;
    static const uint8_t grey[3] = { 200, 200, 200 };
    sx_error err = { 0 };
    const sx_film_box box = { .x0 = 25, .y0 = 30, .x1 = 75, .y1 = 270 };
    const int label = 0;
    char name[] = "film", *classes[] = { name };
    sx_loader_film film = { .id = name, .boxes = &box, .labels = &label, .count = 1 };
    const sx_film_set set = { .films = &film,
                              .count = 1,
                              .manifest.classes = { .items = classes, .count = 1 } };
    sx_fitted fitted = { .film_width = 100, .film_height = 300 };
    CHECK_OK(sx_image_new(&fitted.image, 64, 64, 1, 8, &err), err);
    memset(fitted.image.data, grey[0], sx_image_bytes(&fitted.image));
    sx_detection item = { .box = { 16, 6.4F, 48, 57.6F }, .score = 0.9F };
    const sx_detections found = { .items = &item, .count = 1 };
    sx_sheet sheet = { 0 };
    CHECK_OK(sx_picture_boxes(&sheet, &set, 0, &fitted, &found, &err), err);
    assert_int_equal(sheet.count, 2);
    uint8_t colour[3];
    sx_label_color(0, colour);
    for (int i = 0; i < 2; i++) {
        int left, right, from, to;
        find_columns(&sheet.tile[i], grey, &left, &right);
        assert_int_equal(right - left + 1, 140); /* of 420 rows */
        find_columns(&sheet.tile[i], colour, &from, &to);
        assert_in_range(from - left, 33, 36);
        assert_in_range(to - left, 104, 107);
    }
    assert_non_null(strstr(sheet.notice, "not a diagnosis"));
    assert_true(sheet.tile[1].height > sheet.tile[0].height); /* shown below what was predicted */
    sx_sheet_free(&sheet);
    sx_image_free(&fitted.image);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(pictures_keep_the_proportions) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
