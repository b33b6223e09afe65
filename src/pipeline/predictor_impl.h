/* The internals of sx_predictor (spinexr/predictor.h), for the layers above. */
#ifndef SX_PIPELINE_PREDICTOR_IMPL_H
#define SX_PIPELINE_PREDICTOR_IMPL_H

#include <pthread.h>
#include <sys/types.h>

#include "pipeline/bundle.h"
#include "pipeline/bundle_info.h"
#include "spinexr/predictor.h"

struct sx_predictor {
    sx_context *own_context; /* where the caller gave none; NULL */
    sx_bundle bundle;        /* used only under `lock`, because a plan runs one film at a time */
    pthread_mutex_t lock;
    pid_t process; /* that opened it */
    sx_bundle_info *info;
    bool reduced;
    sx_tta tta;
};

/* The same as sx_predictor_open, with complete options. */
sx_predictor *sx_predictor_new(const sx_context *context, const char *const *weights, size_t count,
                               const sx_predictor_options *options, sx_error *err) SX_MUST_USE;
const sx_context *sx_predictor_context(const sx_predictor *p);
/* Error: SX_ERR_USAGE if the current process is not the one that opened the predictor (after fork).
 */
bool sx_predictor_check_process(const sx_predictor *p, sx_error *err) SX_MUST_USE;

#endif
