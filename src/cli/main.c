#include <fcntl.h>
#include <unistd.h>

#include "cli/command.h"

/* A program that is started with a closed standard descriptor would give its number to the first
 * file that it opens, and write messages into that file. */
static void open_standard_descriptors(void) {
    int fd;
    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO) close(fd);
}

int main(int argc, char **argv) {
    open_standard_descriptors();
    return sx_cli_run(sx_commands, sx_command_groups, argc, argv);
}
