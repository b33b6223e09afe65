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

/* Parses argv[first..argc) of `command`. Error: SX_ERR_USAGE with an explanatory message. With
 * --help nothing else is checked. */
bool sx_options_parse(sx_parsed *out, const sx_command *command, int first, int argc, char **argv,
                      sx_error *err) SX_MUST_USE;
void sx_parsed_free(sx_parsed *p);

/* The first option of a command (after NULL), or the next; NULL at the end. */
const sx_option *sx_option_next(const sx_command *command, const sx_option *after);
/* The same for the options that every command takes, or that commands with threads or with JSON
 * take. `command` NULL: all of them. */
const sx_option *sx_option_next_common(const sx_command *command, const sx_option *after);
/* The letter of a common option: 'q' of --quiet, -q. 0: it has none. */
char sx_option_letter(const sx_option *o);

/* What the value of an option is. */
typedef enum sx_value_kind {
    SX_VALUE_NONE, /* a flag */
    SX_VALUE_WORDS,
    SX_VALUE_FOLDER,
    SX_VALUE_FILE,
    SX_VALUE_OTHER /* a number, a name */
} sx_value_kind;
sx_value_kind sx_option_value_kind(const sx_option *o);

#endif
