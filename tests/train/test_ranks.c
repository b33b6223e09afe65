/* Under mpirun: ranks that share a batch give the weights of one process with the complete batch,
 * to rounding. Every rank also trains by itself and compares. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "image/noise.h"
#include "report/report_gather.h"
#include "support/check.h"
#include "train/comm_mpi.h"
#include "train/trainer.h"

enum { FILMS = 4, SIDE = 96, MOST_STEPS = 2 };

static sx_comm *comm;
static sx_example batch[FILMS];
static sx_box boxes[2 * FILMS];
static int labels[2 * FILMS];
static float classes[FILMS][3]; /* abnormal, and two findings; of film 2 one is not known */

static int make_batch(void **state) {
    (void)state;
    sx_error err = { 0 };
    for (int i = 0; i < FILMS; i++) {
        char name[32];
        snprintf(name, sizeof name, "ranks/%d", i);
        for (int k = 0; k < 2; k++) {
            const float x = (float)(7 * i + 30 * k), y = (float)(40 - 9 * i + 20 * k);
            boxes[2 * i + k] = (sx_box){ x, y, x + 25 + 5 * (float)i, y + 30 };
            labels[2 * i + k] = (i + k) % 3;
        }
        classes[i][0] = (float)(i % 2);
        classes[i][1] = (float)(i / 2);
        classes[i][2] = i == 2 ? NAN : 1;
        /* different numbers of boxes on each rank: losses are divided by the number in the batch */
        batch[i] = (sx_example){ .boxes = &boxes[2 * i],
                                 .labels = &labels[2 * i],
                                 .count = i < 2 ? 1 : 2,
                                 .classes = classes[i],
                                 .name = "noise" };
        if (!sx_noise_image(name, SIDE, SIDE, false, &batch[i].image, &err)) return 1;
    }
    return 0;
}

static int free_batch(void **state) {
    (void)state;
    for (int i = 0; i < FILMS; i++)
        sx_image_free(&batch[i].image);
    return 0;
}

typedef struct network {
    const char *arch, *config;
    bool sync;
} network;

#define SMALL "\"backbone_blocks\": [1, 1, 1, 1], \"backbone_stem\": 16, \"classes\": 3"
static const network dense = { "densenet121",
                               "{\"growth\": 16, \"stem\": 32, \"blocks\": [2, 2, 2, 2]}", true };
static const network dense_local = { "densenet121",
                                     "{\"growth\": 16, \"stem\": 32, \"blocks\": [2, 2, 2, 2]}",
                                     false };
static const network dense_findings = {
    "densenet121", "{\"growth\": 16, \"stem\": 32, \"blocks\": [2, 2, 2, 2], \"classes\": 3}", true
};
static const network sparse = {
    "sparse_rcnn_r50",
    "{" SMALL ", \"proposals\": 20, \"heads\": 2, \"hidden\": 64, \"attention\": 4, "
    "\"dynamic\": 16, \"feedforward\": 128}",
    false
};
static const network retina = { "retinanet_r50",
                                "{" SMALL ", \"channels\": 32, \"convs\": 1, \"anchor\": 16}",
                                false };
static const network faster = { "faster_rcnn_r50", "{" SMALL "}", false };

/* Plain descent, so that what a step changes is the gradient. */
static sx_trainer *trainer(const network *n, sx_comm *c) {
    sx_error err = { 0 };
    sx_network net;
    sx_network_default(&net, sx_arch_find(n->arch), 0);
    CHECK_OK(sx_network_configure(&net, n->config, &err), err);
    sx_trainer *t = sx_trainer_new(&net, NULL,
                                   &(sx_trainer_options){ .compute = SX_F32,
                                                          .schedule = { .base = 1e-3 },
                                                          .seed = 7,
                                                          .comm = c,
                                                          .sync_norm = n->sync },
                                   &err);
    CHECK_OK(t != NULL, err);
    return t;
}

/* This rank's films of the batch, or all. */
static const sx_example *part(const sx_comm *c, int *count) {
    *count = FILMS / sx_comm_size(c);
    return batch + sx_comm_rank(c) * *count;
}

