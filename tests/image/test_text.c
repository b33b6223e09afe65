/* The search for burned-in text: drawn letters of all sizes are found and covered, what only looks
 * like it is not. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/letters.h"

#include "base/rng.h"
#include "image/image_file.h"
#include "image/text.h"
#include "phantom/phantom.h"

enum { WIDTH = 700, HEIGHT = 1000 };

/* Grey slopes with noise, dark at the edges as a film is. */
static void make_film(sx_image *im, uint64_t seed) {
    sx_error err = { 0 };
    CHECK_OK(sx_image_new(im, WIDTH, HEIGHT, 1, 8, &err), err);
    uint64_t key = sx_rng_key("text film", seed);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            double u = (x - WIDTH / 2.0) / WIDTH, v = (y - HEIGHT / 2.0) / HEIGHT;
            double bones = 20 * sin(x / 23.0) * sin(y / 31.0);
            double noise = 16 * (sx_rng_unit(key, (uint64_t)(y * WIDTH + x)) - 0.5);
            double g = 150 * exp(-8 * u * u) - 40 * v + bones + noise;
            sx_image_u8(im)[y * WIDTH + x] = (uint8_t)fmin(fmax(g, 0), 230);
        }
}

typedef struct ink {
    sx_image *im;
    uint8_t value;
    int count, covered;
    const sx_text_area *areas;
    size_t areas_count;
} ink;

static void put_dot(void *ctx, int x, int y) {
    ink *k = ctx;
    if (x < 0 || y < 0 || x >= k->im->width || y >= k->im->height) return;
    sx_image_u8(k->im)[y * k->im->width + x] = k->value;
}

static void count_dot(void *ctx, int x, int y) {
    ink *k = ctx;
    bool in = false;
    for (size_t i = 0; i < k->areas_count; i++) {
        const sx_text_area *a = &k->areas[i];
        in = in || (x >= a->x0 && x < a->x1 && y >= a->y0 && y < a->y1);
    }
    k->count++;
    k->covered += in;
}

static size_t find(const sx_image *im, sx_text_area **areas) {
    sx_error err = { 0 };
    size_t n;
    CHECK_OK(sx_text_find(im, areas, &n, &err), err);
    for (size_t i = 0; i < n; i++) {
        assert_in_range((*areas)[i].x0, 0, (*areas)[i].x1 - 1);
        assert_in_range((*areas)[i].y0, 0, (*areas)[i].y1 - 1);
        assert_true((*areas)[i].x1 <= im->width && (*areas)[i].y1 <= im->height);
    }
    return n;
}

static void letters_are_found(void **state) {
    (void)state;
    static const char *const texts[] = { "NGUYEN^VAN AN", "ID 0047118", "12-04-2019", "SUPINE",
                                         "MRS SMITH 54Y" };
    for (int scale = 1; scale <= 8; scale++)
        for (int place = 0; place < 6; place++) {
            const char *text = texts[(scale + place) % 5];
            const int w = letters_width(text, scale), h = 7 * scale;
            const bool turned = place >= 4;
            const int x = turned ? (place == 4 ? 6 : WIDTH - h - 6) : place % 2 ? WIDTH - w - 8 : 8;
            const int y = turned ? HEIGHT / 2 + w / 2 : place / 2 ? HEIGHT - h - 10 : 10;
            sx_image im;
            make_film(&im, (uint64_t)(scale * 10 + place));
            ink k = { .im = &im, .value = 255 };
            letters_draw(text, x, y, scale, turned, put_dot, &k);
            sx_text_area *areas;
            size_t n = find(&im, &areas);
            k.areas = areas;
            k.areas_count = n;
            letters_draw(text, x, y, scale, turned, count_dot, &k);
            if (k.covered != k.count)
                fail_msg("'%s' at scale %d, place %d: %zu areas cover %d of %d pixels", text, scale,
                         place, n, k.covered, k.count);
            free(areas);
            sx_image_free(&im);
        }
}

