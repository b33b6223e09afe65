/* Recognises the network of a checkpoint of another program by the names and shapes of its
 * tensors. */
#ifndef SX_MODELS_RECOGNISE_H
#define SX_MODELS_RECOGNISE_H

#include "base/str.h"
#include "models/arch.h"

/* Gives the tensors the names that the networks use: without the parts that torch.compile,
 * DistributedDataParallel, FSDP and Fabric put into them ("_orig_mod.", "module.", ...), and
 * DenseNet's as torchvision writes them since 0.3 ("norm1" for "norm.1"), MONAI's too; ConvNeXt's
 * of timm and of the paper's code as torchvision's, with its shapes. */
bool sx_recognise_rename(sx_weights *w, sx_error *err) SX_MUST_USE;

/* Which of those parts begin a part of any tensor's name: one bit each. */
unsigned sx_recognise_wrappers(const sx_weights *w);
/* Appends their names: "_orig_mod.", "module." */
void sx_recognise_wrapper_names(unsigned wrappers, sx_str *out);

/* Renames the tensors and sets the set's prefix ("model.", "net.backbone.", ...) and *net to the
 * network that fits. `only`: the architecture, so that the prefix and the variant are sought; NULL:
 * any. Error: SX_ERR_MISSING (no network fits; names the nearest, how many of its tensors fit, and
 * the first that does not), not with `only`. */
bool sx_recognise_tensors(sx_network *net, const sx_arch *only, sx_weights *w,
                          sx_error *err) SX_MUST_USE;

enum { SX_RECOGNISE_OTHERS = 12 };
/* Appends the other prefixes, without the last point and separated by ", ", after which the tensors
 * are a whole network of the same architecture, as those of an ensemble or a moving average are;
 * after SX_RECOGNISE_OTHERS of them ", and 3 more". The set's prefix does not change. */
bool sx_recognise_others(const sx_network *net, sx_weights *w, sx_str *out,
                         sx_error *err) SX_MUST_USE;

/* For messages about weights that are not a whole network: " (a training can start from it: ...)"
 * if nearly all of this network is there, or the backbone of a detector; "" otherwise. */
const char *sx_recognise_start_hint(const sx_network *net, const sx_weights *w);

/* Whether the set has one of the tensors by which the architecture is known, under its own name. */
bool sx_recognise_has_names(const sx_arch *arch, const sx_weights *w);

/* Renames the tensors and sets the prefix after which most tensors fit this network, for a
 * checkpoint that need not be whole. Does nothing with a set whose metadata name the architecture
 * and that has its names. */
bool sx_recognise_names(const sx_network *net, sx_weights *w, sx_error *err) SX_MUST_USE;

#endif
