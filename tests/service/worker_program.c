/* A worker process for tests: worker-program real WEIGHTS..., as the service starts it; or
 * worker-program odd, which does to a film what its name says. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/str.h"
#include "dicom/charsets.h"
#include "service/node/messages.h"
#include "service/node/worker.h"

enum { SOCKET = 3 };

static bool can_open(const char *path, int flags) {
    const int fd = open(path, flags, 0600);
    if (fd >= 0) close(fd);
    return fd >= 0;
}

static bool can_fork(void) {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    return child > 0;
}

static bool can_run(void) {
    execl("/bin/true", "true", (char *)NULL); /* else we would not come back */
    return false;
}

/* No call may reach the service: it is alive, so each of these would do something. */
static bool can_signal(pid_t to) {
    return kill(to, 0) == 0 || syscall(SYS_tgkill, to, to, 0) == 0 ||
           syscall(SYS_tkill, to, 0) == 0 || syscall(SYS_pidfd_open, to, 0) >= 0;
}

static bool can_trace(pid_t whom) {
    char byte;
    struct iovec here = { &byte, 1 }, there = { &byte, 1 };
    return ptrace(PTRACE_ATTACH, whom, NULL, NULL) == 0 ||
           ptrace(PTRACE_SEIZE, whom, NULL, NULL) == 0 ||
           process_vm_readv(whom, &here, 1, &there, 1, 0) >= 0;
}

/* As the compiler in oneDNN does. */
static bool can_compile(void) {
    void *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return code != MAP_FAILED && mprotect(code, 4096, PROT_READ | PROT_EXEC) == 0;
}

/* Text of a film: the converters are files, which were loaded before. */
static bool can_convert(void) {
    static const uint8_t korean[] = { 0xB0, 0xA1 };
    char out[8];
    const size_t n = sx_charset_to_utf8(SX_CHARSET_KOREAN, korean, 2, out, sizeof out, NULL);
    return n == 3 && memcmp(out, "\xEA\xB0\x80", 3) == 0;
}

static void *do_nothing(void *unused) {
    return unused;
}

static bool can_start_threads(void) {
    pthread_t thread;
    return pthread_create(&thread, NULL, do_nothing, NULL) == 0 && pthread_join(thread, NULL) == 0;
}

/* What a confined process can still do; the answer is the result of a film. */
static void try_everything(pid_t service, sx_str *out) {
    const struct {
        const char *name;
        bool can;
    } tries[] = {
        { "be root", getuid() == 0 || geteuid() == 0 || setuid(0) == 0 },
        { "read", can_open("/proc/self/status", O_RDONLY) || can_open("/etc/passwd", O_RDONLY) },
        { "write", can_open("written-by-worker", O_WRONLY | O_CREAT) },
        { "list", can_open("/", O_RDONLY | O_DIRECTORY) },
        { "unlink", unlink("written-by-worker") == 0 || errno != EPERM },
        { "stat", access("/", F_OK) == 0 },
        { "socket", socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_DGRAM, 0) >= 0 },
        { "run", can_run() },
        { "fork", can_fork() },
        { "signal", can_signal(service) },
        { "trace", can_trace(service) },
        { "shrink", ftruncate(SOCKET, 0) == 0 || errno != EPERM },
        { "compile", can_compile() },
        { "convert", can_convert() },
        { "threads", can_start_threads() },
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
        sx_str_printf(out, "%s%s %s", i ? ", " : "", tries[i].name, tries[i].can ? "yes" : "no");
}

static const sx_error *error_for(const char *path) {
    static const struct {
        const char *word;
        sx_error error;
    } errors[] = { { "error", { SX_ERR_FORMAT, "no film" } },
                   { "refusal", { SX_ERR_REFUSED, "a hip" } },
                   { "no memory", { SX_ERR_MEMORY, "out of memory" } } };
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strstr(path, errors[i].word)) return &errors[i].error;
    return NULL;
}

