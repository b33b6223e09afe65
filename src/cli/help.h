/* Help texts of at most 80 columns and 40 lines, which a test checks. */
#ifndef SX_CLI_HELP_H
#define SX_CLI_HELP_H

#include "base/str.h"
#include "cli/command.h"

void sx_help_program(sx_str *out, const sx_command *const *commands,
                     const sx_command_group *groups);
void sx_help_group(sx_str *out, const sx_command *const *commands, const sx_command_group *group);
void sx_help_command(sx_str *out, const sx_command *command);

#endif