static void train_step(sx_trainer *t, sx_train_report *r) {
    int count;
    sx_error err = { 0 };
    const sx_example *films = part(sx_trainer_comm(t), &count);
    CHECK_OK(sx_trainer_step(t, films, count, r, &err), err);
}

/* |a - b| over |b - start|, of all numbers of one kind of tensor. */
static double difference(const sx_weights *start, const sx_weights *a, const sx_weights *b,
                         bool statistics) {
    double off = 0, moved = 0;
    for (size_t i = 0; i < sx_weights_count(a); i++) {
        const sx_tensor *x = sx_weights_at(a, i), *y = sx_weights_find(b, x->name),
                        *from = sx_weights_find(start, x->name);
        if (x->dtype != SX_F32 || (strstr(x->name, "running_") != NULL) != statistics) continue;
        for (int64_t k = 0; k < sx_tensor_count(x); k++) {
            const double p = (double)((const float *)x->data)[k],
                         q = (double)((const float *)y->data)[k],
                         was = (double)((const float *)from->data)[k];
            off += (p - q) * (p - q);
            moved += (q - was) * (q - was);
        }
    }
    return moved > 0 ? sqrt(off / moved) : 0;
}

typedef struct outcome {
    double loss, grad, weights, statistics; /* relative differences */
} outcome;

/* The batch in another order: the same sums in exact arithmetic. */
static void turn(sx_example *to) {
    for (int i = 0; i < FILMS; i++)
        to[i] = batch[FILMS - 1 - i];
}

static outcome compare(const network *n, sx_comm *c, int steps) {
    sx_error err = { 0 };
    sx_example turned[FILMS];
    turn(turned);
    sx_trainer *shared = trainer(n, c), *alone = trainer(n, NULL);
    sx_weights *start = sx_trainer_weights(alone, false, &err);
    CHECK_OK(start != NULL, err);
    sx_train_report r = { 0 }, want = { 0 };
    for (int i = 0; i < steps; i++) {
        if (c)
            train_step(shared, &r);
        else
            CHECK_OK(sx_trainer_step(shared, turned, FILMS, &r, &err), err);
        train_step(alone, &want);
    }
    sx_weights *a = sx_trainer_weights(shared, false, &err),
               *b = sx_trainer_weights(alone, false, &err);
    CHECK_OK(a && b, err);
    const outcome o = { fabs(r.losses.total / want.losses.total - 1),
                        fabs(r.optim.grad_norm / want.optim.grad_norm - 1),
                        difference(start, a, b, false), difference(start, a, b, true) };
    for (int i = 0; i < want.losses.count; i++)
        if (fabs(r.losses.items[i].value - want.losses.items[i].value) > o.loss * 10 + 1e-4)
            fail_msg("%s: %g, alone %g", want.losses.items[i].name, r.losses.items[i].value,
                     want.losses.items[i].value);
    printf(
        "%s%s%s, %d steps: loss %.1e, gradient's norm %.1e, weights %.1e, statistics %.1e apart\n",
        n->arch, n->sync ? " --sync-bn" : "", c ? "" : " turned round", steps, o.loss, o.grad,
        o.weights, o.statistics);
    sx_weights_free(a);
    sx_weights_free(b);
    sx_weights_free(start);
    sx_trainer_free(shared);
    sx_trainer_free(alone);
    return o;
}

static void check_outcome(const outcome *o, double bound, double moved) {
    if (o->loss > bound || o->statistics > bound || o->grad > moved || o->weights > moved)
        fail_msg("more than %g (gradients and weights %g) apart", bound, moved);
}

/* With so few rows a norm's backward pass enlarges rounding, and activations near 0 change sides:
 * how far one process is from itself with its films in another order says by how much. */
static void test_synchronised_norm(void **state) {
    (void)state;
    const outcome floor = compare(&dense, NULL, MOST_STEPS), o = compare(&dense, comm, MOST_STEPS);
    check_outcome(&o, 1e-5, 4 * floor.weights + 1e-5);
    assert_true(floor.weights < 0.01);
}

