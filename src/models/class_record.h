/* What the records of weight files that give each class a number from 0 to 1 have in common
 * (gate_record.h, fusion_record.h). */
#ifndef SX_MODELS_CLASS_RECORD_H
#define SX_MODELS_CLASS_RECORD_H

#include <jansson.h>

#include "tensor/weights.h"

/* Fails with SX_ERR_FORMAT: the file, the key and the fault. */
bool sx_class_record_refuse(const sx_weights *w, const char *key, const char *fault, sx_error *err);
/* `text`, the metadata `key`, as a JSON object that the caller releases. NULL: no JSON, no object,
 * a key twice, out of memory. */
json_t *sx_class_record_open(const sx_weights *w, const char *key, const char *text, sx_error *err);
/* The numbers of `field`, an object of class names, into values[class_count]; those of classes that
 * it does not name stay. `noun`: what an error calls such a number. SX_ERR_FORMAT. */
bool sx_class_record_values(const sx_weights *w, const char *key, const json_t *root,
                            const char *field, const char *noun, const char *const *class_names,
                            int class_count, double *values, sx_error *err) SX_MUST_USE;

#endif
