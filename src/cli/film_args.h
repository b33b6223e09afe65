/* Shared by the commands that run networks on films. */
#ifndef SX_CLI_FILM_ARGS_H
#define SX_CLI_FILM_ARGS_H

#include "cli/command.h"
#include "cli/demo_weights.h"
#include "report/prediction_run.h"

typedef struct sx_film_args {
    sx_texts weights;
    const char *out, *list;
    int precision, pixels;
    long frame;
    bool reduced, overwrite, any_film;
    char demo[PATH_MAX]; /* the only item of `weights` if no --weights was given */
} sx_film_args;

/* Rows of the command's option table. `type` is the command's struct of arguments, whose member
 * `films` holds these arguments. */
#define SX_FILM_WEIGHTS_OPTION(type)                                                               \
    {                                                                                              \
        "weights", SX_OPT_LIST, offsetof(type, films.weights), "PATH",                             \
            "a weight file or folder; may be repeated (default: demo)"                             \
    }
#define SX_FILM_OVERWRITE_OPTION(type)                                                             \
    {                                                                                              \
        "overwrite", SX_OPT_FLAG, offsetof(type, films.overwrite), NULL,                           \
            "replace the results of an earlier run in DIR"                                         \
    }
#define SX_FILM_READING_OPTIONS(type)                                                              \
    { "list", SX_OPT_TEXT, offsetof(type, films.list), "FILE",                                     \
      "only the films that this file names, one per line" },                                       \
        { "pixels", SX_OPT_CHOICE, offsetof(type, films.pixels), "auto|dicom|vindr",               \
          "how stored values become 8 bit (default: auto)" },                                      \
        { "precision", SX_OPT_CHOICE, offsetof(type, films.precision), "auto|f32|bf16",            \
          "numbers the networks compute with (default: auto)" },                                   \
        { "frame",                                                                                 \
          SX_OPT_INT,                                                                              \
          offsetof(type, films.frame),                                                             \
          "N",                                                                                     \
          "frame to read of every film (default: its only one)",                                   \
          .min = 1,                                                                                \
          .max = 100000 },                                                                         \
        { "any-film", SX_OPT_FLAG, offsetof(type, films.any_film), NULL,                           \
          "also films whose headers say that they are no spine films" },                           \
    {                                                                                              \
        "reduced", SX_OPT_FLAG, offsetof(type, films.reduced), NULL,                               \
            "decode JPEG 2000 at 1/2, 1/4 .. size where that suffices"                             \
    }

/* The first input that is a weight file, NULL: none. The shell makes several arguments of
 * `--weights dir/A*.safetensors`, of which the first alone belongs to the option. */
const char *sx_film_args_weights(const sx_call *call);

/* Without --weights, takes the demonstration weights and says so. Returns SX_EXIT_OK, or, if they
 * are not installed, prints the error and returns the exit status. */
int sx_film_args_default(sx_film_args *a, const sx_call *call);

/* The job that these arguments and the call's inputs describe. Its other fields have their
 * defaults. */
void sx_film_args_fill(const sx_film_args *a, const sx_call *call, sx_prediction_job *job);
/* Says once, on standard error, what stands with all results: the notice and the weights' note. */
void sx_film_args_notice(const sx_call *call, const sx_prediction_run *run);
/* The closing line: the numbers of films, and `file` in the output folder; NULL: none. */
void sx_film_args_summary(const sx_prediction_run *run, const char *file);
/* Prints the error, if there is one (NULL: none), and returns the exit status of the run. */
int sx_film_args_status(const sx_prediction_run *run, const sx_error *err);

#endif
