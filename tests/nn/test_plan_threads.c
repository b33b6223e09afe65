/* A plan keeps its number of threads: the numbers are the same to the bit for any affinity mask,
 * OpenMP setting and number of threads at run time. */
#define _GNU_SOURCE
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "models/arch.h"
#include "models/synthetic_weights.h"
#include "nn/store.h"
#include "support/check.h"
#include "support/run_plan.h"

enum { W = 96, H = 64, IMAGES = 2 };

/* A small network, forward and, in training, backward from gradients of 1 / 64. */
typedef struct network {
    sx_graph *graph;
    sx_weights *weights;
    sx_store *store;
    sx_plan *plan;
    const char *output;
    float *out;
    int64_t count;
} network;

static void open_network(network *n, const char *arch, const char *config, bool training) {
    sx_error err = { 0 };
    sx_network net;
    *n = (network){ .output = strncmp(arch, "densenet", 8) == 0 ? "logits" : "logits1" };
    sx_network_default(&net, sx_arch_find(arch), 3);
    CHECK_OK(sx_network_configure(&net, config, &err), err);
    n->graph = sx_network_build(&net, (sx_shape){ IMAGES, H, W, 3 },
                                training ? SX_FOR_TRAINING : SX_WHOLE, &err);
    n->weights = n->graph ? sx_synthetic_weights(n->graph, &err) : NULL;
    n->store = n->weights ? sx_store_open(n->graph, n->weights,
                                          (sx_store_options){ .own = training }, &err)
                          : NULL;
    CHECK_OK(n->store != NULL, err);
}

static void make_plan(network *n, int threads, bool training) {
    sx_error err = { 0 };
    const sx_plan_options o = { .compute = SX_F32, .training = training, .threads = threads };
    n->plan = sx_plan_new(n->graph, n->store, o, &err);
    CHECK_OK(n->plan != NULL, err);
    n->count = sx_plan_output_count(n->plan, n->output);
    n->out = malloc((size_t)n->count * sizeof *n->out);
    assert_non_null(n->out);
}

static void close_network(network *n) {
    sx_plan_free(n->plan);
    sx_store_free(n->store);
    sx_weights_free(n->weights);
    sx_graph_free(n->graph);
    free(n->out);
}

static void run_forward(network *n) {
    sx_error err = { 0 };
    sx_shape s;
    float *in = sx_plan_input(n->plan, "image", NULL, &s);
    for (int64_t i = 0; i < sx_shape_count(s); i++)
        in[i] = (float)((i * 7919) % 255) - 117;
    /* of the random numbers that decide which layers are skipped, where the network has them */
    float *draws = sx_plan_input(n->plan, "draw", NULL, &s);
    for (int64_t i = 0; draws && i < sx_shape_count(s); i++)
        draws[i] = (float)(i + 1);
    check_run(n->plan);
    CHECK_OK(sx_plan_output(n->plan, n->output, n->out, n->count, &err), err);
}

static void run_backward(network *n) {
    sx_store_zero_grads(n->store);
    for (int i = 0; i < sx_graph_outputs(n->graph); i++) {
        const char *name;
        sx_graph_output_at(n->graph, i, &name);
        float *grad = sx_plan_output_grad(n->plan, name, NULL);
        for (int64_t k = 0; grad && k < sx_plan_output_count(n->plan, name); k++)
            grad[k] = 1.0F / 64;
    }
    check_backward(n->plan);
}

static uint64_t hash_of(const void *data, size_t bytes, uint64_t hash) {
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ ((const uint8_t *)data)[i]) * 0x100000001b3U;
    return hash;
}

/* Of the output and of every gradient. */
static uint64_t run_and_hash(network *n, bool training) {
    run_forward(n);
    uint64_t hash = hash_of(n->out, (size_t)n->count * sizeof *n->out, 0xcbf29ce484222325U);
    if (!training) return hash;
    run_backward(n);
    for (size_t i = 0; i < sx_graph_param_count(n->graph); i++) {
        const sx_param *p = sx_graph_param(n->graph, i);
        size_t count = 1;
        for (int k = 0; k < p->ndim; k++)
            count *= (size_t)p->dims[k];
        const float *grad = sx_store_grad(n->store, p);
        if (grad) hash = hash_of(grad, count * sizeof *grad, hash);
    }
    return hash;
}

/* ---- a caller's settings ---- */

typedef struct setting {
    bool pinned; /* to one core */
    int omp_threads;
    int dynamic;
} setting;

static const setting settings[] = {
    { false, 2, 0 },
    { true, 1, 0 },
    { true, 4, 1 },
};
enum { SETTINGS = sizeof settings / sizeof settings[0] };

static cpu_set_t whole_mask;

static void apply_setting(setting s) {
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &whole_mask)) CPU_SET(i, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, s.pinned ? &one : &whole_mask), 0);
    omp_set_num_threads(s.omp_threads);
    omp_set_dynamic(s.dynamic);
}

typedef struct job {
    network *n;
    setting s;
    int threads; /* makes a plan with these; < 0: runs */
    bool training;
    uint64_t hash;
} job;

static void *do_job(void *arg) {
    job *j = arg;
    apply_setting(j->s);
    if (j->threads >= 0)
        make_plan(j->n, j->threads, j->training);
    else
        j->hash = run_and_hash(j->n, j->training);
    assert_int_equal(omp_get_max_threads(), j->s.omp_threads); /* left as it was */
    assert_int_equal(omp_get_dynamic(), j->s.dynamic);
    return NULL;
}

/* In a thread of its own, so that no setting remains. */
static void in_thread(job *j) {
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, do_job, j), 0);
    pthread_join(t, NULL);
}

