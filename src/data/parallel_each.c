#include "data/parallel_each.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/context_impl.h"

typedef struct work {
    const sx_context *context;
    size_t n;
    sx_parallel_each_fn *fn;
    void *user;
    sx_progress *progress;
    atomic_size_t next;
    atomic_bool failed;
    pthread_mutex_t lock;
    sx_error error; /* the first one; under lock */
} work;

static void worker(void *ctx, size_t begin, size_t end) {
    work *w = ctx;
    (void)begin, (void)end;
    for (;;) {
        size_t i = atomic_fetch_add(&w->next, 1);
        if (i >= w->n || atomic_load(&w->failed)) return;
        sx_error err = { 0 };
        bool ok = sx_context_check(w->context, &err) && w->fn(w->user, i, &err);
        if (!ok) {
            pthread_mutex_lock(&w->lock);
            if (!atomic_exchange(&w->failed, true)) w->error = err;
            pthread_mutex_unlock(&w->lock);
            return;
        }
        sx_progress_step(w->progress, 1);
    }
}

bool sx_parallel_each(const sx_context *context, size_t n, sx_parallel_each_fn *fn, void *user,
                      sx_progress *progress, sx_error *err) {
    work w = { .context = context, .n = n, .fn = fn, .user = user, .progress = progress };
    pthread_mutex_init(&w.lock, NULL);
    sx_parallel_for(context, (size_t)sx_threads_of(context), 1, worker, &w);
    pthread_mutex_destroy(&w.lock);
    if (!atomic_load(&w.failed)) return true;
    if (err) *err = w.error;
    return false;
}
