/* The demonstration weights that are installed with the program. */
#ifndef SX_CLI_DEMO_WEIGHTS_H
#define SX_CLI_DEMO_WEIGHTS_H

#include <limits.h>
#include <stdbool.h>

/* Puts the path of the folder into `path`. False: it is not installed. The folder is found from the
 * program's own, so that an installation may be moved. */
bool sx_demo_weights(char path[PATH_MAX]);

#endif