/* ThreadSanitizer does not know the threads of libgomp, so under it plans have one thread and the
 * threads that it watches are those of this test. */
#ifdef __SANITIZE_THREAD__
enum { FEW_THREADS = 1, MANY_THREADS = 1 };
#else
enum { FEW_THREADS = 1, MANY_THREADS = 3 };
#endif
static const int thread_counts[] = { FEW_THREADS, MANY_THREADS };
enum { THREAD_COUNTS = FEW_THREADS == MANY_THREADS ? 1 : 2 };

static const struct {
    const char *arch, *config;
} networks[] = {
    { "densenet121", "{\"growth\": 16, \"stem\": 32, \"blocks\": [2, 2, 2, 2]}" },
    { "retinanet_r50", "{\"backbone_blocks\": [1, 1, 1, 1], \"backbone_stem\": 32, "
                       "\"channels\": 64, \"convs\": 2}" },
    { "efficientdet_d0", "{\"backbone_depth\": 30, \"cells\": 1, \"convs\": 1, \"levels\": 3}" },
};

/* A plan of so many threads, made under each setting and run under each other. */
static void check_settings(const char *arch, const char *config, int threads, bool training) {
    uint64_t want = 0;
    for (int made = 0; made < SETTINGS; made++) {
        network n;
        open_network(&n, arch, config, training);
        job make = { &n, settings[made], threads, training, 0 };
        in_thread(&make);
        assert_int_equal(sx_plan_threads(n.plan), threads);
        for (int run = 0; run < SETTINGS; run++) {
            job j = { &n, settings[run], -1, training, 0 };
            in_thread(&j);
            if (made == 0 && run == 0) want = j.hash;
            /* a plan's running statistics move on, but nothing that is hashed reads them */
            if (j.hash != want)
                fail_msg("%s, %d threads, made under setting %d: other numbers under setting %d",
                         arch, threads, made, run);
        }
        close_network(&n);
    }
}

static void test_settings_of_the_caller(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++)
        for (int k = 0; k < THREAD_COUNTS; k++)
            check_settings(networks[i].arch, networks[i].config, thread_counts[k], false);
}

static void test_settings_in_training(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++)
        for (int k = 0; k < THREAD_COUNTS; k++)
            check_settings(networks[i].arch, networks[i].config, thread_counts[k], true);
}

/* ---- at the same time ---- */

typedef struct repeated {
    network *n;
    uint64_t first;
    bool same;
} repeated;

static void *run_often(void *arg) {
    repeated *r = arg;
    r->same = true;
    for (int i = 0; i < 4; i++)
        r->same = run_and_hash(r->n, false) == r->first && r->same;
    return NULL;
}

/* Two plans on one store, of two thread counts, in two threads. */
static void test_two_plans_at_once(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++) {
        network a, b;
        pthread_t t[2];
        open_network(&a, networks[i].arch, networks[i].config, false);
        make_plan(&a, FEW_THREADS, false);
        b = a;
        make_plan(&b, MANY_THREADS, false);
        repeated r[] = { { &a, run_and_hash(&a, false), false },
                         { &b, run_and_hash(&b, false), false } };
        for (int k = 0; k < 2; k++)
            assert_int_equal(pthread_create(&t[k], NULL, run_often, &r[k]), 0);
        for (int k = 0; k < 2; k++)
            pthread_join(t[k], NULL);
        assert_true(r[0].same && r[1].same);
        sx_plan_free(b.plan);
        free(b.out);
        close_network(&a);
    }
}

/* ---- fewer threads than planned ---- */

typedef struct small_team {
    network *n;
    int threads, levels; /* omp_set_max_active_levels(levels) before the plan is made */
    bool ran;
    sx_error err;
    uint64_t hash;
} small_team;

/* Fewer threads from OpenMP than the plan was made for: an error, never other numbers. */
static void *run_without_levels(void *arg) {
    small_team *t = arg;
    omp_set_max_active_levels(t->levels);
    make_plan(t->n, t->threads, false);
    omp_set_max_active_levels(0);
    memset(sx_plan_input(t->n->plan, "image", NULL, NULL), 0, 4);
    t->ran = sx_plan_run(t->n->plan, &t->err);
    omp_set_max_active_levels(1);
    t->hash = run_and_hash(t->n, false);
    return NULL;
}

static void check_small_team(const char *arch, const char *config, int levels) {
    network n, usual;
    pthread_t thread;
    open_network(&n, arch, config, false);
    small_team t = { .n = &n, .threads = MANY_THREADS, .levels = levels };
    assert_int_equal(pthread_create(&thread, NULL, run_without_levels, &t), 0);
    pthread_join(thread, NULL);
    open_network(&usual, arch, config, false);
    make_plan(&usual, sx_plan_threads(n.plan), false);
    assert_int_equal(t.hash, run_and_hash(&usual, false));
    if (levels == 0 || MANY_THREADS == 1) {
        assert_int_equal(sx_plan_threads(n.plan), 1);
        CHECK_OK(t.ran, t.err);
    } else {
        assert_false(t.ran);
        assert_int_equal(t.err.code, SX_ERR_USAGE);
        assert_non_null(strstr(t.err.message, "planned for 3 threads"));
    }
    close_network(&usual);
    close_network(&n);
}

static void test_team_smaller_than_planned(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++)
        for (int levels = 0; levels < 2; levels++)
            check_small_team(networks[i].arch, networks[i].config, levels);
}

int main(void) {
    if (sched_getaffinity(0, sizeof whole_mask, &whole_mask) != 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings_of_the_caller),
        cmocka_unit_test(test_settings_in_training),
        cmocka_unit_test(test_two_plans_at_once),
        cmocka_unit_test(test_team_smaller_than_planned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
