#include "support/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/progress.h"
#include "support/contexts.h"

static sx_context *make_context(const sx_context_options *o) {
    sx_error err = { 0 };
    sx_context *c = sx_context_new(o, &err);
    CHECK_OK(c != NULL, err);
    return c;
}

static void options_are_checked(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_context_options o = SX_CONTEXT_DEFAULTS;
    sx_context *c = make_context(NULL);
    assert_int_equal(sx_context_threads(c), sx_cores());
    sx_context_free(c);
    o.threads = 3;
    c = make_context(&o);
    assert_int_equal(sx_context_threads(c), 3);
    sx_context_free(c);
    o.threads = -1;
    CHECK_FAILS(sx_context_new(&o, &err), err, SX_ERR_USAGE, "threads is -1");
    o.threads = 1025;
    CHECK_FAILS(sx_context_new(&o, &err), err, SX_ERR_USAGE, "threads is 1025");
    o.threads = 1;
    o.log_level = (sx_log_level)4;
    CHECK_FAILS(sx_context_new(&o, &err), err, SX_ERR_USAGE, "log_level is 4");
    static const size_t cut[] = { 12, 17, 20, 28, 44, sizeof o + 4 };
    o = (sx_context_options)SX_CONTEXT_DEFAULTS;
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) { /* a field is cut in two */
        struct {
            sx_context_options o;
            char more[8];
        } long_one = { .o = o };
        long_one.o.struct_size = cut[i];
        CHECK_FAILS(sx_context_new(&long_one.o, &err), err, SX_ERR_USAGE, "SX_CONTEXT_DEFAULTS");
    }
    o = (sx_context_options){ 0 };
    CHECK_FAILS(sx_context_new(&o, &err), err, SX_ERR_USAGE, "SX_CONTEXT_DEFAULTS");
    sx_context_free(NULL);
}

static bool at_once(void *user) {
    ++*(int *)user;
    return true;
}

/* A program that was built when the options ended before `cancelled`: what lies behind is not
 * read. */
static void shorter_options_keep_the_other_defaults(void **state) {
    (void)state;
    int asked = 0;
    sx_context_options o = SX_CONTEXT_DEFAULTS;
    o.struct_size = offsetof(sx_context_options, cancelled);
    o.threads = 2;
    o.cancelled = at_once;
    o.cancelled_user = &asked;
    sx_context *c = make_context(&o);
    assert_int_equal(sx_context_threads(c), 2);
    assert_false(sx_context_cancelled(c));
    assert_int_equal(asked, 0);
    sx_context_free(c);
}

static void a_context_is_cancelled_once_and_for_all(void **state) {
    (void)state;
    int asked = 0;
    sx_error err = { 0 };
    sx_context *c = make_context(NULL);
    assert_true(sx_context_check(c, &err));
    const sx_context child = sx_context_child(c, 1);
    sx_context_cancel(c);
    assert_true(sx_context_cancelled(c));
    assert_true(sx_context_cancelled(&child));
    CHECK_FAILS(sx_context_check(&child, &err), err, SX_ERR_CANCELLED, "cancelled");
    sx_context_free(c);
    sx_context_options o = SX_CONTEXT_DEFAULTS;
    o.cancelled = at_once;
    o.cancelled_user = &asked;
    c = make_context(&o);
    assert_true(sx_context_cancelled(c));
    assert_int_equal(asked, 1);
    sx_context_free(c);
    assert_false(sx_context_cancelled(NULL));
    sx_context_cancel(NULL);
}

typedef struct messages {
    atomic_int count;
    char last[64];
} messages;

static void keep(void *user, sx_log_level level, const char *message) {
    messages *m = user;
    atomic_fetch_add(&m->count, 1);
    if (level == SX_LOG_WARNING) snprintf(m->last, sizeof m->last, "%s", message);
}

/* Two contexts in one process: each has its own messages and its own level. */
static void messages_go_to_their_own_context(void **state) {
    (void)state;
    messages a = { 0 }, b = { 0 };
    sx_context_options o = SX_CONTEXT_DEFAULTS;
    o.log = keep;
    o.log_user = &a;
    sx_context *one = make_context(&o);
    o.log_user = &b;
    o.log_level = SX_LOG_ERROR;
    sx_context *two = make_context(&o);
    sx_log(one, SX_LOG_WARNING, "film %d", 7);
    sx_log(one, SX_LOG_INFO, "not wanted");
    sx_log(two, SX_LOG_WARNING, "not wanted");
    sx_log(NULL, SX_LOG_ERROR, "nobody listens");
    const sx_context child = sx_context_child(two, 1);
    sx_log(&child, SX_LOG_ERROR, "from a child");
    assert_int_equal(a.count, 1);
    assert_string_equal(a.last, "film 7");
    assert_int_equal(b.count, 1);
    sx_context_free(one);
    sx_context_free(two);
}

static void count_parts(void *user, size_t begin, size_t end) {
    atomic_int *parts = user;
    (void)begin, (void)end;
    atomic_fetch_add(parts, 1);
}

/* The same range, cut for as many threads as each context has, from two threads at once. */
typedef struct caller {
    int threads, parts;
    atomic_int most;
} caller;

static void *cut_often(void *user) {
    caller *c = user;
    const sx_context context = check_context(c->threads);
    for (int i = 0; i < 200; i++) {
        atomic_int parts = 0;
        sx_parallel_for(&context, 100, 1, count_parts, &parts);
        if (parts != c->threads) atomic_store(&c->most, parts);
    }
    return NULL;
}

static void contexts_do_not_share_a_thread_count(void **state) {
    (void)state;
    caller one = { .threads = 1 }, three = { .threads = 3 };
    pthread_t a, b;
    assert_int_equal(pthread_create(&a, NULL, cut_often, &one), 0);
    assert_int_equal(pthread_create(&b, NULL, cut_often, &three), 0);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    assert_int_equal(one.most, 0);
    assert_int_equal(three.most, 0);
}

typedef struct seen {
    int calls, ends;
    size_t done;
} seen;

static void watch(void *user, const sx_progress *p) {
    seen *s = user;
    s->calls++;
    s->ends += p->ended;
    s->done = atomic_load(&((sx_progress *)p)->done);
}

static void progress_reaches_the_context(void **state) {
    (void)state;
    seen s = { 0 };
    sx_progress p;
    const sx_context context = { .threads = 1, .progress = watch, .progress_user = &s };
    sx_progress_start(&p, &context, "films", 3);
    sx_progress_step(&p, 1);
    sx_progress_step(&p, 2);
    sx_progress_end(&p);
    sx_progress_end(&p);
    assert_int_equal(s.calls, 4);
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.done, 3);
    sx_progress_start(&p, NULL, "films", 3);
    sx_progress_step(&p, 1);
    sx_progress_end(&p);
    sx_progress_end(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(shorter_options_keep_the_other_defaults),
        cmocka_unit_test(a_context_is_cancelled_once_and_for_all),
        cmocka_unit_test(messages_go_to_their_own_context),
        cmocka_unit_test(contexts_do_not_share_a_thread_count),
        cmocka_unit_test(progress_reaches_the_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
