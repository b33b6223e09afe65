/* A worker process for tests: worker-program real WEIGHTS..., as the service starts it; or
 * worker-program odd, which does to a film what its name says. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"
#include "service/node/messages.h"
#include "service/node/worker.h"

enum { SOCKET = 3 };

/* What a confined process can still do; the answer is the result of a film. */
static void try_everything(sx_str *out) {
    static const char *const calls[] = { "socket", "write",  "unlink", "program", "fork",
                                         "kill",   "shrink", "steal",  "read" };
    enum { CALLS = sizeof calls / sizeof *calls };
    bool can[CALLS] = { 0 };
    can[0] = socket(AF_INET, SOCK_STREAM, 0) >= 0;
    FILE *f = fopen("written-by-worker", "w");
    can[1] = f != NULL;
    can[2] = unlink("/nowhere/x") == 0;
    execl("/bin/true", "true", (char *)NULL); /* else we would not come back */
    const pid_t child = fork();
    if (child == 0) _exit(0);
    can[4] = child > 0;
    can[5] = syscall(SYS_tgkill, getppid(), getppid(), 0) == 0;
    can[6] = ftruncate(SOCKET, 0) == 0 || errno != EPERM;
    can[7] = syscall(SYS_pidfd_open, getppid(), 0) >= 0;
    f = fopen("/proc/self/status", "r");
    can[8] = f != NULL;
    if (f) fclose(f);
    for (int i = 0; i < CALLS; i++)
        sx_str_printf(out, "%s%s %s", i ? ", " : "", calls[i], can[i] ? "yes" : "no");
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

static void answer(const char *path) {
    sx_str text = { 0 };
    const unsigned size[2] = { 2, 1 };
    char picture[8 + 6];
    bool ok = true;
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
        ok = sx_worker_confine(0);
        try_everything(&text);
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
    sx_str_free(&message);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "odd") == 0) return odd();
    int first = 2;
    while (first + 2 < argc && argv[first][0] == '-')
        first += 2; /* options that the service gives */
    if (first >= argc) return 2;
    const sx_worker_options o = { .weights = (const char *const *)argv + first,
                                  .weight_count = (size_t)(argc - first),
                                  .pictures = true };
    return sx_worker_run(SOCKET, &o);
}
