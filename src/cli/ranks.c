#include "cli/ranks.h"

#include <stdio.h>
#include <unistd.h>

#include "base/context_impl.h"
#include "cli/terminal.h"
#include "train/comm.h"
#ifdef SX_HAVE_MPI
#include "train/comm_mpi.h"
#endif

static sx_comm *comm;

bool sx_ranks_open(sx_call *call, int *threads, sx_error *err) {
#ifdef SX_HAVE_MPI
    if (!sx_comm_mpi_open(&comm, err)) return false;
#else
    (void)err;
#endif
    call->comm = comm;
    if (!comm) return true;
    if (comm->rank > 0) {
        call->quiet = true;
        call->verbose = false;
    }
    const bool bound = sx_cores() < (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (*threads == 0 && !bound)
        *threads = sx_cores() > comm->local_size ? sx_cores() / comm->local_size : 1;
    return true;
}

void sx_ranks_close(int status) {
    sx_comm *c = comm;
    comm = NULL;
    (void)c, (void)status;
#ifdef SX_HAVE_MPI
    sx_comm_mpi_close(c, status);
#endif
}

void sx_ranks_print(const char *message) {
    char line[600];
    if (comm && comm->error_shared && comm->rank > 0) return;
    if (!comm || comm->rank == 0) {
        sx_terminal_print(message);
        return;
    }
    snprintf(line, sizeof line, "rank %d: %s", comm->rank, message);
    sx_terminal_print(line);
}
