/* Reads and checks the metadata of a weight file. */
#ifndef SX_MODELS_MODEL_IMPL_H
#define SX_MODELS_MODEL_IMPL_H

#include "models/arch.h"
#include "models/model.h"

/* Fills info and norm; the defaults are those of the architecture. The strings of `info` belong to
 * the weights, except the class names and the configuration. These, the
 * operating points and the familiarity are freed by sx_model_info_free (call it also after a
 * failure). Errors: SX_ERR_FORMAT (names file, key, value and the expected values),
 * SX_ERR_MEMORY. */
bool sx_model_info_read(const sx_weights *w, const sx_network *net, sx_model_info *info,
                        sx_normalisation *norm, sx_error *err) SX_MUST_USE;
void sx_model_info_free(sx_model_info *info);
/* Only checks: the same errors. */
bool sx_model_info_check(const sx_weights *w, const sx_network *net, sx_error *err) SX_MUST_USE;

#endif
