#include "data/parallel_each.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/threads.h"

typedef struct work {
    size_t n;
    sx_parallel_each_fn *fn;
    void *ctx;
    sx_progress *progress;
    bool (*stop)(void *);
    atomic_size_t next;
    atomic_bool failed;
    pthread_mutex_t lock;
    sx_error error; /* the first, under lock */
} work;

static void worker(void *ctx, size_t begin, size_t end) {
    work *w = ctx;
    (void)begin, (void)end;
    for (;;) {
        size_t i = atomic_fetch_add(&w->next, 1);
        if (i >= w->n || atomic_load(&w->failed)) return;
        sx_error err = { 0 };
        bool ok = w->stop && w->stop(NULL)
                      ? sx_fail(&err, SX_ERR_CANCELLED, "stopped before all was done")
                      : w->fn(w->ctx, i, &err);
        if (!ok) {
            pthread_mutex_lock(&w->lock);
            if (!atomic_exchange(&w->failed, true)) w->error = err;
            pthread_mutex_unlock(&w->lock);
            return;
        }
        sx_progress_step(w->progress, 1);
    }
}

bool sx_parallel_each(size_t n, sx_parallel_each_fn *fn, void *ctx, sx_progress *progress,
                      bool (*stop)(void *), sx_error *err) {
    work w = { .n = n, .fn = fn, .ctx = ctx, .progress = progress, .stop = stop };
    pthread_mutex_init(&w.lock, NULL);
    sx_parallel_for((size_t)sx_threads(), 1, worker, &w);
    pthread_mutex_destroy(&w.lock);
    if (!atomic_load(&w.failed)) return true;
    if (err) *err = w.error;
    return false;
}
