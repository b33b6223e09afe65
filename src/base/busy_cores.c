#include "base/busy_cores.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/context_impl.h"

static const double seconds_between = 0.02;
/* Programs of low priority run beside this one without taking its cores. */
static const double little_waiting = 0.1;

/* The threads of this process. */
typedef struct own_threads {
    int running;
    uint64_t ran, waited; /* nanoseconds */
} own_threads;

static bool read_text(int folder, const char *path, char *text, size_t size) {
    const int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const ssize_t n = read(fd, text, size - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* "TID (name) STATE ...": the name may contain anything. */
static bool is_running(int folder, const char *thread) {
    char path[64], text[512];
    snprintf(path, sizeof path, "%.20s/stat", thread);
    if (!read_text(folder, path, text, sizeof text)) return false;
    const char *end = strrchr(text, ')');
    return end && strncmp(end, ") R", 3) == 0;
}

/* "RAN WAITED SLICES" */
static void add_times(int folder, const char *thread, own_threads *own) {
    char path[64], text[128], *end;
    snprintf(path, sizeof path, "%.20s/schedstat", thread);
    if (!read_text(folder, path, text, sizeof text)) return; /* it has ended */
    own->ran += strtoull(text, &end, 10);
    own->waited += strtoull(end, NULL, 10);
}

static bool look_at_own(own_threads *own) {
    DIR *d = opendir("/proc/self/task");
    if (!d) return false;
    for (const struct dirent *e; (e = readdir(d));) {
        if (e->d_name[0] == '.') continue;
        own->running += is_running(dirfd(d), e->d_name);
        add_times(dirfd(d), e->d_name, own);
    }
    closedir(d);
    return own->ran > 0;
}

/* "1.20 0.80 0.50 RUNNING/ALL LAST": threads of the whole system that run or wait for a core. */
static bool count_running(int *count) {
    char text[128];
    if (!read_text(AT_FDCWD, "/proc/loadavg", text, sizeof text)) return false;
    const char *slash = strchr(text, '/');
    while (slash && slash > text && slash[-1] != ' ')
        slash--;
    *count = slash ? (int)strtol(slash, NULL, 10) : 0;
    return *count > 0;
}

int sx_busy_rule(int wanted, int cores, int others, double waited) {
    if (others <= 0 || waited < little_waiting) return wanted;
    const int left = cores - others > 1 ? cores - others : 1;
    return left < wanted ? left : wanted;
}

static int look(sx_busy_cores *seen, int wanted) {
    own_threads own = { 0 };
    int running;
    if (!count_running(&running) || !look_at_own(&own)) return wanted;
    const double ran = (double)(own.ran - seen->ran), waited = (double)(own.waited - seen->waited);
    /* the times of threads that have ended are missing */
    const bool known = own.ran >= seen->ran && own.waited >= seen->waited && ran + waited > 0;
    seen->ran = own.ran;
    seen->waited = own.waited;
    return sx_busy_rule(wanted, sx_cores(), running - own.running,
                        known ? waited / (ran + waited) : 0);
}

int sx_busy_threads(sx_busy_cores *seen, int wanted) {
    const double now = sx_now();
    if (wanted <= 1) return wanted;
    if (now >= seen->next || seen->threads == 0) {
        seen->threads = look(seen, wanted);
        seen->next = now + seconds_between;
    }
    return seen->threads < wanted ? seen->threads : wanted;
}
