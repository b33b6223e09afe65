/* What the metadata of a weight file say of its network: read and checked. */
#ifndef SX_MODELS_MODEL_INFO_H
#define SX_MODELS_MODEL_INFO_H

#include "models/arch.h"

/* Fills info and norm; what the metadata do not say is the architecture's. Strings of `info` are
 * the weights' own but for the class names, which sx_model_info_free frees (also after a failure).
 * Errors: SX_ERR_FORMAT (file, key and value, and what the value should be), SX_ERR_MEMORY. */
bool sx_model_info_read(const sx_weights *w, const sx_network *net, sx_model_info *info,
                        sx_normalisation *norm, sx_error *err) SX_MUST_USE;
void sx_model_info_free(sx_model_info *info);

#endif
