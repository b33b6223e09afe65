#define _GNU_SOURCE
#include "base/context_impl.h"

#include <omp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/c_locale.h"
#include "base/mem.h"
#include "base/option_struct.h"
#include "base/str.h"
#include "base/team.h"
#include "base/utf8.h"

enum { MAX_THREADS = 1024 };

int sx_cores(void) {
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : omp_get_num_procs();
    return n > 0 ? n : 1;
}

static bool check_options(const sx_context_options *o, sx_error *err) {
    if (o->threads < 0 || o->threads > MAX_THREADS)
        return sx_fail(err, SX_ERR_USAGE, "sx_context_options.threads is %d, not 0 to %d",
                       o->threads, MAX_THREADS);
    if ((int)o->log_level < SX_LOG_ERROR || o->log_level > SX_LOG_DEBUG)
        return sx_fail(err, SX_ERR_USAGE, "sx_context_options.log_level is %d, not %d to %d",
                       (int)o->log_level, SX_LOG_ERROR, SX_LOG_DEBUG);
    return true;
}

sx_context *sx_context_new(const sx_context_options *options, sx_error *err) {
    SX_IN_C_LOCALE;
    static const sx_options_names names = { "sx_context_options", "SX_CONTEXT_DEFAULTS" };
    sx_context_options o = SX_CONTEXT_DEFAULTS;
    if (!sx_options_complete(&o, sizeof o, options, offsetof(sx_context_options, log_level), &names,
                             err))
        return NULL;
    if (!check_options(&o, err)) return NULL;
    sx_context *c = sx_calloc_for(1, sizeof *c, "a context", err);
    if (!c) return NULL;
    c->threads = o.threads ? o.threads : sx_cores();
    c->log_level = o.log_level;
    c->log = o.log;
    c->log_user = o.log_user;
    c->cancel = o.cancelled;
    c->cancel_user = o.cancelled_user;
    return c;
}

void sx_context_free(sx_context *context) {
    free(context);
}

sx_context sx_context_child(const sx_context *parent, int threads) {
    return (sx_context){
        .threads = threads,
        .log_level = parent ? parent->log_level : SX_LOG_ERROR,
        .log = parent ? parent->log : NULL,
        .log_user = parent ? parent->log_user : NULL,
        .progress = parent ? parent->progress : NULL,
        .progress_user = parent ? parent->progress_user : NULL,
        .parent = parent,
    };
}

int sx_context_threads(const sx_context *context) {
    return context ? context->threads : sx_cores();
}

int sx_threads_of(const sx_context *context) {
    return context ? context->threads : 1;
}

void sx_context_cancel(sx_context *context) {
    if (context) atomic_store(&context->cancelled, true);
}

static bool host_cancels(const sx_context *context) {
    SX_IN_HOST_LOCALE;
    return context->cancel(context->cancel_user);
}

bool sx_context_cancelled(const sx_context *context) {
    for (; context; context = context->parent) {
        if (atomic_load(&context->cancelled)) return true;
        if (context->cancel && host_cancels(context)) return true;
    }
    return false;
}

bool sx_context_check(const sx_context *context, sx_error *err) {
    if (!sx_context_cancelled(context)) return true;
    return sx_fail(err, SX_ERR_CANCELLED, "cancelled");
}

void sx_log(const sx_context *context, sx_log_level level, const char *fmt, ...) {
    if (!context || !context->log || level > context->log_level) return;
    char text[1024];
    va_list args;
    va_start(args, fmt);
    sx_vformat(text, sizeof text, fmt, args);
    va_end(args);
    sx_utf8_clean(text, sizeof text);
    SX_IN_HOST_LOCALE;
    context->log(context->log_user, level, text);
}

void sx_parallel_for(const sx_context *context, size_t n, size_t grain, sx_range_fn *fn,
                     void *user) {
    size_t parts = (size_t)sx_threads_of(context);
    if (grain == 0) grain = 1;
    if (parts > n / grain) parts = n / grain;
    if (parts <= 1 || sx_team_size(sx_threads_of(context)) == 1) {
        if (n) fn(user, 0, n);
        return;
    }
#pragma omp parallel for schedule(static, 1) num_threads((int)parts)
    for (size_t p = 0; p < parts; p++)
        fn(user, n * p / parts, n * (p + 1) / parts);
}
