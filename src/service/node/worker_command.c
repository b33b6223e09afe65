#include "service/node/worker_command.h"

#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

enum { OPTIONS = 6, NUMBER = 16 };

/* The cores, shared evenly, unless the settings say otherwise. */
static int threads_of(const sx_settings *s) {
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (s->workers.threads) return s->workers.threads;
    return cores > s->workers.processes ? (int)(cores / s->workers.processes) : 1;
}

/* An option for each item of the list. */
static size_t put_list(const char **to, const char *option, const sx_settings_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        to[2 * i] = option;
        to[2 * i + 1] = list->items[i];
    }
    return 2 * list->count;
}

const char **sx_worker_command(const char *const *program, const sx_settings *s, sx_error *err) {
    size_t words = 0, at = 0;
    while (program[words])
        words++;
    const size_t rules = s->films.refuse.count + s->films.accept.count,
                 count = words + OPTIONS + 2 * rules + s->weights.count + 1;
    /* the texts of two numbers follow the pointers */
    const char **command =
        sx_calloc_for(1, count * sizeof *command + (size_t)2 * NUMBER, "a command", err);
    if (!command) return NULL;
    char *memory = (char *)(command + count), *threads = memory + NUMBER;
    sx_format(memory, NUMBER, "%d", s->workers.memory_mb);
    sx_format(threads, NUMBER, "%d", threads_of(s));
    const char *const options[OPTIONS] = { "--memory-mb", memory,   "--threads",
                                           threads,       "--user", s->workers.user };
    while (at < words) {
        command[at] = program[at];
        at++;
    }
    for (size_t i = 0; i < OPTIONS; i++)
        command[at++] = options[i];
    at += put_list(command + at, "--refuse", &s->films.refuse);
    at += put_list(command + at, "--accept", &s->films.accept);
    for (size_t i = 0; i < s->weights.count; i++)
        command[at++] = s->weights.items[i];
    return command;
}