/* With outputs of findings, one of which is not known of a film. */
static void test_multi_label(void **state) {
    (void)state;
    const outcome floor = compare(&dense_findings, NULL, 1), o = compare(&dense_findings, comm, 1);
    check_outcome(&o, 1e-5, 4 * floor.weights + 1e-5);
}

/* Otherwise the test above could not fail. */
static void test_local_norm_differs(void **state) {
    (void)state;
    assert_true(compare(&dense_local, comm, 1).weights > 0.01);
}

static void test_frozen_norm(void **state) {
    (void)state;
    const outcome o = compare(&sparse, comm, MOST_STEPS);
    check_outcome(&o, 1e-5, 1e-5);
}

static void test_running_normaliser(void **state) {
    (void)state;
    const outcome o = compare(&retina, comm, MOST_STEPS);
    check_outcome(&o, 1e-5, 1e-5);
}

static void test_drawn_regions(void **state) {
    (void)state;
    const outcome o = compare(&faster, comm, 1);
    check_outcome(&o, 1e-5, 1e-5);
}

/* Gradients of two batches, averaged over the ranks once. */
static void test_accumulated(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_trainer *shared = trainer(&dense, comm), *alone = trainer(&dense, NULL);
    sx_trainer *both[] = { shared, alone };
    sx_train_report r[2] = { 0 };
    for (int k = 0; k < 2; k++) {
        int count;
        sx_losses l;
        const sx_example *films = part(sx_trainer_comm(both[k]), &count);
        for (int i = 0; i < 2; i++)
            CHECK_OK(sx_trainer_add(both[k], films, count, &l, &err), err);
        CHECK_OK(sx_trainer_update(both[k], &r[k], &err), err);
    }
    if (fabs(r[0].optim.grad_norm / r[1].optim.grad_norm - 1) > 1e-4)
        fail_msg("gradient's norm %g, alone %g", r[0].optim.grad_norm, r[1].optim.grad_norm);
    sx_trainer_free(shared);
    sx_trainer_free(alone);
}

/* The same bits on every rank, step after step. */
static void test_same_weights(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_train_report r;
    sx_trainer *t = trainer(&dense, comm);
    for (int i = 0; i < MOST_STEPS; i++)
        train_step(t, &r);
    sx_weights *w = sx_trainer_weights(t, false, &err);
    CHECK_OK(w != NULL, err);
    for (size_t i = 0; i < sx_weights_count(w); i++) {
        const sx_tensor *x = sx_weights_at(w, i);
        void *first = malloc(x->bytes + 1);
        memcpy(first, x->data, x->bytes);
        sx_comm_share(comm, first, x->bytes, 0);
        if (memcmp(first, x->data, x->bytes) != 0) fail_msg("%s differs from rank 0's", x->name);
        free(first);
    }
    sx_weights_free(w);
    sx_trainer_free(t);
}

/* Rank 0 receives the other ranks' data, in pieces of any size; no other memory changes. */
static void test_gather(void **state) {
    (void)state;
    static const size_t sizes[] = { 0, 1, 1000, 5 << 20 };
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (int from = 0; from < comm->size; from++) {
            const size_t n = sizes[k];
            unsigned char *bytes = malloc(n + 1);
            memset(bytes, 10 + comm->rank, n + 1);
            sx_comm_gather(comm, bytes, n, from);
            const int want = comm->rank == 0 ? 10 + from : 10 + comm->rank;
            for (size_t i = 0; i < n; i++)
                if (bytes[i] != want) fail_msg("byte %zu of %zu is %d", i, n, bytes[i]);
            assert_int_equal(bytes[n], 10 + comm->rank);
            free(bytes);
        }
    sx_comm_gather(NULL, NULL, 1, 0);
    /* a rank that neither sends nor receives may be elsewhere: no barrier */
    char byte = 0;
    if (comm->rank < 2) sx_comm_gather(comm, &byte, 1, 1);
}

