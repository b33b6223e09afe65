/* spinexr/predict_batch.h: checks the arguments and calls src/pipeline. */
#include "spinexr/predict_batch.h"

#include <stdlib.h>

#include "api/film_options.h"
#include "base/c_locale.h"
#include "base/mem.h"
#include "base/option_struct.h"
#include "pipeline/batch.h"
#include "pipeline/inputs.h"
#include "pipeline/predictor_impl.h"

typedef struct telling {
    const sx_batch_options *options;
    size_t count;
    bool stopped; /* by film_done */
} telling;

static sx_film_result result_of(const telling *t, const sx_batch_film *film) {
    return (sx_film_result){ .index = film->index,
                             .count = t->count,
                             .path = film->source->path,
                             .prediction = film->prediction,
                             .error = film->prediction ? NULL : &film->error };
}

static bool draw(void *user, const sx_context *context, sx_batch_film *film, sx_error *err) {
    const telling *t = user;
    const sx_film_result result = result_of(t, film);
    (void)context, (void)err;
    SX_IN_HOST_LOCALE;
    t->options->draw(t->options->user, &result);
    return true;
}

static bool tell(const telling *t, const sx_film_result *result) {
    SX_IN_HOST_LOCALE;
    return t->options->film_done(t->options->user, result);
}

static bool film_done(void *user, sx_batch_film *film, sx_error *err) {
    telling *t = user;
    const sx_film_result result = result_of(t, film);
    t->stopped = !tell(t, &result);
    return !t->stopped || sx_fail(err, SX_ERR_CANCELLED, "cancelled");
}

static bool run_batch(sx_predictor *p, const sx_inputs *in, const sx_batch_options *options,
                      const sx_predict_options *film, sx_error *err) {
    telling t = { .options = options, .count = in->count };
    bool stopped = false;
    sx_film_source *sources = sx_calloc_for(in->count + 1, sizeof *sources, "films", err);
    if (!sources) return false;
    for (size_t i = 0; i < in->count; i++)
        sources[i] = (sx_film_source){ .path = in->items[i].path,
                                       .id = in->items[i].id,
                                       .fault = in->items[i].fault };
    const sx_batch batch = { .predictor = p,
                             .sources = sources,
                             .count = in->count,
                             .options = *film,
                             .draw = options->draw ? draw : NULL,
                             .done = film_done,
                             .user = &t,
                             .helpers = -1 };
    bool ok = sx_batch_run(&batch, &stopped, err);
    if (ok && stopped) ok = sx_fail(err, SX_ERR_CANCELLED, "cancelled");
    free(sources);
    return ok;
}

static bool check_arguments(const sx_predictor *p, const char *const *inputs, size_t count,
                            const sx_batch_options *o, sx_error *err) {
    if (!p || (!inputs && count))
        return sx_fail(err, SX_ERR_USAGE, "the predictor or the inputs are NULL");
    for (size_t i = 0; i < count; i++)
        if (!inputs[i]) return sx_fail(err, SX_ERR_USAGE, "inputs[%zu] is NULL", i);
    return o->film_done || sx_fail(err, SX_ERR_USAGE, "sx_batch_options.film_done is NULL");
}

bool sx_predict_batch(sx_predictor *p, const char *const *inputs, size_t count,
                      const sx_batch_options *options, sx_error *err) {
    SX_IN_C_LOCALE;
    static const sx_options_names names = { "sx_batch_options", "SX_BATCH_DEFAULTS" };
    sx_batch_options o = SX_BATCH_DEFAULTS;
    sx_predict_options film;
    sx_inputs in = { 0 };
    bool ok = sx_options_complete(&o, sizeof o, options, sizeof o, &names, err) &&
              check_arguments(p, inputs, count, &o, err) &&
              sx_predict_options_complete(&film, o.film, err) &&
              sx_predictor_check_process(p, err) &&
              sx_inputs_collect(sx_predictor_context(p), &in, inputs, count, NULL, err) &&
              sx_inputs_name(&in, err);
    ok = ok && run_batch(p, &in, &o, &film, err);
    sx_inputs_free(&in);
    return ok;
}
