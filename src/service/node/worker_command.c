#include "service/node/worker_command.h"

#include "base/context_impl.h"
#include "base/machine_memory.h"
#include "base/mem.h"
#include "base/str.h"

enum { OPTIONS = 6, NUMBER = 16 };

/* Bytes of the machine for each process. With three DenseNets and Sparse R-CNN one takes up to 1.2
 * GB (VmHWM); films that are received, the database and other programs need the rest. */
static const uint64_t memory_each = UINT64_C(2) << 30;

enum { MOST_PROCESSES = 8 };

int sx_worker_processes_for(int cores, uint64_t memory) {
    const uint64_t most =
        memory / memory_each < MOST_PROCESSES ? memory / memory_each : (uint64_t)MOST_PROCESSES;
    const int n = cores < (int)most ? cores : (int)most;
    return n > 1 ? n : 1;
}

int sx_worker_processes(const sx_settings *s) {
    return s->workers.processes ? s->workers.processes
                                : sx_worker_processes_for(sx_cores(), sx_machine_memory());
}

/* The cores, shared evenly, unless the settings say otherwise. */
static int threads_of(const sx_settings *s) {
    const int cores = sx_cores(), processes = sx_worker_processes(s);
    if (s->workers.threads) return s->workers.threads;
    return cores > processes ? cores / processes : 1;
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
