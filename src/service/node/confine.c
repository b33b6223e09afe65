/* The sandbox of a worker process. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/context_impl.h"
#include "service/node/worker.h"

/* ---- the user ---- */

static bool become(const struct passwd *user) {
    return setgroups(0, NULL) == 0 && setresgid(user->pw_gid, user->pw_gid, user->pw_gid) == 0 &&
           setresuid(user->pw_uid, user->pw_uid, user->pw_uid) == 0 && setuid(0) != 0;
}

/* Root becomes another user, and so loses its capabilities. Others stay who they are. So does the
 * root of a user namespace without other users, who has no rights outside it, unless the settings
 * name a user. */
static bool change_user(const char *chosen, sx_error *err) {
    if (geteuid() != 0) return true;
    const char *name = chosen ? chosen : "nobody";
    const struct passwd *user = getpwnam(name);
    if (!user) return sx_fail(err, SX_ERR_VALUE, "workers.user: there is no user %s", name);
    if (user->pw_uid == 0)
        return sx_fail(err, SX_ERR_VALUE, "workers.user: %s has all rights", name);
    if (become(user)) return true;
    const bool alone = errno == EPERM || errno == EINVAL;
    return (!chosen && alone && geteuid() == 0) ||
           sx_fail(err, SX_ERR_UNSUPPORTED, "a worker process cannot become the user %s", name);
}

/* ---- system calls ---- */

/* What computing needs: memory (programs that oneDNN makes must be executable), threads, the clock,
 * and reading and writing what is open. All others fail with EPERM, so that a library that tries
 * one for information goes on. */
static const int allowed[] = {
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(membarrier),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(getcpu),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(getrandom),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(lseek),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Answers to a peer that is connected already; with an address it would be a connection. */
static bool allow_sending(scmp_filter_ctx f) {
    return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 1, SCMP_A4(SCMP_CMP_EQ, 0)) == 0;
}

/* Threads, but no processes; clone3, whose flags a filter cannot see, is not there: the C library
 * then uses clone. A signal reaches this process alone, since abort sends one. */
static bool allow_threads(scmp_filter_ctx f) {
    const scmp_datum_t thread = CLONE_THREAD, self = (scmp_datum_t)getpid();
    return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                            SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread)) == 0 &&
           seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
           seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, self)) ==
               0;
}

static bool filter_calls(void) {
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    bool ok = f && seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1) == 0; /* of all threads */
    for (size_t i = 0; ok && i < sizeof allowed / sizeof *allowed; i++)
        ok = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
    ok = ok && allow_sending(f) && allow_threads(f) && seccomp_load(f) == 0;
    if (f) seccomp_release(f);
    return ok;
}

/* ---- limits ---- */

static bool limit(int what, rlim_t most) {
    const struct rlimit r = { most, most };
    return setrlimit((__rlimit_resource_t)what, &r) == 0;
}

/* The sanitizers reserve terabytes of address space. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { MEMORY_CAN_BE_LIMITED = 0 };
#else
enum { MEMORY_CAN_BE_LIMITED = 1 };
#endif

static bool limit_resources(int memory_mb) {
    return limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, 64) &&
           (!memory_mb || !MEMORY_CAN_BE_LIMITED || limit(RLIMIT_AS, (rlim_t)memory_mb << 20));
}

bool sx_worker_confine(const char *user, int memory_mb, sx_error *err) {
    return change_user(user, err) &&
           ((limit_resources(memory_mb) && filter_calls()) ||
            sx_fail(err, SX_ERR_UNSUPPORTED, "this system cannot confine a worker process"));
}
