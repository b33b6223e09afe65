/* The ONNX form of sx_rpn_proposals. */
#ifndef SX_MODELS_PROPOSAL_ONNX_H
#define SX_MODELS_PROPOSAL_ONNX_H

#include "nn/op.h"

/* SX_ERR_UNSUPPORTED: more than one image. */
bool sx_rpn_proposals_onnx(sx_exporter *e, sx_error *err) SX_MUST_USE;

#endif
