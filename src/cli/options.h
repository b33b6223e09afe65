/* The option parser: long options as --name VALUE, --name=VALUE, flags; -q, -v, -h; "--" ends them.
 * Options and arguments may be mixed. */
#ifndef SX_CLI_OPTIONS_H
#define SX_CLI_OPTIONS_H

#include "cli/command.h"

typedef struct sx_parsed {
    sx_call call; /* call.args and call.inputs are on the heap: sx_parsed_free */
    bool help;
    long threads; /* 0: not given */
} sx_parsed;

/* argv[first..argc) of `command`. Error: SX_ERR_USAGE with a sentence. With --help nothing else is
 * checked. */
bool sx_options_parse(sx_parsed *out, const sx_command *command, int first, int argc, char **argv,
                      sx_error *err) SX_MUST_USE;
void sx_parsed_free(sx_parsed *p);

/* Edits (insert, delete, replace, swap neighbours) that lead from a to b; words up to 63
 * letters. */
int sx_word_distance(const char *a, const char *b);
/* The nearest word if it is near enough to be meant, else `best`; call it for each candidate in
 * turn with *distance starting at a third of the word's length, at least 2. */
const char *sx_word_nearer(const char *typed, const char *candidate, const char *best,
                           int *distance);

#endif