/* Every rank's films are in rank 0's report, in the order of the ranks. */
static void test_reports_are_gathered(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_report r = { 0 };
    const int mine = comm->rank ? 20 * comm->rank : 3;
    for (int i = 0; i < mine; i++) {
        char path[64];
        snprintf(path, sizeof path, "films/%d/R\xf6ntgen %d.png", comm->rank, i);
        const sx_error why = { SX_ERR_FORMAT, "truncated" };
        sx_prediction *f = i % 2 ? calloc(1, sizeof *f) : NULL;
        if (f) {
            f->image_id = strdup(path);
            f->boxes = calloc(3, sizeof *f->boxes);
            f->findings = calloc(2, sizeof *f->findings);
            f->classifier_probability = calloc(1, sizeof(double));
            f->classifier_count = 1;
            f->classifier_probability[0] = i;
            f->box_count = 3;
            f->boxes[2].score = (float)i + 0.5F;
            f->finding_count = 2;
            f->findings[1].score = (float)i;
        }
        CHECK_OK(sx_report_add(&r, path, f, &why,
                               &(sx_report_pictures){ .overlay = f ? "overlays/x.png" : NULL },
                               &err),
                 err);
    }
    r.stopped = comm->rank == 1;
    CHECK_OK(sx_report_gather(&r, comm, &err), err);
    assert_true(r.stopped);
    size_t at = 0;
    for (int rank = 0; rank < (comm->rank ? 1 : comm->size); rank++) {
        const int from = comm->rank ? comm->rank : rank, count = from ? 20 * from : 3;
        for (int i = 0; i < count; i++, at++) {
            char path[64];
            const sx_report_film *film = &r.films[at];
            snprintf(path, sizeof path, "films/%d/R\xf6ntgen %d.png", from, i);
            assert_string_equal(film->path, path);
            assert_int_equal(film->prediction != NULL, i % 2);
            if (!film->prediction) assert_string_equal(film->error.message, "truncated");
            if (!film->prediction) continue;
            assert_string_equal(film->prediction->image_id, path);
            assert_true(film->prediction->findings[1].score == (float)i);
            assert_true(film->prediction->boxes[2].score == (float)i + 0.5F);
        }
    }
    assert_int_equal(r.film_count, at);
    sx_report_free(&r);
}

/* An error on one rank is returned on all ranks, and no rank changes its weights. */
static void test_error_of_one(void **state) {
    (void)state;
    enum { MANY = 300 };
    static sx_box many[MANY];
    static int of[MANY];
    sx_error err = { 0 };
    sx_train_report r;
    int count;
    const sx_example *films = part(comm, &count);
    sx_example mine[FILMS];
    memcpy(mine, films, (size_t)count * sizeof *mine);
    if (comm->rank == 1) mine[0].boxes = many, mine[0].labels = of, mine[0].count = MANY;
    sx_trainer *t = trainer(&faster, comm);
    CHECK_FAILS(sx_trainer_step(t, mine, count, &r, &err), err, SX_ERR_LIMIT,
                "rank 1: 300 boxes in one film");
    assert_true(comm->error_shared);
    assert_int_equal(comm->failed, 1);
    assert_int_equal(sx_trainer_iteration(t), 0);
    train_step(t, &r);
    assert_false(comm->error_shared);
    sx_trainer_free(t);
}

int main(void) {
    sx_error err = { 0 };
    if (!sx_comm_mpi_open(&comm, &err)) return fprintf(stderr, "%s\n", err.message), 1;
    if (!comm || FILMS % comm->size != 0) return 77; /* not started by mpirun -n 2 */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_synchronised_norm),    cmocka_unit_test(test_multi_label),
        cmocka_unit_test(test_local_norm_differs),   cmocka_unit_test(test_frozen_norm),
        cmocka_unit_test(test_running_normaliser),   cmocka_unit_test(test_drawn_regions),
        cmocka_unit_test(test_accumulated),          cmocka_unit_test(test_same_weights),
        cmocka_unit_test(test_error_of_one),         cmocka_unit_test(test_gather),
        cmocka_unit_test(test_reports_are_gathered),
    };
    const int failed = cmocka_run_group_tests(tests, make_batch, free_batch);
    sx_comm_mpi_close(comm, failed ? 1 : 0);
    return failed;
}
