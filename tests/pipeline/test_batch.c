/* The batch engine, with networks that answer from their weight file (fake_model.c). */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/check.h"

#include "base/files.h"
#include "base/writer.h"
#include "fake_model.h"
#include "image/png.h"
#include "pipeline/batch.h"
#include "pipeline/lanes.h"
#include "pipeline/predictor_impl.h"

enum { FILMS = 40 };

static sx_film_source sources[FILMS];

/* Film i begins with sample i, which the classifier adds to its logit of -20; every seventh film is
 * no film. */
static bool is_bad(size_t i) {
    return i % 7 == 3;
}

static void write_films(void) {
    sx_error err = { 0 };
    for (int i = 0; i < FILMS; i++) {
        char name[32];
        sx_image im;
        snprintf(name, sizeof name, "film%02d.png", i);
        char *path = sx_path_join(check_tmp(), name);
        CHECK_OK(sx_image_new(&im, 32, 24, 1, 8, &err), err);
        sx_image_u8(&im)[0] = (uint8_t)i;
        CHECK_OK(is_bad((size_t)i) ? sx_write_file(path, "text", 4, &err)
                                   : sx_png_write(&im, SX_PNG_QUICK, path, &err),
                 err);
        sx_image_free(&im);
        sources[i] = (sx_film_source){ .path = path };
    }
}

static int setup(void **state) {
    (void)state;
    write_films();
    return 0;
}

static int teardown(void **state) {
    (void)state;
    for (int i = 0; i < FILMS; i++)
        free((char *)sources[i].path);
    check_tmp_remove();
    return 0;
}

static sx_predictor *open_fake(const sx_context *context) {
    static const char weights[] = "classifier -20 0.5 dicom";
    sx_error err = { 0 };
    const char *path = check_tmp_path("c.pth");
    CHECK_OK(sx_write_file(path, weights, sizeof weights - 1, &err), err);
    sx_predictor *p = sx_predictor_open(context, &path, 1, NULL, &err);
    CHECK_OK(p != NULL, err);
    return p;
}

/* What the calls of a batch saw. */
typedef struct seen {
    sx_batch *batch;
    sx_context *context;
    atomic_int drawn[FILMS];
    size_t done;
    size_t cancel_at, fail_at; /* FILMS: never */
} seen;

static bool draw(void *user, const sx_context *context, sx_batch_film *film, sx_error *err) {
    seen *s = user;
    (void)context;
    /* no assertion: this may be a thread of its own */
    atomic_fetch_add(&s->drawn[film->index], film->prediction->picture.data ? 1 : 100);
    if (film->index % 5 == 2) return sx_fail(err, SX_ERR_IO, "film %zu: disk full", film->index);
    return true;
}

static bool done(void *user, sx_batch_film *film, sx_error *err) {
    seen *s = user;
    const size_t i = film->index;
    assert_int_equal(i, s->done);
    s->done++;
    if (is_bad(i)) {
        assert_null(film->prediction);
        check_error(&film->error, SX_ERR_FORMAT, film->source->path);
        assert_int_equal(s->drawn[i], 0);
    } else {
        assert_non_null(film->prediction);
        assert_true(film->prediction->classifier_probability[0] ==
                    (double)sx_sigmoid(-20 + (float)i));
        assert_int_equal(s->drawn[i], s->batch->draw ? 1 : 0);
        assert_true(film->drawn == (s->batch->draw && i % 5 != 2));
        if (s->batch->draw && i % 5 == 2) check_error(&film->draw_error, SX_ERR_IO, "disk full");
    }
    if (i == s->cancel_at) sx_context_cancel(s->context);
    return i != s->fail_at || sx_fail(err, SX_ERR_IO, "film %zu is one too many", i);
}

/* The threads of a batch; the context has four. */
typedef struct crew {
    int lanes, helpers;
} crew;

static const crew crews[] = { { 1, 0 },  { 1, 1 }, { 1, 3 }, { 1, 8 }, { 1, -1 },
                              { 0, -1 }, { 2, 0 }, { 2, 2 }, { 4, 0 }, { 8, 3 } };
enum { CREWS = sizeof crews / sizeof *crews };

