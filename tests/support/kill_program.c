#define _GNU_SOURCE
#include "support/kill_program.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"
#include "base/str.h"
#include "support/check.h"

enum { MOST_ARGUMENTS = 40 };

static void become(const char *program, const char *const *args, const char *dir) {
    const char *argv[MOST_ARGUMENTS + 2] = { program };
    for (int i = 0; i < MOST_ARGUMENTS && args[i]; i++)
        argv[i + 1] = args[i];
    const int null = open("/dev/null", O_WRONLY);
    dup2(null, 1);
    if (!getenv("LOUD")) dup2(null, 2);
    if (dir && chdir(dir) != 0) _exit(126);
    execv(program, (char *const *)argv);
    _exit(127);
}

int kill_program_run(const char *program, const char *const *args, const char *dir,
                     double seconds) {
    fflush(NULL);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) become(program, args, dir);
    int status;
    if (isfinite(seconds)) {
        const struct timespec t = { (time_t)seconds, (long)(fmod(seconds, 1) * 1e9) };
        nanosleep(&t, NULL);
        kill(pid, SIGKILL);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
        fail_msg("%s %s: signal %d", args[0], args[1] ? args[1] : "", WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- what is there ---- */

/* The text without what follows a key of times up to the end of the line. */
static void without_times(const sx_file *f, sx_str *out) {
    static const char *const keys[] = { "\"started\"", "\"seconds\"", "\"peak_memory_bytes\"",
                                        "<dt>started</dt>" };
    const char *at = (const char *)f->data, *end = at + f->size;
    while (at && at < end) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        const size_t length = next ? (size_t)(next + 1 - at) : (size_t)(end - at);
        size_t keep = length;
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            const char *key = memmem(at, length, keys[k], strlen(keys[k]));
            if (key && (size_t)(key - at) < keep) keep = (size_t)(key - at);
        }
        sx_str_append(out, at, keep);
        at += length;
    }
}

static void put_contents(const char *path, sx_str *out) {
    sx_error err = { 0 };
    sx_file f;
    sx_str text = { 0 };
    CHECK_OK(sx_file_open(&f, path, &err), err);
    const bool timed =
        sx_ends_with(path, ".json") || sx_ends_with(path, ".jsonl") || sx_ends_with(path, ".html");
    if (timed) without_times(&f, &text);
    sx_str_printf(out, " %s",
                  timed ? check_sha256(sx_str_text(&text), text.len)
                        : check_sha256(f.data, f.size));
    sx_str_free(&text);
    sx_file_close(&f);
}

static void put_folder(const char *dir, const char *below, sx_str *out) {
    struct dirent **names;
    const int count = scandir(dir, &names, NULL, alphasort);
    assert_true(count >= 0);
    for (int i = 0; i < count; i++) {
        const char *name = names[i]->d_name;
        char path[2048], shown[2048];
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", dir, name);
        snprintf(shown, sizeof shown, "%s%s%s", below, below[0] ? "/" : "", name);
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && lstat(path, &st) == 0) {
            sx_str_add(out, shown);
            if (S_ISREG(st.st_mode) && !strstr(name, "tfevents") &&
                !sx_starts_with(name, ".spinexr-run"))
                put_contents(path, out);
            sx_str_add(out, "\n");
            if (S_ISDIR(st.st_mode)) put_folder(path, shown, out);
        }
        free(names[i]);
    }
    free(names);
}

char *kill_program_digest(const char *dir) {
    sx_str out = { 0 };
    put_folder(dir, "", &out);
    assert_false(out.failed);
    return out.data ? out.data : calloc(1, 1);
}
