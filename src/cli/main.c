#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/command.h"
#include "cli/terminal.h"

/* Between two parallel loops, OpenMP's threads wait by spinning: libgomp's for about 10 ms,
 * libomp's (clang) for 200 ms. If other programs use the same cores, these threads may occupy the
 * cores that the threads they wait for need. 0.1 ms is long enough for the gap between two layers
 * (docs/ARCHITECTURE.md); libomp takes whole milliseconds. */
static char waiting_libgomp[] = "GOMP_SPINCOUNT=2000", waiting_libomp[] = "KMP_BLOCKTIME=1";

/* OpenMP reads its environment when it is loaded, so the program executes itself again. If this
 * fails, the program continues and may be slower on a busy machine. */
static void limit_spinning(char **argv) {
    extern char **environ;
    char program[PATH_MAX];
    size_t count = 0;
    if (getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT") || getenv("KMP_BLOCKTIME")) return;
    /* If the dynamic loader was started with the program as its argument, /proc/self/exe is the
     * loader. */
    if (getauxval(AT_BASE) == 0) return;
    const ssize_t n = readlink("/proc/self/exe", program, sizeof program);
    if (n <= 0 || n >= (ssize_t)sizeof program) return;
    program[n] = '\0';
    while (environ[count])
        count++;
    char **with = sx_calloc(count + 3, sizeof *with);
    if (!with) return;
    memcpy(with, environ, count * sizeof *with);
    with[count] = waiting_libgomp;
    with[count + 1] = waiting_libomp;
    /* Loading the libraries once more takes 0.1 s. */
    sx_terminal_hold_signals();
    execve(program, argv, with);
    free(with);
}

/* If a standard descriptor is closed at the start, the first file that is opened would get its
 * number, and messages would be written into that file. The descriptor is opened for reading only,
 * so that writing results to a closed standard output gives an error. */
static void open_standard_descriptors(void) {
    int fd;
    do {
        fd = open("/dev/null", O_RDONLY);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO) close(fd);
}

int main(int argc, char **argv) {
    limit_spinning(argv);
    open_standard_descriptors();
    return sx_cli_run(sx_commands, sx_command_groups, argc, argv);
}
