/* The program of one command, the example of CONTRIBUTING.md. */
#include "cli/command.h"

extern const sx_command sx_cmd_hello;

int main(int argc, char **argv) {
    const sx_command *const commands[] = { &sx_cmd_hello, NULL };
    const sx_command_group groups[] = { { 0 } };
    return sx_cli_run(commands, groups, argc, argv);
}
