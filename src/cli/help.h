/* Help texts of at most 80 columns and 40 lines, which a test checks. */
#ifndef SX_CLI_HELP_H
#define SX_CLI_HELP_H

#include "base/str.h"
#include "cli/command.h"

/* Whether a command belongs to the group `word`; "train" belongs to the group of its name. */
bool sx_command_in_group(const sx_command *command, const char *word);
/* The group of a command; NULL: none. */
const sx_command_group *sx_command_group_of(const sx_command_group *groups,
                                            const sx_command *command);

void sx_help_program(sx_str *out, const sx_command *const *commands,
                     const sx_command_group *groups);
void sx_help_group(sx_str *out, const sx_command *const *commands, const sx_command_group *group);
void sx_help_command(sx_str *out, const sx_command *command);

#endif
