/* Terminal output other than results: messages and the progress bar on stderr; Ctrl-C. */
#ifndef SX_CLI_TERMINAL_H
#define SX_CLI_TERMINAL_H

#include "cli/command.h"

/* Delays the signals to end (SIGINT, SIGTERM, SIGHUP) until sx_terminal_take_signals, also across
 * execve. */
void sx_terminal_hold_signals(void);
/* Installs their handlers. Before this call they end the program as if it did not handle them,
 * which the program can shorten but not avoid: the libraries are loaded first. */
void sx_terminal_take_signals(void);
/* Makes call->context and handles the signals of closed pipes and limits of file sizes. The context
 * logs to stderr, shows progress there and is cancelled by Ctrl-C. threads 0: all cores. */
bool sx_terminal_start(sx_call *call, int threads, sx_error *err) SX_MUST_USE;
/* Prints a line to stderr, above the bar if one is shown. */
void sx_terminal_print(const char *line);

#endif
