#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static sx_log_fn *sink;
static void *sink_ctx;
static sx_log_level sink_most;

void sx_log_set(sx_log_fn *fn, void *ctx, sx_log_level most) {
    sink = fn;
    sink_ctx = ctx;
    sink_most = most;
}

void sx_log(sx_log_level level, const char *fmt, ...) {
    if (!sink || level > sink_most) return;
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    sink(sink_ctx, level, text);
}
