/* Copy-paste and letterboxes in the loader: which samples get a box, and that they depend on
 * nothing but the seed and their place. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/letterbox.h"
#include "image/noise.h"
#include "image/png.h"
#include "image/resize.h"
#include "support/check.h"
#include "train/copy_paste.h"
#include "train/loader.h"

enum { FILMS = 6, CLASSES = 4, SIDE = 100 };

static char paths[FILMS][512];

static void put_film(const char *path, const char *noise, int width, int height) {
    sx_error err = { 0 };
    sx_image im;
    CHECK_OK(sx_noise_image(noise, width, height, false, &im, &err) &&
                 sx_png_write(&im, SX_PNG_QUICK, path, &err),
             err);
    sx_image_free(&im);
}

static int put_films(void **state) {
    (void)state;
    for (int i = 0; i < FILMS; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d.png", i);
        snprintf(paths[i], sizeof paths[i], "%s", check_tmp_path(name));
        put_film(paths[i], name, SIDE, SIDE);
    }
    return 0;
}

static int remove_films(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

/* Class 0 is frequent, 1 and 3 are rare, 2 has no box. Each rare finding has its own place. */
#define COMMON                                                                                     \
    { 10, 10, 22, 22, 0 }, { 40, 10, 52, 22, 0 }, { 70, 10, 82, 22, 0 }, {                         \
        10, 70, 22, 82, 0                                                                          \
    }
static const sx_film_box common[] = { COMMON }, second[] = { COMMON, { 50, 60, 64, 76, 0 } },
                         third[] = { COMMON, { 25, 35, 39, 51, 0 } },
                         fourth[] = { { 70, 40, 84, 56, 0 } };
static const int labels[] = { 0, 0, 0, 0, 1 }, other_label[] = { 3 };

static void make_films(sx_loader_film films[FILMS]) {
    static const struct {
        const sx_film_box *boxes;
        const int *labels;
        size_t count;
    } with[FILMS] = { { common, labels, 4 }, { common, labels, 4 },      { second, labels, 5 },
                      { third, labels, 5 },  { fourth, other_label, 1 }, { NULL, NULL, 0 } };
    for (int i = 0; i < FILMS; i++)
        films[i] = (sx_loader_film){ .id = paths[i],
                                     .path = paths[i],
                                     .boxes = with[i].boxes,
                                     .labels = with[i].labels,
                                     .count = with[i].count,
                                     .target = 1,
                                     .width = SIDE,
                                     .height = SIDE };
}

static void rare_classes_are_drawn_alike(void **state) {
    (void)state;
    enum { DRAWS = 4000 };
    sx_error err = { 0 };
    sx_loader_film films[FILMS];
    sx_donors d;
    int of_class[CLASSES] = { 0 };
    make_films(films);
    CHECK_OK(sx_donors_make(&d, films, FILMS, CLASSES, &err), err);
    assert_int_equal(d.class_count, 2);
    sx_rng_draws stream = { 9, 0 };
    const sx_draws draws = sx_draws_from_rng(&stream);
    for (int i = 0; i < DRAWS; i++) {
        const sx_donor *one = sx_donors_draw(&d, 5, &draws);
        assert_non_null(one);
        of_class[films[one->film].labels[one->box]]++;
    }
    assert_int_equal(of_class[0] + of_class[2], 0);
    assert_true(abs(of_class[1] - of_class[3]) < 400); /* six standard deviations */
    /* never from the film itself */
    for (int i = 0; i < DRAWS; i++) {
        const sx_donor *one = sx_donors_draw(&d, 4, &draws);
        assert_true(!one || films[one->film].labels[one->box] == 1);
    }
    sx_donors_free(&d);
    /* a set without boxes */
    CHECK_OK(sx_donors_make(&d, &films[5], 1, CLASSES, &err), err);
    assert_null(sx_donors_draw(&d, 0, &draws));
    sx_donors_free(&d);
}

static const int side = SIDE;

static sx_loader_options detector_options(double copy_paste, int threads) {
    return (
        sx_loader_options){ .batch = FILMS,
                            .seed = 5,
                            .classes = CLASSES,
                            .copy_paste = copy_paste,
                            .threads = threads,
                            .augment = { .min_sizes = &side, .min_count = 1, .max_size = SIDE } };
}

