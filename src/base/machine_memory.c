#include "base/machine_memory.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

/* Files of the kernel have no size before they are read. */
static bool read_text(const char *path, char *text, size_t size) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd >= 0 ? read(fd, text, size - 1) : -1;
    if (fd >= 0) close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* A number, or "max" */
static uint64_t read_limit(const char *path) {
    char text[64], *end;
    if (!read_text(path, text, sizeof text)) return UINT64_MAX;
    const unsigned long long n = strtoull(text, &end, 10);
    return end == text ? UINT64_MAX : n;
}

uint64_t sx_cgroup_memory(const char *root, const char *group) {
    char path[4096];
    uint64_t least = UINT64_MAX;
    for (size_t n = strlen(group);; n--) {
        if (n && group[n] != '/' && group[n]) continue;
        if (sx_format(path, sizeof path, "%s%.*s/memory.max", root, (int)n, group) <
            (int)sizeof path) {
            const uint64_t limit = read_limit(path);
            if (limit < least) least = limit;
        }
        if (n == 0) return least;
    }
}

/* "0::/PATH" is the line of version 2. Version 1 shows a container its own group at this place. */
static uint64_t own_limit(void) {
    char text[4096];
    const uint64_t v1 = read_limit("/sys/fs/cgroup/memory/memory.limit_in_bytes");
    char *group = read_text("/proc/self/cgroup", text, sizeof text) ? strstr(text, "0::/") : NULL;
    if (!group || (group > text && group[-1] != '\n')) return v1;
    group += strlen("0::");
    group[strcspn(group, "\n")] = '\0';
    const uint64_t v2 = sx_cgroup_memory("/sys/fs/cgroup", group);
    return v1 < v2 ? v1 : v2;
}

uint64_t sx_machine_memory(void) {
    const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    const uint64_t all = pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : UINT64_MAX;
    const uint64_t limit = own_limit();
    return limit < all ? limit : all;
}
