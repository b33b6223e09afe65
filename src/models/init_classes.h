/* Class layers of weights to start training from. Their rows belong to classes, so that a network
 * with other classes, or with the same ones in another order, takes them by the classes' names. */
#ifndef SX_MODELS_INIT_CLASSES_H
#define SX_MODELS_INIT_CLASSES_H

#include "base/str.h"
#include "models/arch.h"
#include "models/init_adapt.h"

typedef struct sx_init_classes sx_init_classes;

/* Compares the classes of the network, `names` (a JSON list as in spinexr.classes; NULL: not
 * known), with those that the weights name. All arguments are borrowed and must outlive the result.
 * Free it with sx_init_classes_free (NULL is allowed). Error: SX_ERR_MEMORY. */
sx_init_classes *sx_init_classes_new(const sx_network *net, const sx_graph *g, const char *names,
                                     const sx_weights *from, sx_error *err) SX_MUST_USE;
void sx_init_classes_free(sx_init_classes *c);

/* Whether parameter i of the graph has rows for each class. */
bool sx_init_classes_has(const sx_init_classes *c, size_t i);
/* As sx_init_copy, for such a parameter. Writes the rows of the classes that the file names too,
 * and the background's (SX_INIT_ADAPTED, or SX_INIT_TAKEN if these are all rows of the file in
 * their order); if it names none, SX_INIT_NO_FIT. If either side has no names, the rows are taken
 * by position if the file has as many. */
sx_init_fit sx_init_classes_copy(sx_init_classes *c, size_t i, float *out,
                                 sx_error *err) SX_MUST_USE;
/* Appends which classes were taken, and which start new; nothing if the file has no class layers of
 * this network. *doubtful: several classes were taken by position. */
void sx_init_classes_describe(const sx_init_classes *c, sx_str *out, bool *doubtful);

#endif
