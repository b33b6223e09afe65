/* The option --size of the commands that build a network. */
#ifndef SX_CLI_NETWORK_ARGS_H
#define SX_CLI_NETWORK_ARGS_H

#include "models/arch.h"

/* The network's input for "WIDTHxHEIGHT", 32..8192 pixels each; NULL: the size that the metadata of
 * `w` state, for a detector its shortest edge as the width and its longest as the height, rounded
 * up to the stride; if there is none or `w` is NULL: the architecture's own, for detectors
 * 1088x800. Errors: SX_ERR_USAGE, also for sides of a detector that are not multiples of its
 * stride; those of sx_network_stored_size. */
bool sx_cli_network_size(const char *text, const sx_network *net, const sx_weights *w,
                         sx_shape *shape, sx_error *err) SX_MUST_USE;

#endif