#define REPORT(more)                                                                               \
    "{\"models\": [{\"sha256\": \"00112233445566778899aabbccddeeff"                                \
    "00112233445566778899aabbccddeeff\"}], \"rule\": {\"kind\": \"paper\"}, \"studies\": "         \
    "[{\"films\": [{\"probability\": 0.5, " more ", \"findings\": []}]}]}"

static const char report[] = REPORT("\"abnormal\": true"),
                  stranger[] = REPORT("\"abnormal\": null, \"unfamiliar\": true");

/* `path`: of the film; its last part says what to do. */
static void answer(const char *path) {
    sx_str text = { 0 };
    const unsigned size[2] = { 2, 1 };
    char picture[8 + 6];
    bool ok = true;
    path = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    memcpy(picture, size, 8);
    memset(picture + 8, 7, 6);
    if (strstr(path, "abort")) abort();
    if (strstr(path, "exit")) _exit(3);
    if (strstr(path, "slow")) pause();
    if (strstr(path, "nonsense")) ok = write(SOCKET, "nonsense nonsense", 17) == 17;
    if (strstr(path, "promise")) { /* a message that is announced and does not come */
        const unsigned head[2] = { SX_MESSAGE_RESULT, 1000 };
        _exit(write(SOCKET, head, sizeof head) != sizeof head);
    }
    if (strstr(path, "bad picture")) picture[0] = 9;
    if (strstr(path, "confined")) {
        sx_error err = { 0 };
        const pid_t service = getppid(); /* not allowed later */
        sx_charsets_load();
        ok = sx_worker_restrict(&err) && sx_worker_confine(NULL, 0, &err);
        try_everything(service, &text);
    } else if (strstr(path, "process")) {
        sx_str_printf(&text, "%d", (int)getpid());
    } else {
        sx_str_add(&text, strstr(path, "report")     ? report
                          : strstr(path, "stranger") ? stranger
                                                     : path);
    }
    const sx_error *error = error_for(path);
    if (error) {
        ok = sx_message_send_error(SOCKET, error);
    } else {
        ok = ok && sx_message_send(SOCKET, SX_MESSAGE_RESULT, text.data, text.len) &&
             sx_message_send(SOCKET, SX_MESSAGE_PICTURE, picture, sizeof picture);
    }
    sx_str_free(&text);
    if (!ok) _exit(4);
}

/* node/networks.h */
static const char HELLO[] =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef!a note";

static int odd(void) {
    sx_message_kind kind;
    sx_str message = { 0 };
    if (!sx_message_send(SOCKET, SX_MESSAGE_HELLO, HELLO, strlen(HELLO))) return 1;
    while (sx_message_receive(SOCKET, -1, &kind, &message) == SX_MESSAGE_READ)
        answer(sx_str_text(&message));
    _exit(0); /* it may be confined */
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "odd") == 0) return odd();
    int first = 2;
    sx_context_options c = SX_CONTEXT_DEFAULTS;
    const char *user = NULL, *refuse[8], *accept[8];
    sx_site_rules rules = { refuse, accept, 0, 0 };
    for (; first + 2 < argc && argv[first][0] == '-'; first += 2) { /* that the service gives */
        if (strcmp(argv[first], "--user") == 0) user = argv[first + 1];
        if (strcmp(argv[first], "--refuse") == 0 && rules.refuse_count < 8)
            refuse[rules.refuse_count++] = argv[first + 1];
        if (strcmp(argv[first], "--accept") == 0 && rules.accept_count < 8)
            accept[rules.accept_count++] = argv[first + 1];
        if (strcmp(argv[first], "--threads") == 0)
            c.threads = (int)strtol(argv[first + 1], NULL, 10);
    }
    if (first >= argc) return 2;
    sx_context *context = sx_context_new(&c, NULL);
    if (!context) return 2;
    const sx_worker_options o = { .context = context,
                                  .weights = (const char *const *)argv + first,
                                  .weight_count = (size_t)(argc - first),
                                  .user = user,
                                  .rules = rules,
                                  .pictures = true };
    const int status = sx_worker_run(SOCKET, &o);
    sx_context_free(context);
    return status;
}