static sx_batch make_batch(sx_predictor *p, seen *s, crew c) {
    sx_batch b = { .predictor = p,
                   .sources = sources,
                   .count = FILMS,
                   .options = SX_PREDICT_DEFAULTS,
                   .draw = draw,
                   .done = done,
                   .user = s,
                   .lanes = c.lanes,
                   .helpers = c.helpers };
    b.options.keep_picture = true;
    return b;
}

static sx_context *make_context(void) {
    sx_error err = { 0 };
    sx_context_options o = SX_CONTEXT_DEFAULTS;
    o.threads = 4;
    sx_context *c = sx_context_new(&o, &err);
    CHECK_OK(c != NULL, err);
    return c;
}

/* Runs the batch with every crew. */
static void run_all(size_t cancel_at, size_t fail_at, size_t least, size_t most) {
    for (int k = 0; k < CREWS; k++) {
        sx_error err = { 0 };
        bool stopped = true;
        sx_context *c = make_context();
        sx_predictor *p = open_fake(c);
        seen s = { .context = c, .cancel_at = cancel_at, .fail_at = fail_at };
        sx_batch b = make_batch(p, &s, crews[k]);
        s.batch = &b;
        const bool ok = sx_batch_run(&b, &stopped, &err);
        if (fail_at < FILMS)
            CHECK_FAILS(ok, err, SX_ERR_IO, "one too many");
        else
            CHECK_OK(ok, err);
        assert_true(stopped == (cancel_at < FILMS && s.done < FILMS));
        assert_true(s.done >= least && s.done <= most);
        sx_predictor_free(p);
        sx_context_free(c);
    }
}

static void films_come_in_order_and_fail_alone(void **state) {
    (void)state;
    run_all(FILMS, FILMS, FILMS, FILMS);
}

/* What had been through the networks is drawn and done: at most the films in flight. */
static void a_stopped_batch_finishes_what_it_has(void **state) {
    (void)state;
    enum { MOST_IN_FLIGHT = 4 * (SX_MOST_LANES + 3) };
    run_all(12, FILMS, 13, 13 + MOST_IN_FLIGHT);
    run_all(0, FILMS, 1, 1 + MOST_IN_FLIGHT);
    run_all(FILMS - 1, FILMS, FILMS, FILMS);
}

static void a_fault_of_the_receiver_ends_the_batch(void **state) {
    (void)state;
    run_all(FILMS, 9, 10, 10);
    run_all(FILMS, FILMS - 1, FILMS, FILMS);
}

static void a_batch_may_draw_nothing_and_be_empty(void **state) {
    (void)state;
    sx_error err = { 0 };
    bool stopped = true;
    sx_predictor *p = open_fake(NULL);
    seen s = { .cancel_at = FILMS, .fail_at = FILMS };
    sx_batch b = make_batch(p, &s, (crew){ 1, 2 });
    s.batch = &b;
    b.draw = NULL;
    CHECK_OK(sx_batch_run(&b, &stopped, &err), err);
    assert_int_equal(s.done, FILMS);
    assert_false(stopped);
    b.count = 0;
    s.done = 0;
    CHECK_OK(sx_batch_run(&b, &stopped, &err), err);
    assert_int_equal(s.done, 0);
    sx_predictor_free(p);
}

/* ---- what is in flight ---- */

/* The first film that a helper draws is held back until as many films as may be in flight are
 * through the networks, and a little longer. */
typedef struct holding {
    const sx_film_source *sources;
    size_t count;
    pthread_t caller;
    int most;        /* films in flight, from the one that is held */
    atomic_int held; /* 1 more than that film's index; 0: none yet */
    int through;     /* films that had been through the networks when it was let go */
} holding;

/* Films that can be through the networks while film `first` is held. */
static int films_through(const holding *h, size_t first) {
    int n = 0;
    for (size_t i = 0; i < first + (size_t)h->most && i < h->count; i++)
        n += h->sources != sources || !is_bad(i);
    return n;
}

static bool hold_one(void *user, const sx_context *context, sx_batch_film *film, sx_error *err) {
    holding *h = user;
    int none = 0;
    (void)context, (void)err;
    if (pthread_equal(pthread_self(), h->caller)) {
        for (int i = 0; i < 1000 && !atomic_load(&h->held); i++)
            usleep(2000); /* until a helper has had its turn */
        return true;
    }
    if (!atomic_compare_exchange_strong(&h->held, &none, (int)film->index + 1)) return true;
    const int want = films_through(h, film->index);
    for (int i = 0; i < 2000 && atomic_load(&fake_model_films) < want; i++)
        usleep(10000);
    usleep(200000);
    h->through = atomic_load(&fake_model_films);
    return true;
}

