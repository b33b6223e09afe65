/* One predictor and several threads, with small real networks: the same numbers to the bit in any
 * thread, and no data race (run under ThreadSanitizer too: see tests/meson.build). */
#define _GNU_SOURCE
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.h"

#include "image/noise.h"
#include "image/png.h"
#include "pipeline/batch.h"
#include "pipeline/predictor_impl.h"
#include "support/small_networks.h"

/* ThreadSanitizer does not see the synchronisation of libgomp's threads and reports the end of a
 * loop as a race. It takes ten times as long, and races do not depend on the number of films: one
 * with heat maps and one without. */
#if defined(__SANITIZE_THREAD__)
enum { PLAN_THREADS = 1, FILMS = 2 };
#else
enum { PLAN_THREADS = 3, FILMS = 4 };
#endif
enum { WORKERS = 8 };

static const char *const *weights;
static sx_image films[FILMS];
static sx_prediction *wanted[FILMS];
static char paths[FILMS][512];

static sx_context *make_context(int threads) {
    sx_error err = { 0 };
    sx_context_options o = SX_CONTEXT_DEFAULTS;
    o.threads = threads;
    sx_context *c = sx_context_new(&o, &err);
    CHECK_OK(c != NULL, err);
    return c;
}

static sx_predictor *open_all(const sx_context *context) {
    sx_error err = { 0 };
    sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
    o.precision = SX_PRECISION_F32;
    o.threshold = 0; /* every box stays */
    sx_predictor *p = sx_predictor_open(context, weights, SMALL_NETWORKS, &o, &err);
    CHECK_OK(p != NULL, err);
    return p;
}

static sx_prediction *predict_film(sx_predictor *p, int i) {
    sx_error err = { 0 };
    const sx_pixel_view v = { films[i].data, films[i].width, films[i].height, 1, 8, 0 };
    sx_predict_options o = SX_PREDICT_DEFAULTS;
    o.keep_heat_maps = i % 2 == 0;
    return sx_predict_pixels(p, &v, &o, &err);
}

static bool same(const sx_prediction *a, const sx_prediction *b) {
    if (!a || !b || a->probability != b->probability || a->finding_count != b->finding_count)
        return false;
    for (int i = 0; i < a->finding_count; i++)
        if (memcmp(&a->findings[i], &b->findings[i], offsetof(sx_finding, name)) != 0) return false;
    for (int i = 0; a->heat.count && b->heat.count && i < 49; i++)
        if (a->heat.mean.cell[i] != b->heat.mean.cell[i]) return false;
    return true;
}

static int setup(void **state) {
    (void)state;
    sx_error err = { 0 };
    weights = small_networks_write();
    sx_context *c = make_context(PLAN_THREADS);
    sx_predictor *p = open_all(c);
    for (int i = 0; i < FILMS; i++) {
        char name[16];
        snprintf(name, sizeof name, "film%d", i);
        CHECK_OK(sx_noise_image(name, 200 + 40 * i, 360 - 30 * i, false, &films[i], &err), err);
        snprintf(paths[i], sizeof paths[i], "%s/%s.png", check_tmp(), name);
        CHECK_OK(sx_png_write(&films[i], SX_PNG_QUICK, paths[i], &err), err);
        wanted[i] = predict_film(p, i);
        assert_non_null(wanted[i]);
    }
    sx_predictor_free(p);
    sx_context_free(c);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    for (int i = 0; i < FILMS; i++) {
        sx_image_free(&films[i]);
        sx_prediction_free(wanted[i]);
    }
    check_tmp_remove();
    return 0;
}

/* ---- threads that predict ---- */

typedef struct worker {
    pthread_t thread;
    sx_predictor *predictor;
    int first, wrong; /* begins with this film; predictions that differ from the wanted ones */
} worker;

static void *predict_all(void *arg) {
    worker *w = arg;
    for (int i = 0; i < FILMS; i++) {
        const int film = (w->first + i) % FILMS;
        sx_prediction *p = predict_film(w->predictor, film);
        w->wrong += !same(p, wanted[film]);
        sx_prediction_free(p);
    }
    return NULL;
}

static void run_workers(worker *w, int count) {
    for (int i = 0; i < count; i++)
        assert_int_equal(pthread_create(&w[i].thread, NULL, predict_all, &w[i]), 0);
    for (int i = 0; i < count; i++) {
        pthread_join(w[i].thread, NULL);
        assert_int_equal(w[i].wrong, 0);
    }
}

static void eight_threads_share_a_predictor(void **state) {
    (void)state;
    worker w[WORKERS] = { 0 };
    sx_context *c = make_context(PLAN_THREADS);
    sx_predictor *p = open_all(c);
    for (int i = 0; i < WORKERS; i++)
        w[i] = (worker){ .predictor = p, .first = i };
    run_workers(w, WORKERS);
    sx_predictor_free(p);
    sx_context_free(c);
}

static void predictors_do_not_disturb_one_another(void **state) {
    (void)state;
    enum { PREDICTORS = 2 };
    worker w[PREDICTORS] = { 0 };
    sx_context *c = make_context(PLAN_THREADS);
    for (int i = 0; i < PREDICTORS; i++)
        w[i] = (worker){ .predictor = open_all(c) };
    run_workers(w, PREDICTORS);
    for (int i = 0; i < PREDICTORS; i++)
        sx_predictor_free(w[i].predictor);
    sx_context_free(c);
}

/* ---- a batch beside other calls ---- */

typedef struct batch_check {
    size_t done, wrong;
} batch_check;

