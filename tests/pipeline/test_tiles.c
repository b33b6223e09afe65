#include <stdlib.h>

#include "support/check.h"

#include "pipeline/tiles.h"

/* ---- a detector that finds the pixels of each value from 1 on ---- */

static int calls;

/* One box around the pixels of each value, if its width is at least a fiftieth of the picture's.
 * Like a network, it is surer of what it sees larger. */
bool sx_model_detect(sx_model *m, const sx_image *film, const sx_model_detect_options *options,
                     sx_detections *out, sx_error *err) {
    (void)m, (void)options, (void)err;
    int x0[256], x1[256], y0[256], y1[256], seen[256] = { 0 };
    calls++;
    for (int y = 0; y < film->height; y++)
        for (int x = 0; x < film->width; x++) {
            const int v = sx_image_u8(film)[y * film->width + x];
            if (!v) continue;
            if (!seen[v]++) x0[v] = x, y0[v] = y, x1[v] = x, y1[v] = y;
            x0[v] = x < x0[v] ? x : x0[v], x1[v] = x > x1[v] ? x : x1[v];
            y0[v] = y < y0[v] ? y : y0[v], y1[v] = y > y1[v] ? y : y1[v];
        }
    *out = (sx_detections){ .items = calloc(256, sizeof *out->items) };
    for (int v = 1; v < 256; v++)
        if (seen[v] && 50 * (x1[v] + 1 - x0[v]) >= film->width)
            out->items[out->count++] =
                (sx_detection){ { (float)x0[v], (float)y0[v], (float)x1[v] + 1, (float)y1[v] + 1 },
                                0.5F + 100.0F / (float)film->width,
                                v % 2 };
    return true;
}

bool sx_model_classify(sx_model *m, const sx_image *film, float *logits, sx_error *err) {
    (void)m, (void)film, (void)logits;
    return sx_fail(err, SX_ERR_INTERNAL, "not a classifier");
}

bool sx_model_classify_film(sx_model *m, const sx_image *film, float *logits, double *distance,
                            sx_error *err) {
    (void)distance;
    return sx_model_classify(m, film, logits, err);
}

/* ---- tests ---- */

static void tiles_cover_the_film_and_overlap(void **state) {
    (void)state;
    for (int tiles = 2; tiles <= SX_MOST_TILES; tiles++)
        for (int side = 300; side < 4000; side += 37) {
            const sx_tile_row r = sx_tile_row_of(side, tiles);
            assert_int_equal(r.count, tiles);
            assert_int_equal(r.starts[0], 0);
            assert_int_equal(r.starts[tiles - 1] + r.length, side);
            for (int i = 1; i < tiles; i++) {
                const int common = r.starts[i - 1] + r.length - r.starts[i];
                assert_true(common >= r.length / 4 - 2 && common < r.length / 2);
            }
        }
    assert_int_equal(sx_tile_row_of(40, 2).count, 1); /* too small to be divided */
    assert_int_equal(sx_tile_row_of(1000, 1).length, 1000);
    assert_int_equal(sx_tile_row_of(1000, 0).count, 1);
}

typedef struct blob {
    int x, y, width, height;
} blob;

static void draw(sx_image *film, const blob *b, int value) {
    for (int y = b->y; y < b->y + b->height; y++)
        for (int x = b->x; x < b->x + b->width; x++)
            sx_image_u8(film)[y * film->width + x] = (uint8_t)value;
}

static int times_found(const sx_detections *d, const blob *b, int value) {
    int n = 0;
    for (int i = 0; i < d->count; i++) {
        const sx_detection *f = &d->items[i];
        n += f->label == value % 2 && f->box.x0 == (float)b->x && f->box.y0 == (float)b->y &&
             f->box.x1 == (float)(b->x + b->width) && f->box.y1 == (float)(b->y + b->height);
    }
    return n;
}

/* 2 x 2 tiles of 457 x 571 pixels: across from 0 and 343, down from 0 and 429. */
static void each_finding_is_there_once(void **state) {
    (void)state;
    static const blob blobs[] = {
        { 20, 20, 40, 40 },     /* in one tile */
        { 360, 100, 60, 40 },   /* in the overlap of two */
        { 440, 300, 50, 30 },   /* across the right side of the left tiles */
        { 310, 700, 60, 50 },   /* across the left side of the right ones */
        { 380, 480, 40, 40 },   /* in all four */
        { 100, 410, 500, 40 },  /* larger than a tile */
        { 700, 900, 100, 100 }, /* at the film's corner */
        { 600, 50, 12, 12 },    /* too small on the whole film */
        { 395, 560, 11, 40 },   /* the same, across the lower side of the upper tiles */
    };
    enum { BLOBS = sizeof blobs / sizeof *blobs };
    const sx_model_detect_options o = { 0 };
    sx_error err = { 0 };
    sx_image film = { 0 };
    sx_detections d = { 0 }, whole = { 0 };
    CHECK_OK(sx_image_new(&film, 800, 1000, 1, 8, &err), err);
    for (int i = 0; i < BLOBS; i++)
        draw(&film, &blobs[i], i + 1);
    CHECK_OK(sx_tiles_detect(NULL, &film, SX_TTA_NONE, 2, &o, &d, &err), err);
    assert_int_equal(calls, 5);
    for (int i = 0; i < BLOBS; i++)
        if (times_found(&d, &blobs[i], i + 1) != 1)
            fail_msg("blob %d: found %d times", i, times_found(&d, &blobs[i], i + 1));
    assert_int_equal(d.count, BLOBS);
    for (int i = 1; i < d.count; i++)
        assert_true(d.items[i].score <= d.items[i - 1].score);
    CHECK_OK(sx_tiles_detect(NULL, &film, SX_TTA_NONE, 1, &o, &whole, &err), err);
    assert_int_equal(whole.count, BLOBS - 2);
    sx_detections_free(&whole);
    sx_detections_free(&d);
    sx_image_free(&film);
}

static void merging_never_removes_the_larger_finding(void **state) {
    (void)state;
    sx_error err = { 0 };
    size_t left = 0;
    sx_view_box boxes[] = {
        { { { 0, 0, 100, 100 }, 0.5F, 0 }, 0 }, /* a part of it scores higher */
        { { { 10, 10, 30, 30 }, 0.9F, 0 }, 1 },
        { { { 12, 10, 32, 30 }, 0.8F, 0 }, 2 }, /* the same part in another tile */
        { { { 11, 10, 31, 30 }, 0.7F, 0 }, 1 }, /* the detector keeps both in one view */
        { { { 12, 10, 32, 30 }, 0.6F, 1 }, 2 }, /* another class */
    };
    CHECK_OK(sx_tiles_merge(boxes, 5, &left, &err), err);
    assert_int_equal(left, 4);
    const float scores[4] = { 0.9F, 0.7F, 0.6F, 0.5F };
    for (int i = 0; i < 4; i++)
        assert_true(boxes[i].found.score == scores[i]);
    CHECK_OK(sx_tiles_merge(boxes, 0, &left, &err), err);
    assert_int_equal(left, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiles_cover_the_film_and_overlap),
        cmocka_unit_test(each_finding_is_there_once),
        cmocka_unit_test(merging_never_removes_the_larger_finding),
    };
    return cmocka_run_group_tests_name("tiles", tests, NULL, NULL);
}
