/* Outputs that would destroy an input, or be read as one. */
#ifndef SX_CLI_OUTPUT_CHECK_H
#define SX_CLI_OUTPUT_CHECK_H

#include "cli/options.h"

/* Of parsed options: no output file is an input, another output, or a file that exists in a data
 * set or a folder that is read; no output folder with .outside_inputs is or is in such a folder.
 * SX_ERR_USAGE names the option, SX_ERR_MEMORY. */
bool sx_outputs_check(const sx_parsed *p, const sx_command *command, sx_error *err) SX_MUST_USE;

#endif
