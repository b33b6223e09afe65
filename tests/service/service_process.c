#include "service_process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.h"

pid_t service_start(const char *program) {
    return service_start_with_drain(program, "30");
}

pid_t service_start_with_drain(const char *program, const char *seconds) {
    static char config[600], log_path[600];
    snprintf(config, sizeof config, "%s", check_tmp_path("c.yaml"));
    snprintf(log_path, sizeof log_path, "%s", check_tmp_path("log"));
    const pid_t service = fork();
    assert_true(service >= 0);
    if (service == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* it ends with a test that is killed */
        const int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(log, 1);
        dup2(log, 2);
        execl(program, program, "serve", "--config", config, "--drain", seconds, (char *)NULL);
        _exit(127);
    }
    return service;
}

void service_end(pid_t service, int signal_number) {
    int status;
    kill(service, signal_number);
    assert_int_equal(waitpid(service, &status, 0), service);
    if (signal_number == SIGTERM) assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