static sx_loader *open_loader(const sx_loader_film *films, const sx_loader_options *o) {
    sx_error err = { 0 };
    sx_loader *f = sx_loader_new(films, FILMS, o, &err);
    CHECK_OK(f != NULL, err);
    return f;
}

static const sx_example *next(sx_loader *f) {
    sx_error err = { 0 };
    const sx_example *batch = sx_loader_next(f, &err);
    CHECK_OK(batch != NULL, err);
    return batch;
}

static size_t boxes_of(const sx_loader_film *films, const char *name) {
    int i = 0;
    while (films[i].id != name)
        i++;
    return films[i].count;
}

/* A sample has the film's boxes in their order, and at most one more, of a rare class. */
static int count_pasted(const sx_loader_film *films, const sx_example *batch) {
    int pasted = 0;
    for (int i = 0; i < FILMS; i++) {
        const sx_example *e = &batch[i];
        const int own = (int)boxes_of(films, e->name), more = e->count - own;
        assert_true(more == 0 || more == 1);
        pasted += more;
        if (!more) continue;
        assert_true(e->labels[own] == 1 || e->labels[own] == 3);
        const sx_box b = e->boxes[own];
        assert_true(b.x0 >= 0 && b.y0 >= 0 && b.x1 <= SIDE && b.y1 <= SIDE);
        assert_true(fabsf(b.x1 - b.x0 - 14) < 1e-3F && fabsf(b.y1 - b.y0 - 16) < 1e-3F);
    }
    return pasted;
}

static void a_share_of_the_samples_gets_a_box(void **state) {
    (void)state;
    enum { BATCHES = 60 };
    sx_loader_film films[FILMS];
    int pasted[2] = { 0 };
    make_films(films);
    for (int k = 0; k < 2; k++) {
        const sx_loader_options o = detector_options(k ? 0.5 : 1, 1);
        sx_loader *f = open_loader(films, &o);
        for (int i = 0; i < BATCHES; i++)
            pasted[k] += count_pasted(films, next(f));
        sx_loader_free(f);
    }
    /* most films here have room; at a share of one half, five standard deviations */
    if (pasted[0] < BATCHES * FILMS * 3 / 4 ||
        fabs(pasted[1] - 0.5 * pasted[0]) > 2.5 * sqrt(pasted[0]))
        fail_msg("%d of %d samples, %d at a share of one half", pasted[0], BATCHES * FILMS,
                 pasted[1]);
}

static void check_same(const sx_example *a, const sx_example *b, int count) {
    for (int i = 0; i < count; i++) {
        assert_int_equal(a[i].count, b[i].count);
        if (a[i].count) {
            assert_memory_equal(a[i].boxes, b[i].boxes, sizeof *a[i].boxes * (size_t)a[i].count);
            assert_memory_equal(a[i].labels, b[i].labels, sizeof *a[i].labels * (size_t)a[i].count);
        }
        assert_memory_equal(a[i].image.data, b[i].image.data, sx_image_bytes(&a[i].image));
    }
}

static void threads_and_seeking_change_nothing(void **state) {
    (void)state;
    sx_loader_film films[FILMS];
    make_films(films);
    const sx_loader_options one = detector_options(1, 1), many = detector_options(1, 4);
    sx_loader *a = open_loader(films, &one), *b = open_loader(films, &many);
    sx_loader_seek(b, 2);
    (void)next(a);
    (void)next(a);
    for (int i = 0; i < 4; i++)
        check_same(next(a), next(b), FILMS);
    sx_loader_free(a);
    sx_loader_free(b);
}

/* Two ranks get the halves of the batch of one process. */
static void ranks_share_the_batch(void **state) {
    (void)state;
    sx_loader_film films[FILMS];
    make_films(films);
    sx_loader_options o = detector_options(1, 1);
    sx_loader *whole = open_loader(films, &o), *part[2];
    o.ranks = 2;
    for (o.rank = 0; o.rank < 2; o.rank++)
        part[o.rank] = open_loader(films, &o);
    for (int i = 0; i < 3; i++) {
        const sx_example *batch = next(whole);
        check_same(batch, next(part[0]), FILMS / 2);
        check_same(batch + FILMS / 2, next(part[1]), FILMS / 2);
    }
    sx_loader_free(whole);
    sx_loader_free(part[0]);
    sx_loader_free(part[1]);
}

