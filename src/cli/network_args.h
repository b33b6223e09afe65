/* The option --size of the commands that build a network. */
#ifndef SX_CLI_NETWORK_ARGS_H
#define SX_CLI_NETWORK_ARGS_H

#include "models/arch.h"

/* The network's input for "WIDTHxHEIGHT", 32..8192 pixels each; NULL: the architecture's own size,
 * for detectors 1088x800. Error: SX_ERR_USAGE, also for sides of a detector that are not multiples
 * of its stride. */
bool sx_cli_network_size(const char *text, const sx_network *net, sx_shape *shape,
                         sx_error *err) SX_MUST_USE;

#endif
