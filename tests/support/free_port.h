/* A port of this machine for programs that must be told one. It stays this test's until the test
 * ends, even while nobody listens on it. */
#ifndef TESTS_SUPPORT_FREE_PORT_H
#define TESTS_SUPPORT_FREE_PORT_H

int free_port(void); /* TCP, on 127.0.0.1 */

#endif