/* Dark letters on a bright ground are text as well; so is a block of lines. */
static void dark_blocks_are_found(void **state) {
    (void)state;
    static const char *const lines[] = { "KING HOSPITAL", "NAME SMITH^J", "DOB 01-02-65", "R" };
    sx_image im;
    make_film(&im, 3);
    for (int y = 0; y < 170; y++)
        memset(sx_image_u8(&im) + y * WIDTH, 240, 400);
    ink k = { .im = &im, .value = 30 };
    for (int i = 0; i < 4; i++)
        letters_draw(lines[i], 20, 20 + 27 * i, 3, false, put_dot, &k);
    sx_text_area *areas;
    k.areas_count = find(&im, &areas);
    k.areas = areas;
    for (int i = 0; i < 4; i++)
        letters_draw(lines[i], 20, 20 + 27 * i, 3, false, count_dot, &k);
    assert_int_equal(k.covered, k.count);
    assert_string_equal(sx_text_place(&areas[0], WIDTH, HEIGHT), "upper left");
    free(areas);
    sx_image_free(&im);
}

static void put_block(sx_image *im, int x, int y, int w, int h, uint8_t value) {
    for (int v = y; v < y + h; v++)
        memset(sx_image_u8(im) + v * im->width + x, value, (size_t)w);
}

static void nothing_found(sx_image *im, const char *what) {
    sx_text_area *areas;
    size_t n = find(im, &areas);
    if (n)
        fail_msg("%s is taken for text: x %d to %d, y %d to %d", what, areas[0].x0, areas[0].x1,
                 areas[0].y0, areas[0].y1);
    assert_null(areas);
    sx_image_free(im);
}

static void other_things_are_left(void **state) {
    (void)state;
    sx_image im;
    ink k = { .im = &im, .value = 255 };
    make_film(&im, 1);
    nothing_found(&im, "a film");
    make_film(&im, 2);
    letters_draw("R", 20, 20, 6, false, put_dot, &k);
    nothing_found(&im, "a side marker");
    make_film(&im, 3);
    for (int i = 0; i < 40; i++) /* a ruler: every fifth tick is longer */
        put_block(&im, 20, 60 + 20 * i, i % 5 ? 12 : 24, 3, 255);
    nothing_found(&im, "a ruler");
    make_film(&im, 4);
    for (int i = 0; i < 12; i++)
        put_block(&im, 30 + 20 * i, 40, 10, 14, 255);
    nothing_found(&im, "a row of blocks");
    make_film(&im, 5);
    letters_draw("NOT AT THE BORDER", WIDTH / 2 - 100, HEIGHT / 2, 2, false, put_dot, &k);
    nothing_found(&im, "what lies in the middle");
}

static void noise_is_left(void **state) {
    (void)state;
    sx_image im;
    for (int grain = 1; grain <= 7; grain += 2) {
        make_film(&im, 9);
        uint64_t key = sx_rng_key("grain", (uint64_t)grain);
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++)
                sx_image_u8(&im)[y * WIDTH + x] =
                    (uint8_t)(255 * sx_rng_unit(key, (uint64_t)(y / grain * WIDTH + x / grain)));
        nothing_found(&im, "noise");
    }
}

static void odd_films(void **state) {
    (void)state;
    static const int sizes[][2] = { { 1, 1 },   { 1, 3001 }, { 3001, 2 },
                                    { 20, 20 }, { 3, 7001 }, { 3001, 33 } };
    sx_error err = { 0 };
    sx_image im;
    sx_text_area *areas;
    size_t n;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        CHECK_OK(sx_image_new(&im, sizes[i][0], sizes[i][1], 1, 8, &err), err);
        nothing_found(&im, "a black film");
    }
    CHECK_OK(sx_image_new(&im, 9, 9, 3, 8, &err), err);
    CHECK_FAILS(sx_text_find(&im, &areas, &n, &err), err, SX_ERR_UNSUPPORTED, "grey");
    sx_image_free(&im);
    /* halved: found in the film's own pixels */
    CHECK_OK(sx_image_new(&im, 3601, 4001, 1, 8, &err), err);
    ink k = { .im = &im, .value = 200 };
    letters_draw("LARGE FILM 42", 3601 - letters_width("LARGE FILM 42", 6) - 20, 3930, 6, false,
                 put_dot, &k);
    k.areas_count = n = find(&im, &areas);
    k.areas = areas;
    assert_int_equal(n, 1);
    letters_draw("LARGE FILM 42", 3601 - letters_width("LARGE FILM 42", 6) - 20, 3930, 6, false,
                 count_dot, &k);
    assert_int_equal(k.covered, k.count);
    assert_string_equal(sx_text_place(areas, 3601, 4001), "lower right");
    free(areas);
    sx_image_free(&im);
}

