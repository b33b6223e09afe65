/* `spinexr serve` as a program beside a test, which ends with it. Its settings are the file c.yaml
 * in the test's folder, its log is the file log there. */
#ifndef TESTS_SERVICE_SERVICE_PROCESS_H
#define TESTS_SERVICE_SERVICE_PROCESS_H

#include <sys/types.h>

pid_t service_start(const char *program);
/* `seconds`: how long it waits for open associations after SIGTERM. */
pid_t service_start_with_drain(const char *program, const char *seconds);
/* Sends the signal and waits for the end; after SIGTERM the exit status must be 0. */
void service_end(pid_t service, int signal_number);

#endif
