/* Two things can take a port that was drawn by binding to port 0 and closing: another test that
 * draws one, and any outgoing connection, whose port comes from the same range. So these ports are
 * drawn below that range, and each is reserved among tests by a UDP socket with its number, which
 * the kernel closes when the test ends. tests/peers/peers.mjs does the same. */
#include "support/free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/check.h"

enum { LOWEST = 10000, HIGHEST = 32767 };

/* The lowest port that the kernel gives to those who ask for any. */
static int first_ephemeral(void) {
    int low = HIGHEST + 1;
    FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");
    if (!f) return low;
    if (fscanf(f, "%d", &low) != 1) low = HIGHEST + 1;
    fclose(f);
    return low;
}

static int bind_to(int type, int port, in_addr_t address) {
    const struct sockaddr_in a = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(address) };
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (bind(fd, (const struct sockaddr *)&a, sizeof a) == 0) return fd;
    close(fd);
    return -1;
}

/* The socket stays open until the program ends; children that run other programs lack it. */
static bool reserve(int port) {
    return bind_to(SOCK_DGRAM, port, INADDR_LOOPBACK) >= 0;
}

static bool nobody_listens(int port) {
    const int fd = bind_to(SOCK_STREAM, port, INADDR_ANY);
    if (fd >= 0) close(fd);
    return fd >= 0;
}

int free_port(void) {
    int end = first_ephemeral();
    if (end <= LOWEST + 1000 || end > HIGHEST + 1) end = HIGHEST + 1;
    const int count = end - LOWEST, start = (int)getpid() % count;
    for (int i = 0; i < count; i++) {
        const int port = LOWEST + (start + i) % count;
        if (reserve(port) && nobody_listens(port)) return port;
    }
    fail_msg("no port is free between %d and %d", LOWEST, end - 1);
    return -1;
}
