/* How much memory there is for a program. */
#ifndef SX_BASE_MACHINE_MEMORY_H
#define SX_BASE_MACHINE_MEMORY_H

#include <stdint.h>

/* Bytes of memory of this machine, or fewer if a control group limits this process, as containers
 * and systemd's units do. Any thread. */
uint64_t sx_machine_memory(void);

/* The least limit of a control group and of those above it; UINT64_MAX: none. `root` is where the
 * groups are mounted, and `group` the path of one, "/" or "/system.slice/x.service". */
uint64_t sx_cgroup_memory(const char *root, const char *group);

#endif
