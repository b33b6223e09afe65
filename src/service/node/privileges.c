/* What a worker process gives up before it reads its weights. */
#include <errno.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/landlock.h>

#include "service/node/worker.h"

/* Capabilities that the service has, for a port below 1024 for instance, are not for its workers.
 * Those of root end when root becomes another user (confine.c). */
static bool drop_capabilities(void) {
    struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
    const struct __user_cap_data_struct none[2] = { { 0 } };
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return geteuid() == 0 || syscall(SYS_capset, &head, none) == 0;
}

/* ---- Landlock ---- */

/* Of later versions than the headers of Debian 12. */
#define NET_BIND_CONNECT      (UINT64_C(1) | UINT64_C(2))
#define SCOPE_SOCKETS_SIGNALS (UINT64_C(1) | UINT64_C(2))
#define FS_TRUNCATE           (UINT64_C(1) << 14)

typedef struct ruleset {
    uint64_t files, network, scoped;
} ruleset;

/* All that changes files; reading them ends with the filter of system calls (confine.c). */
static const uint64_t changes =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

/* Nothing is allowed of what the kernel's version of Landlock knows. Threads that are started later
 * inherit it. A kernel without Landlock: true. */
static bool restrict_by_landlock(void) {
    const long version =
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) return true;
    ruleset r = { .files = changes };
    if (version >= 2) r.files |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3) r.files |= FS_TRUNCATE;
    if (version >= 4) r.network = NET_BIND_CONNECT;
    if (version >= 6) r.scoped = SCOPE_SOCKETS_SIGNALS;
    /* earlier kernels know less of the structure */
    const size_t size = version >= 6 ? sizeof r : version >= 4 ? 16 : 8;
    const int fd = (int)syscall(SYS_landlock_create_ruleset, &r, size, 0);
    if (fd < 0) return false;
    const bool ok = syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    close(fd);
    return ok;
}

bool sx_worker_restrict(sx_error *err) {
    return (drop_capabilities() && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
            prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && restrict_by_landlock()) ||
           sx_fail(err, SX_ERR_UNSUPPORTED, "this system cannot restrict a worker process");
}