static bool take_film(void *user, sx_batch_film *film, sx_error *err) {
    (void)err;
    batch_check *b = user;
    b->wrong += !film->drawn || film->index != b->done ||
                !same(film->prediction, wanted[film->index % FILMS]);
    b->done++;
    return true;
}

static bool draw_film(void *user, const sx_context *context, sx_batch_film *film, sx_error *err) {
    (void)user, (void)context;
    sx_picture *overlay = sx_prediction_overlay(film->prediction, 0, err);
    sx_picture_free(overlay);
    return overlay != NULL;
}

/* Also called from other threads than the test's, so nothing is asserted here. */
static bool run_batch(sx_predictor *p, int lanes) {
    enum { MANY = 2 * FILMS };
    sx_error err = { 0 };
    sx_film_source sources[MANY] = { { 0 } };
    batch_check found = { 0 };
    bool stopped;
    for (int i = 0; i < MANY; i++)
        sources[i].path = paths[i % FILMS];
    sx_batch batch = { .predictor = p,
                       .sources = sources,
                       .count = MANY,
                       .options = SX_PREDICT_DEFAULTS,
                       .draw = draw_film,
                       .done = take_film,
                       .user = &found,
                       .lanes = lanes,
                       .helpers = 3 };
    batch.options.keep_picture = true;
    return sx_batch_run(&batch, &stopped, &err) && !stopped && found.done == MANY &&
           found.wrong == 0;
}

static void a_batch_and_single_films_share_a_predictor(void **state) {
    (void)state;
    sx_context *c = make_context(PLAN_THREADS);
    worker w = { .predictor = open_all(c) };
    assert_int_equal(pthread_create(&w.thread, NULL, predict_all, &w), 0);
    assert_true(run_batch(w.predictor, 1));
    assert_true(run_batch(w.predictor, 3));
    pthread_join(w.thread, NULL);
    assert_int_equal(w.wrong, 0);
    sx_predictor_free(w.predictor);
    sx_context_free(c);
}

/* ---- a thread's cores ---- */

static void pin_thread(bool pinned) {
    static cpu_set_t all;
    cpu_set_t one;
    if (CPU_COUNT(&all) == 0) assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &all)) CPU_SET(i, &one);
    assert_int_equal(pthread_setaffinity_np(pthread_self(), sizeof one, pinned ? &one : &all), 0);
}

typedef struct pinning {
    bool pinned;
    sx_context *context; /* threads as many as the thread has cores */
    sx_predictor *predictor;
    int wrong;
} pinning;

static void *open_pinned(void *arg) {
    pinning *s = arg;
    pin_thread(s->pinned);
    s->context = make_context(PLAN_THREADS == 1 ? 1 : 0);
    s->predictor = open_all(s->context);
    return NULL;
}

static void *use_pinned(void *arg) {
    pinning *s = arg;
    pin_thread(s->pinned);
    worker w = { .predictor = s->predictor };
    predict_all(&w);
    s->wrong = w.wrong + !run_batch(s->predictor, 2);
    return NULL;
}

static void in_thread(void *(*what)(void *), pinning *s) {
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, what, s), 0);
    pthread_join(t, NULL);
}

static void opened_and_used_on_different_cores(void **state) {
    (void)state;
    pin_thread(false);
    for (int pinned = 0; pinned < 2; pinned++) {
        pinning s = { .pinned = pinned };
        in_thread(open_pinned, &s);
        assert_true(!pinned || sx_context_threads(s.context) == 1);
        s.pinned = !pinned;
        in_thread(use_pinned, &s);
        assert_int_equal(s.wrong, 0);
        sx_predictor_free(s.predictor);
        sx_context_free(s.context);
    }
}

/* ---- processes and the end of work ---- */

static void a_child_process_is_told(void **state) {
    (void)state;
    sx_context *c = make_context(PLAN_THREADS);
    sx_predictor *p = open_all(c);
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        sx_error err = { 0 };
        sx_prediction *film = sx_predict_file(p, paths[0], NULL, &err);
        const bool told = !film && err.code == SX_ERR_USAGE && strstr(err.message, "fork");
        sx_predictor_free(p);
        _exit(told ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    sx_predictor_free(p);
    sx_context_free(c);
}

static void a_cancelled_context_ends_predictions(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_context *c = make_context(1);
    sx_predictor *p = open_all(c);
    sx_prediction *film = sx_predict_file(p, paths[0], NULL, &err);
    CHECK_OK(film != NULL, err);
    sx_context_cancel(c);
    CHECK_FAILS(sx_predict_file(p, paths[0], NULL, &err), err, SX_ERR_CANCELLED, "cancelled");
    CHECK_FAILS(sx_predictor_open(c, weights, 1, NULL, &err), err, SX_ERR_CANCELLED, "cancelled");
    sx_predictor_free(p);
    sx_context_free(c);
    assert_true(same(film, wanted[0])); /* it outlives both */
    assert_string_equal(film->findings[0].name, wanted[0]->findings[0].name);
    sx_prediction_free(film);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_threads_share_a_predictor),
        cmocka_unit_test(predictors_do_not_disturb_one_another),
        cmocka_unit_test(a_batch_and_single_films_share_a_predictor),
        cmocka_unit_test(opened_and_used_on_different_cores),
        cmocka_unit_test(a_child_process_is_told),
        cmocka_unit_test(a_cancelled_context_ends_predictions),
    };
    return cmocka_run_group_tests_name("predictor threads", tests, setup, teardown);
}
