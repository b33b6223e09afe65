#include "pipeline/predictor_impl.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "pipeline/bundle_describe.h"

static bool open_networks(sx_predictor *p, const sx_context *context, const char *const *weights,
                          size_t count, const sx_predictor_options *o, sx_error *err) {
    if (!context && !(p->own_context = sx_context_new(NULL, err))) return false;
    if (!context) context = p->own_context;
    if (!sx_bundle_open(context, &p->bundle, weights, count, o->precision, err)) return false;
    p->info = sx_bundle_info_new(&p->bundle, o, err);
    return p->info != NULL;
}

sx_predictor *sx_predictor_new(const sx_context *context, const char *const *weights, size_t count,
                               const sx_predictor_options *options, sx_error *err) {
    sx_predictor *p = sx_calloc_for(1, sizeof *p, "the networks", err);
    if (!p) return NULL;
    if (pthread_mutex_init(&p->lock, NULL) != 0) {
        free(p);
        sx_fail(err, SX_ERR_MEMORY, "out of memory for a lock");
        return NULL;
    }
    p->process = getpid();
    p->reduced = options->reduced;
    p->tta = options->tta;
    if (open_networks(p, context, weights, count, options, err)) return p;
    sx_predictor_free(p);
    return NULL;
}

void sx_predictor_free(sx_predictor *p) {
    if (!p) return;
    sx_bundle_close(&p->bundle);
    sx_bundle_info_release(p->info);
    sx_context_free(p->own_context);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

const sx_context *sx_predictor_context(const sx_predictor *p) {
    return p->bundle.context;
}

bool sx_predictor_check_process(const sx_predictor *p, sx_error *err) {
    return p->process == getpid() ||
           sx_fail(err, SX_ERR_USAGE,
                   "the predictor was opened before fork(); open one in this process");
}
