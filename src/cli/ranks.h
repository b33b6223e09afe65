/* The ranks of a command: several processes, if mpirun or srun started the program. */
#ifndef SX_CLI_RANKS_H
#define SX_CLI_RANKS_H

#include "cli/command.h"

/* Sets call->comm (NULL: one process). All ranks except the first are quiet. If *threads is 0 (not
 * given), the ranks of a machine share its cores evenly, unless the launcher has bound each to its
 * own cores. */
bool sx_ranks_open(sx_call *call, int *threads, sx_error *err) SX_MUST_USE;
/* If not all ranks have received the error, ends all of them; the call then does not return. */
void sx_ranks_close(int status);
/* Prints an error message to stderr: once if all ranks have received the error, else with the
 * rank's number. */
void sx_ranks_print(const char *message);

#endif
