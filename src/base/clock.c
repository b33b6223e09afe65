#define _GNU_SOURCE
#include "base/clock.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/str.h"

double sx_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void sx_timestamp(char *buf, size_t size) {
    sx_timestamp_of(sx_wall_clock(), buf, size);
}

void sx_timestamp_of(int64_t milliseconds, char *buf, size_t size) {
    const time_t seconds = (time_t)(milliseconds / 1000);
    struct tm tm;
    if (!gmtime_r(&seconds, &tm) || !strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", &tm)) buf[0] = '\0';
}

void sx_today(char *buf, size_t size) {
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    long seconds;
    time_t now =
        epoch && sx_parse_long(epoch, 0, LONG_MAX, &seconds) ? (time_t)seconds : time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(buf, size, "%Y-%m-%d", &tm);
}

size_t sx_peak_memory(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (size_t)u.ru_maxrss * 1024;
}

int64_t sx_wall_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
