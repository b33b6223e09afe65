/* Completion of command lines in a shell, made from the tables of the commands: words of commands,
 * options, and values of options: words where there is a choice, folders, files. */
#ifndef SX_CLI_COMPLETION_H
#define SX_CLI_COMPLETION_H

#include "base/str.h"
#include "cli/options.h"

/* Scripts for the shells. */
void sx_complete_bash(sx_str *out, const sx_command *const *commands,
                      const sx_command_group *groups);
void sx_complete_zsh(sx_str *out, const sx_command *const *commands,
                     const sx_command_group *groups);
void sx_complete_fish(sx_str *out, const sx_command *const *commands,
                      const sx_command_group *groups);

/* ---- shared by the scripts ---- */

/* "bash zsh fish" for a choice of "bash|zsh|fish"; the names of an option that has them. */
void sx_complete_words(sx_str *out, const sx_option *o);

/* Calls `each` for every command that can be completed: groups first (command NULL, or the command
 * of the group's name), then commands that are not hidden. `words`: "data check". */
typedef void sx_complete_each(sx_str *out, const char *words, const char *summary,
                              const sx_command *command);
void sx_complete_all(sx_str *out, const sx_command *const *commands, const sx_command_group *groups,
                     sx_complete_each *each);

/* Calls `each` for the words that may follow `words`, "" at the beginning: for "data", check and so
 * on, as whole names. */
void sx_complete_after(sx_str *out, const sx_command *const *commands,
                       const sx_command_group *groups, const char *words, sx_complete_each *each);
/* "check" of "data check". */
const char *sx_last_word(const char *words);

#endif
