#include "train/comm_mpi.h"

#include <limits.h>
#include <mpi.h>
#include <stdlib.h>

#include "base/mem.h"

/* Gradients have their own communicator, so that statistics that the backward pass waits for are
 * not queued behind them. MPI's default error handler ends all ranks with a message, so no call
 * here can fail. */
typedef struct mpi {
    sx_comm comm;
    MPI_Comm all, gradients;
    MPI_Request *under_way;
    int count, cap;
} mpi;

/* MPI counts in int. */
enum { MAX_COUNT = 1 << 28 };

static void reduce(void *ctx, double *x, size_t n, bool max) {
    const mpi *m = ctx;
    for (size_t at = 0; at < n; at += MAX_COUNT)
        MPI_Allreduce(MPI_IN_PLACE, x + at, (int)(n - at < MAX_COUNT ? n - at : MAX_COUNT),
                      MPI_DOUBLE, max ? MPI_MAX : MPI_SUM, m->all);
}

static void share(void *ctx, void *data, size_t bytes, int from) {
    const mpi *m = ctx;
    for (size_t at = 0; at < bytes; at += MAX_COUNT)
        MPI_Bcast((char *)data + at, (int)(bytes - at < MAX_COUNT ? bytes - at : MAX_COUNT),
                  MPI_BYTE, from, m->all);
}

/* In order: MPI preserves the order of one rank's messages. */
static void gather(void *ctx, void *data, size_t bytes, int from) {
    const mpi *m = ctx;
    for (size_t at = 0; at < bytes; at += MAX_COUNT) {
        const int some = (int)(bytes - at < MAX_COUNT ? bytes - at : MAX_COUNT);
        if (m->comm.rank == 0)
            MPI_Recv((char *)data + at, some, MPI_BYTE, from, 0, m->all, MPI_STATUS_IGNORE);
        else
            MPI_Send((char *)data + at, some, MPI_BYTE, 0, 0, m->all);
    }
}

static void finish_sums(void *ctx) {
    mpi *m = ctx;
    MPI_Waitall(m->count, m->under_way, MPI_STATUSES_IGNORE);
    m->count = 0;
}

static MPI_Request *next_request(mpi *m) {
    if (m->count == m->cap) {
        const int cap = m->cap ? 2 * m->cap : 32;
        MPI_Request *more = realloc(m->under_way, (size_t)cap * sizeof *more);
        if (!more) { /* wait for operations in progress to make room */
            finish_sums(m);
            return m->under_way;
        }
        m->under_way = more;
        m->cap = cap;
    }
    return &m->under_way[m->count++];
}

static void begin_sum(void *ctx, float *x, size_t n) {
    mpi *m = ctx;
    for (size_t at = 0; at < n; at += MAX_COUNT) {
        MPI_Request *r = next_request(m);
        const int some = (int)(n - at < MAX_COUNT ? n - at : MAX_COUNT);
        if (r)
            MPI_Iallreduce(MPI_IN_PLACE, x + at, some, MPI_FLOAT, MPI_SUM, m->gradients, r);
        else
            MPI_Allreduce(MPI_IN_PLACE, x + at, some, MPI_FLOAT, MPI_SUM, m->gradients);
    }
}

static void progress(void *ctx) {
    mpi *m = ctx;
    int done;
    if (m->count) MPI_Testall(m->count, m->under_way, &done, MPI_STATUSES_IGNORE);
}

static const sx_comm_ops ops = { reduce, share, gather, begin_sum, progress, finish_sums };

/* A program started by hand must not start MPI's daemons. Open MPI, MPICH and Slurm (PMI, PMI2,
 * PMIx) set these variables. */
static bool launched(void) {
    static const char *const signs[] = { "OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMI_SIZE",
                                         "PMIX_RANK" };
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (getenv(signs[i])) return true;
    return false;
}

bool sx_comm_mpi_open(sx_comm **out, sx_error *err) {
    int given, ranks;
    *out = NULL;
    if (!launched()) return true;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &given) != MPI_SUCCESS ||
        given < MPI_THREAD_FUNNELED)
        return sx_fail(err, SX_ERR_UNSUPPORTED, "MPI does not support programs with threads");
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    mpi *m = ranks > 1 ? sx_calloc_for(1, sizeof *m, "ranks", err) : NULL;
    if (!m) {
        MPI_Finalize();
        return ranks == 1;
    }
    MPI_Comm here;
    m->comm = (sx_comm){ .ops = &ops, .ctx = m, .size = ranks };
    MPI_Comm_rank(MPI_COMM_WORLD, &m->comm.rank);
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, m->comm.rank, MPI_INFO_NULL, &here);
    MPI_Comm_rank(here, &m->comm.local_rank);
    MPI_Comm_size(here, &m->comm.local_size);
    MPI_Comm_free(&here);
    MPI_Comm_dup(MPI_COMM_WORLD, &m->all);
    MPI_Comm_dup(MPI_COMM_WORLD, &m->gradients);
    *out = &m->comm;
    return true;
}

void sx_comm_mpi_close(sx_comm *c, int status) {
    if (!c) return;
    mpi *m = c->ctx;
    if (status != 0 && !c->error_shared) MPI_Abort(MPI_COMM_WORLD, status);
    MPI_Comm_free(&m->all);
    MPI_Comm_free(&m->gradients);
    MPI_Finalize();
    free(m->under_way);
    free(m);
}
