#include "base/progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

static void show(const sx_progress *p) {
    const sx_context *c = p->context;
    if (c && c->progress) c->progress(c->progress_user, p);
}

void sx_progress_start(sx_progress *p, const sx_context *context, const char *what, size_t total) {
    if (!p) return;
    p->context = context;
    p->ended = false;
    p->what = what;
    p->total = total;
    atomic_store(&p->done, 0);
    p->before = 0;
    p->started = sx_now();
    p->note[0] = '\0';
    show(p);
}

void sx_progress_end(sx_progress *p) {
    if (!p || p->ended) return;
    p->ended = true;
    show(p);
}

void sx_progress_resume(sx_progress *p, size_t n) {
    if (!p) return;
    p->before = n;
    atomic_store(&p->done, n);
}

void sx_progress_step(sx_progress *p, size_t n) {
    if (!p) return;
    atomic_fetch_add(&p->done, n);
    show(p);
}

void sx_progress_note(sx_progress *p, const char *fmt, ...) {
    if (!p) return;
    va_list args;
    va_start(args, fmt);
    sx_vformat(p->note, sizeof p->note, fmt, args);
    va_end(args);
}

static void eta_text(double seconds, char *buf, size_t size) {
    long s = (long)ceil(seconds);
    if (s >= 3600)
        snprintf(buf, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(buf, size, "%ld:%02ld", s / 60, s % 60);
}

/* The numbers behind the bar: "41/100  2.3/s  ETA 0:26  note". */
static void counts(const sx_progress *p, double seconds, char *buf, size_t size) {
    size_t done = atomic_load(&((sx_progress *)p)->done);
    char total[32] = "", rate[32] = "", eta[32] = "", eta_time[24];
    if (p->total) snprintf(total, sizeof total, "/%zu", p->total);
    if (done > p->before && seconds > 0) {
        double per_s = (double)(done - p->before) / seconds;
        snprintf(rate, sizeof rate,
                 per_s < 0.1   ? "  %.3f/s"
                 : per_s < 100 ? "  %.1f/s"
                               : "  %.0f/s",
                 per_s);
        if (p->total > done) {
            eta_text((double)(p->total - done) / per_s, eta_time, sizeof eta_time);
            snprintf(eta, sizeof eta, "  ETA %s", eta_time);
        }
    }
    snprintf(buf, size, "%zu%s%s%s%s%s", done, total, rate, eta, p->note[0] ? "  " : "", p->note);
}

void sx_progress_text(const sx_progress *p, double seconds, int width, char *buf, size_t size) {
    char numbers[160];
    counts(p, seconds, numbers, sizeof numbers);
    int bar = width - (int)strlen(p->what) - (int)strlen(numbers) - 4;
    if (bar > 40) bar = 40;
    if (!p->total || bar < 4) {
        snprintf(buf, size, "%s %s", p->what, numbers);
    } else {
        char marks[41];
        size_t done = atomic_load(&((sx_progress *)p)->done);
        if (done > p->total) done = p->total;
        size_t full = (size_t)((double)done / (double)p->total * bar);
        memset(marks, '.', (size_t)bar);
        memset(marks, '#', full);
        marks[bar] = '\0';
        snprintf(buf, size, "%s [%s] %s", p->what, marks, numbers);
    }
    if (width > 0 && (size_t)width < strlen(buf)) buf[width] = '\0';
}
