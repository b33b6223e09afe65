#include "cli/command.h"

int main(int argc, char **argv) {
    return sx_cli_run(sx_commands, sx_command_groups, argc, argv);
}