static bool let_go(void *user, sx_batch_film *film, sx_error *err) {
    (void)user;
    if (!film->prediction && !is_bad(film->index)) *err = film->error;
    return film->prediction || is_bad(film->index);
}

/* While a film is held back, it and those after it, `most` in all, may be in flight. */
static void check_flight(const sx_film_source *from, size_t count, crew c, int most) {
    sx_error err = { 0 };
    bool stopped;
    holding h = { .sources = from, .count = count, .most = most, .caller = pthread_self() };
    sx_predictor *p = open_fake(NULL);
    const sx_batch b = { .predictor = p,
                         .sources = from,
                         .count = count,
                         .options = SX_PREDICT_DEFAULTS,
                         .draw = hold_one,
                         .done = let_go,
                         .user = &h,
                         .lanes = c.lanes,
                         .helpers = c.helpers };
    atomic_store(&fake_model_films, 0);
    CHECK_OK(sx_batch_run(&b, &stopped, &err), err);
    sx_predictor_free(p);
    const int first = atomic_load(&h.held) - 1;
    assert_true(first >= 0);
    assert_int_equal(h.through, films_through(&h, (size_t)first));
}

static void films_in_flight_are_bounded(void **state) {
    (void)state;
    check_flight(sources, FILMS, (crew){ 1, 1 }, 8);
    check_flight(sources, FILMS, (crew){ 1, 3 }, 16);
    check_flight(sources, FILMS, (crew){ 4, 0 }, 16);
    check_flight(sources, FILMS, (crew){ 2, 2 }, 16);
}

static void bytes_in_flight_are_bounded(void **state) {
    (void)state;
    enum { WIDTH = 8000, HEIGHT = 7000, BIG = 12 };
    sx_film_source big[BIG];
    unsigned char *pixels = calloc(WIDTH, HEIGHT);
    const sx_pixel_view view = { pixels, WIDTH, HEIGHT, 1, 8, 0 };
    for (int i = 0; i < BIG; i++)
        big[i] = (sx_film_source){ .pixels = &view };
    check_flight(big, BIG, (crew){ 1, 8 }, 3); /* 168 MB each of 512 MiB */
    check_flight(big, BIG, (crew){ 4, 0 }, 3);
    free(pixels);
}

/* ---- lanes ---- */

/* A lane that finds no memory predicts its films with the predictor's own networks. */
static void lanes_without_memory_lose_no_film(void **state) {
    (void)state;
    atomic_store(&fake_model_starved, true);
    atomic_store(&fake_model_shared, 0);
    run_all(FILMS, FILMS, FILMS, FILMS);
    assert_true(atomic_load(&fake_model_shared) > 0);
    atomic_store(&fake_model_starved, false);
}

static void lanes_follow_films_and_threads(void **state) {
    static const struct {
        size_t films;
        int threads, lanes;
    } cases[] = {
        { 0, 4, 4 },   { 1, 1, 1 },    { 1, 8, 1 },  { 2, 2, 2 },    { 3, 2, 1 },   { 4, 2, 2 },
        { 24, 2, 2 },  { 24, 3, 3 },   { 24, 6, 6 }, { 24, 8, 8 },   { 24, 12, 6 }, { 24, 16, 8 },
        { 10, 16, 5 }, { 100, 64, 8 }, { 5, 13, 1 }, { 100, 13, 6 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(sx_lane_count(cases[i].films, cases[i].threads), cases[i].lanes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(films_come_in_order_and_fail_alone),
        cmocka_unit_test(a_stopped_batch_finishes_what_it_has),
        cmocka_unit_test(a_fault_of_the_receiver_ends_the_batch),
        cmocka_unit_test(a_batch_may_draw_nothing_and_be_empty),
        cmocka_unit_test(films_in_flight_are_bounded),
        cmocka_unit_test(bytes_in_flight_are_bounded),
        cmocka_unit_test(lanes_without_memory_lose_no_film),
        cmocka_unit_test(lanes_follow_films_and_threads),
    };
    return cmocka_run_group_tests_name("batch", tests, setup, teardown);
}
