/* spinexr serve worker: a process that the service starts (service/node/worker.h). */
#include <signal.h>

#include "cli/command.h"
#include "service/node/worker.h"

typedef struct worker_args {
    long memory_mb;
    const char *user;
    sx_texts refuse, accept;
} worker_args;

enum { SOCKET = 3 };

static int run_worker(sx_call *call) {
    const worker_args *a = call->args;
    /* The service ends its workers, after their film. */
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    const sx_worker_options o = { .context = call->context,
                                  .weights = (const char *const *)call->inputs,
                                  .weight_count = (size_t)call->input_count,
                                  .user = a->user,
                                  .memory_mb = (int)a->memory_mb,
                                  .rules = { (const char *const *)a->refuse.items,
                                             (const char *const *)a->accept.items,
                                             (size_t)a->refuse.count, (size_t)a->accept.count },
                                  .pictures = true };
    return sx_worker_run(SOCKET, &o);
}

static const sx_option options[] = {
    { "memory-mb", SX_OPT_INT, offsetof(worker_args, memory_mb), "N",
      "limit of its memory (default: none)", .min = 0, .max = 1048576 },
    { "user", SX_OPT_TEXT, offsetof(worker_args, user), "NAME",
      "who it becomes if root starts it (default: nobody)" },
    { "refuse", SX_OPT_LIST, offsetof(worker_args, refuse), "RULE",
      "films that are refused; may be repeated" },
    { "accept", SX_OPT_LIST, offsetof(worker_args, accept), "RULE",
      "films that are accepted; may be repeated" },
    { 0 },
};

const sx_command sx_cmd_serve_worker = {
    .name = "serve worker",
    .inputs = "WEIGHTS...",
    .summary = "Predict films for `spinexr serve`, which starts it",
    .example = "spinexr serve worker models/",
    .min_inputs = 1,
    .max_inputs = -1,
    .options = options,
    .args_size = sizeof(worker_args),
    .hidden = true,
    .run = run_worker,
};
