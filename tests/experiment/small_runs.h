/* Short training runs on a small set of drawn films, for the tests of src/experiment. */
#ifndef TESTS_EXPERIMENT_SMALL_RUNS_H
#define TESTS_EXPERIMENT_SMALL_RUNS_H

#include "base/context_impl.h"
#include "base/progress.h"
#include "experiment/training_run.h"
#include "support/check.h"
#include "tensor/weights.h"

enum { FILMS = 12, ITERATIONS = 24 };

/* Fixtures of a group: draw the set, remove all files. */
int draw_films(void **state);
int remove_films(void **state);
extern const char *annotations;                                          /* of the set */
bool draw_set(const char *out, size_t count, sx_error *err) SX_MUST_USE; /* another one */

/* A context that stops its run. */
typedef struct stopping {
    sx_context context;
    const char *what; /* of the progress that is watched */
    size_t after;     /* the context is cancelled when so many steps are done */
    size_t done;      /* steps until now */
} stopping;

void stopping_init(stopping *s, const char *what, size_t after);

#define CLASSIFIER_NETWORK "{growth: 4, stem: 8, blocks: [1, 1, 1, 1]}"
extern const char classifier[], detector[]; /* configurations */
/* The classifier's configuration with a line in the section SPINEXR; valid until the next call. */
const char *with_line(const char *line);
extern const char many_labels[]; /* such a line: an output for each finding */

/* A configuration of a run on the drawn set. */
void configure(const char *text, const char *out, sx_train_config *c);
void train(const sx_context *context, const char *text, const char *out, bool resume,
           sx_loop_result *r);
/* Two steps on another set, without validation. */
void train_shortly(const char *text, const char *data, const char *out);

/* A file of a folder among the temporary ones. */
const char *in(const char *dir, const char *name);
void check_same_bytes(const char *a, const char *b);
sx_weights *open_weights(const char *path);
void check_metadata(const char *path, const char *key, const char *want);

#endif
