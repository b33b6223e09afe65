/* What the user sees besides results: messages and the progress bar on stderr, Ctrl-C. */
#ifndef SX_CLI_TERMINAL_H
#define SX_CLI_TERMINAL_H

#include <stdbool.h>

void sx_terminal_start(bool quiet, bool verbose); /* logger and signal handlers */
bool sx_terminal_stopped(void);
/* A line to stderr; the bar, if one is shown, makes room. */
void sx_terminal_print(const char *line);

#endif