/* A film that cannot be read gives no box, and the run goes on if it may. */
static void unreadable_donors_are_passed_over(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_loader_film films[FILMS];
    make_films(films);
    for (int i = 2; i < 5; i++)
        films[i].path = "nowhere.png";
    sx_loader_options o = detector_options(1, 1);
    o.skip_unreadable = true;
    sx_loader *f = open_loader(films, &o);
    const sx_example *batch = next(f);
    for (int i = 0; i < FILMS; i++)
        assert_true(batch[i].count == 0 || batch[i].count == (int)boxes_of(films, batch[i].name));
    sx_loader_free(f);
    o.skip_unreadable = false;
    f = open_loader(films, &o);
    CHECK_FAILS(sx_loader_next(f, &err) != NULL, err, SX_ERR_IO, "nowhere.png");
    sx_loader_free(f);
}

/* ---- letterboxes ---- */

/* As the network sees the film in prediction; a flipped one stays in the upper left corner. */
static void letterboxed_samples_are_those_of_prediction(void **state) {
    (void)state;
    enum { INPUT = 48 };
    sx_error err = { 0 };
    const char *path = check_tmp_path("tall.png");
    put_film(path, "tall", 50, 150);
    const sx_loader_film film = { .id = "tall", .path = path };
    sx_image whole, want, small;
    CHECK_OK(sx_noise_image("tall", 50, 150, false, &whole, &err) &&
                 sx_image_letterbox(NULL, &whole, INPUT, INPUT, &want, &err) &&
                 sx_image_resize(NULL, &whole, 16, INPUT, &small, &err),
             err);
    sx_flip_image(&small);
    CHECK_OK(sx_image_pad(&small, INPUT, INPUT, &err), err);
    for (int flip = 0; flip < 2; flip++) {
        const sx_loader_options o = { .batch = 1,
                                      .width = INPUT,
                                      .height = INPUT,
                                      .letterbox = true,
                                      .threads = 1,
                                      .augment = { .flip = flip } };
        const sx_fit fit = sx_loader_fit(&o);
        int w, h;
        sx_fit_size(&fit, 50, 150, &w, &h);
        assert_true(w == 16 && h == INPUT); /* what caches hold */
        sx_loader *f = sx_loader_new(&film, 1, &o, &err);
        const sx_example *e = f ? sx_loader_next(f, &err) : NULL;
        CHECK_OK(e != NULL, err);
        assert_true(e->image.width == INPUT && e->image.height == INPUT);
        assert_memory_equal(e->image.data, flip ? small.data : want.data, INPUT * INPUT);
        sx_loader_free(f);
    }
    /* mild augmentation turns the film and leaves what is beside it */
    const sx_loader_options o = {
        .batch = 1, .width = INPUT, .height = INPUT, .letterbox = true, .mild = true, .threads = 1
    };
    sx_loader *f = sx_loader_new(&film, 1, &o, &err);
    const sx_example *e = f ? sx_loader_next(f, &err) : NULL;
    CHECK_OK(e != NULL, err);
    for (int y = 0; y < INPUT; y++)
        for (int x = 16; x < INPUT; x++)
            assert_int_equal(sx_image_u8(&e->image)[y * INPUT + x], SX_LETTERBOX_GREY);
    assert_true(memcmp(e->image.data, want.data, INPUT * INPUT) != 0);
    sx_loader_free(f);
    sx_image_free(&whole);
    sx_image_free(&want);
    sx_image_free(&small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rare_classes_are_drawn_alike),
        cmocka_unit_test(a_share_of_the_samples_gets_a_box),
        cmocka_unit_test(threads_and_seeking_change_nothing),
        cmocka_unit_test(ranks_share_the_batch),
        cmocka_unit_test(unreadable_donors_are_passed_over),
        cmocka_unit_test(letterboxed_samples_are_those_of_prediction),
    };
    return cmocka_run_group_tests(tests, put_films, remove_films);
}