/* An 8-bit picture of a phantom, its window applied. */
static void draw_phantom(sx_image *im, size_t index) {
    sx_error err = { 0 };
    sx_phantom_film film;
    const sx_phantom_options o = { .long_side = 1000 };
    CHECK_OK(sx_phantom_draw(NULL, &film, 20261128, index, &o, &err), err);
    CHECK_OK(sx_image_new(im, film.image.width, film.image.height, 1, 8, &err), err);
    const uint16_t *from = sx_image_u16(&film.image);
    for (size_t i = 0; i < sx_image_bytes(im); i++) {
        const unsigned v = from[i] >> (film.bits - 8);
        sx_image_u8(im)[i] = (uint8_t)(film.inverted ? 255 - v : v);
    }
    sx_phantom_film_free(&film);
}

/* Radiographs with bones, implants, collimated borders and noise: text drawn into a corner is
 * found, and none is found on a film without text. */
static void phantoms_with_and_without(void **state) {
    (void)state;
    enum { FILMS = 12 };
    const int width = letters_width("SMITH^JANE 54Y", 2);
    int found = 0, covered = 0, false_alarms = 0;
    for (size_t i = 0; i < FILMS; i++) {
        sx_image im;
        sx_text_area *areas;
        draw_phantom(&im, i);
        false_alarms += find(&im, &areas) > 0;
        free(areas);
        const int x = i % 2 ? im.width - width - 12 : 12, y = i % 4 < 2 ? 14 : im.height - 30;
        /* a dark plate, as devices put it behind what they write on bright ground */
        for (int row = y - 6; row < y + 20; row++)
            memset(sx_image_u8(&im) + row * im.width + x - 8, 20, (size_t)width + 16);
        ink k = { .im = &im, .value = 255 };
        letters_draw("SMITH^JANE 54Y", x, y, 2, false, put_dot, &k);
        k.areas_count = find(&im, &areas);
        k.areas = areas;
        letters_draw("SMITH^JANE 54Y", x, y, 2, false, count_dot, &k);
        found += k.areas_count > 0;
        covered += k.covered == k.count;
        free(areas);
        sx_image_free(&im);
    }
    assert_int_equal(found, FILMS);
    assert_int_equal(covered, FILMS);
    assert_int_equal(false_alarms, 0);
}

static size_t count_films_with_text(const char *dir, size_t every, size_t *films) {
    struct dirent **names = NULL;
    int count = scandir(dir, &names, NULL, alphasort);
    size_t found = 0;
    *films = 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        sx_error err = { 0 };
        sx_image im, grey;
        snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
        if (names[i]->d_name[0] != '.' && (size_t)i % every == 0) {
            CHECK_OK(sx_image_read(path, &im, &err), err);
            CHECK_OK(sx_image_new(&grey, im.width, im.height, 1, 8, &err), err);
            for (size_t k = 0; k < sx_image_bytes(&grey); k++)
                sx_image_u8(&grey)[k] =
                    sx_image_u8(&im)[k * (size_t)im.channels + (im.channels > 2)];
            sx_text_area *areas;
            found += find(&grey, &areas) > 0;
            ++*films;
            free(areas);
            sx_image_free(&grey);
            sx_image_free(&im);
        }
        free(names[i]);
    }
    free(names);
    return found;
}

/* Photographs of screens with patients' data, rulers and markers, looked through by eye: 27 of 274
 * have text (or a ruler with numbers) at the border; every one that was found does. */
static void real_films(void **state) {
    (void)state;
    size_t films, found = count_films_with_text(check_shared("data/kauh/images"), 3, &films);
    assert_in_range(films, 85, 95);
    assert_in_range(found, 5, 14);
    found = count_films_with_text(check_shared("data/vertebrae/val/images"), 1, &films);
    assert_in_range(found, 4, films * 4 / 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_are_found),
        cmocka_unit_test(dark_blocks_are_found),
        cmocka_unit_test(other_things_are_left),
        cmocka_unit_test(noise_is_left),
        cmocka_unit_test(odd_films),
        cmocka_unit_test(phantoms_with_and_without),
    };
    const struct CMUnitTest with_material[] = { cmocka_unit_test(real_films) };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (!check_shared("data/kauh/images") || !check_shared("data/vertebrae/val/images"))
        return failed;
    return failed + cmocka_run_group_tests(with_material, NULL, NULL);
}
