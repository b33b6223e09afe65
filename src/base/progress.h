/* Counts the progress of a long piece of work. A function that the context names shows it (src/cli
 * draws a bar). */
#ifndef SX_BASE_PROGRESS_H
#define SX_BASE_PROGRESS_H

#include <stdatomic.h>
#include <stddef.h>

#include "base/context_impl.h"

/* The context's sx_progress_fn is called at the start, after every step, from the thread that made
 * it, and at the end; the function decides how often to draw. */
typedef struct sx_progress {
    const char *what; /* what is counted, in the plural: "films" */
    size_t total;     /* 0: not known */
    atomic_size_t done;
    size_t before;  /* of these, done by an earlier run: not counted in the rate */
    double started; /* sx_now() at the first step's beginning */
    char note[48];  /* shown at the end of the line: "loss 0.31" */
    bool ended;     /* no further step follows: the bar can be removed */
    const sx_context *context;
} sx_progress;

/* `what` and the context must outlive the progress. End it before printing a result. */
void sx_progress_start(sx_progress *p, const sx_context *context, const char *what, size_t total);
void sx_progress_end(sx_progress *p); /* p may be NULL or not started */
/* `n` were done by an earlier run; called before the first step. p may be NULL. */
void sx_progress_resume(sx_progress *p, size_t n);
/* n more are done. p may be NULL. From any thread. */
void sx_progress_step(sx_progress *p, size_t n);
/* From one thread at a time; shown with the next step. */
void sx_progress_note(sx_progress *p, const char *fmt, ...) SX_PRINTF(2, 3);

/* One line without a newline, e.g. "films [####......] 41/100  2.3/s  ETA 0:26  loss 0.31", cut to
 * `width` columns; width 0 leaves the bar out ("films 41/100  2.3/s  ETA 0:26"). `seconds` since
 * the start. */
void sx_progress_text(const sx_progress *p, double seconds, int width, char *buf, size_t size);

#endif
