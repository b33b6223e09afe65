/* Commands of the program: one const struct each, one row in commands.inc, one file cmd_*.c.
 *
 * A command describes its arguments. src/cli parses and checks them, prints --help, sets up
 * logging, threads and Ctrl-C, and calls `run`. CONTRIBUTING.md describes how to add a command. */
#ifndef SX_CLI_COMMAND_H
#define SX_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/context_impl.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/line.h"
#include "base/progress.h"

enum {
    SX_EXIT_OK = 0,
    SX_EXIT_BAD = 1,     /* the input was bad, or some inputs failed (and were named) */
    SX_EXIT_USAGE = 2,   /* the command line is wrong */
    SX_EXIT_INTERNAL = 3 /* a fault of this program */
};

typedef enum sx_option_type {
    SX_OPT_FLAG,   /* bool; no value */
    SX_OPT_TEXT,   /* const char *; NULL unless given or defaulted */
    SX_OPT_INT,    /* long, within [min, max] */
    SX_OPT_NUMBER, /* double, within [min, max] */
    /* int, index of the word in `value`, which reads "f32|bf16|auto"; a default of -1: not given */
    SX_OPT_CHOICE,
    /* sx_texts; the option may be repeated. If `value` reads "NAME=SPLIT", each name only once. */
    SX_OPT_LIST
} sx_option_type;

typedef struct sx_texts {
    const char **items;
    int count;
} sx_texts;

typedef struct sx_option {
    const char *name; /* without the dashes: "out" */
    sx_option_type type;
    size_t offset; /* of the field in the command's struct of arguments */
    /* The value's name in --help, "DIR"; for a choice the words; NULL for a flag. */
    const char *value;
    const char *help; /* one line, with the default; NULL: another option's line describes it */
    bool required;
    double min, max;   /* numbers; both 0: any */
    unsigned commands; /* bits of the commands of a shared table that have this option; 0: all */
    /* A file that is written, and replaced if it exists. It must not be an input or another
     * output. */
    bool output;
    bool output_folder; /* a folder that is written: never an input of another option */
    /* Films, pictures or annotations are written there, which must not be mixed with those of an
     * input: it must not be an input's folder, or in one. */
    bool outside_inputs;
    /* A text: the names that completion proposes, by index; NULL after the last. */
    const char *(*name_at)(size_t index);
} sx_option;

/* The argument of a handler. */
typedef struct sx_call {
    /* Threads, messages, progress and Ctrl-C. The first Ctrl-C (or SIGTERM) cancels the context, so
     * that the program stops after the current film or step. The second ends the program. */
    sx_context *context;
    const struct sx_command *command;
    void *args;    /* the command's struct: defaults, then what was given */
    char **inputs; /* arguments that are not options, inputs[input_count] */
    int input_count;
    char **argv; /* the whole command line, for the record of the run; argv[argc] */
    int argc;
    /* --json: the result is one JSON document on stdout, and nothing else is printed there. */
    bool json;
    bool quiet, verbose;
    /* The ranks of a command that divides its work among ranks (.ranks); NULL: one process. */
    struct sx_comm *comm;
} sx_call;

typedef struct sx_command {
    const char *name;           /* "predict", or "model show" for a command of a group */
    const char *inputs;         /* as --help shows the arguments: "INPUT..." or NULL */
    const char *summary;        /* one line without a full stop */
    const char *help;           /* a few lines of at most 80 columns; NULL: none */
    const char *example;        /* a command line that works */
    int min_inputs, max_inputs; /* max_inputs -1: any number */
    const sx_option *options;   /* ends with a row of zeros; NULL: none */
    unsigned option_bit;        /* this command's bit in a shared table; 0: every row is its own */
    const void *defaults;       /* a struct of arguments, args_size bytes; NULL: zeros */
    size_t args_size;
    bool hidden;    /* for the program itself: not in --help */
    bool film_list; /* an input may be "-": a list of films on standard input */
    bool json;      /* takes --json */
    bool serial;    /* does not take --threads */
    bool ranks;     /* shares its work among ranks if mpirun or srun started it (call->comm) */
    int (*run)(sx_call *call);
} sx_command;

/* A word that begins several commands: "model" of "model show". */
typedef struct sx_command_group {
    const char *name, *summary;
} sx_command_group;

/* Both end with NULL (a NULL name). */
extern const sx_command *const sx_commands[];
extern const sx_command_group sx_command_groups[];

/* ---- functions for handlers ---- */

/* Prints "spinexr: <message>" to stderr and returns the exit status for the error. An error that
 * all ranks have received (sx_comm_all_succeeded) is printed by rank 0 only. */
int sx_cli_fail(const sx_error *err);
/* A usage error: prints "spinexr <command>: <message>" and a line about --help; returns
 * SX_EXIT_USAGE. */
int sx_cli_usage(const sx_call *call, const char *fmt, ...) SX_PRINTF(2, 3);

/* The same for an option whose value is none of "vindr|coco|voc": names them and the nearest. */
int sx_cli_no_word(const sx_call *call, const char *option, const char *typed, const char *words);

/* A progress bar on a terminal (stderr), plain lines every ten seconds otherwise, nothing with -q.
 * One at a time; end it before printing a result. */
sx_progress *sx_cli_progress(const sx_call *call, const char *what, size_t total);
void sx_cli_progress_end(void);

/* Prints a line of a result to stdout, also while a progress bar is on the terminal. */
void sx_cli_print(const char *fmt, ...) SX_PRINTF(1, 2);
/* Prints a result of several parts: one line, or a line for each part if they are too long. */
void sx_cli_print_parts(const sx_line_part *parts, size_t count);
/* Prints the document of --json to stdout. False with the document's error. */
bool sx_cli_print_json(const sx_json_doc *doc, sx_json_style style, sx_error *err) SX_MUST_USE;

/* `program` is called with the tables above by main(); tests call it with their own. */
int sx_cli_run(const sx_command *const *commands, const sx_command_group *groups, int argc,
               char **argv);

#endif
