/* The test of a published model: films with the result that every installation must give. */
#ifndef SX_PUBLISH_MODEL_TEST_H
#define SX_PUBLISH_MODEL_TEST_H

#include "base/context_impl.h"
#include "base/files.h"
#include "base/json.h"

#define SX_MODEL_TEST_SCHEMA "spinexr-test/1"

/* Processors and versions round differently. Two results are the same if probabilities and scores
 * differ by at most SX_TEST_SCORE, corners of boxes by SX_TEST_PIXELS, distances by the share
 * SX_TEST_DISTANCE, and all verdicts and findings are equal. Boxes that score less than
 * SX_TEST_LEAST are not compared, because suppression decides among them by small differences. */
#define SX_TEST_SCORE    1e-4
#define SX_TEST_PIXELS   0.25
#define SX_TEST_DISTANCE 1e-3
#define SX_TEST_LEAST    0.1

/* Predicts the films in the folder `films` with the weights in the folder `weights`, in f32, and
 * makes the document of the results in *out. *steady (may be NULL): no probability or score is so
 * near a threshold that rounding could change a verdict or a finding. Errors: those of
 * sx_prediction_run_open; SX_ERR_VALUE (a film failed or was refused), SX_ERR_CANCELLED. Release
 * *out with sx_json_free. */
bool sx_model_test_run(const sx_context *context, const char *weights, const char *films,
                       sx_json_doc *out, bool *steady, sx_error *err) SX_MUST_USE;

/* Compares two such documents and appends a sentence to *faults for each difference. `expected`
 * comes from outside: SX_ERR_FORMAT, not such a document. */
bool sx_model_test_compare(const json_t *expected, const json_t *found, sx_paths *faults,
                           sx_error *err) SX_MUST_USE;

#endif
