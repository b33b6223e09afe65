/* Ranks that use MPI. This is only in builds with the option `mpi` (SX_HAVE_MPI), and only in the
 * program. */
#ifndef SX_TRAIN_COMM_MPI_H
#define SX_TRAIN_COMM_MPI_H

#include "train/comm.h"

/* *out stays NULL if this process was not started by an MPI launcher, or as its only rank. Once in
 * a process. */
bool sx_comm_mpi_open(sx_comm **out, sx_error *err) SX_MUST_USE;
/* Waits for the other ranks. After an error that they have not received (c->error_shared is false),
 * ends all ranks at once with this status; the call then does not return. */
void sx_comm_mpi_close(sx_comm *c, int status);

#endif
