/* Takes the place of the C library's clocks and of its count of the memory used, for the whole
 * program: they stand still. Two runs then write the same bytes, the times in them included, and a
 * run in which an allocation failed can be compared with one in which none did. */
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { NOW = 1790000000 };

time_t time(time_t *seconds) {
    if (seconds) *seconds = NOW;
    return NOW;
}

int clock_gettime(clockid_t clock, struct timespec *t) {
    (void)clock;
    *t = (struct timespec){ .tv_sec = NOW };
    return 0;
}

int getrusage(__rusage_who_t who, struct rusage *u) {
    (void)who;
    memset(u, 0, sizeof *u);
    u->ru_maxrss = 100000;
    return 0;
}
