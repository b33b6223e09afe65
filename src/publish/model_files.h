/* The files of a network in a release. */
#ifndef SX_PUBLISH_MODEL_FILES_H
#define SX_PUBLISH_MODEL_FILES_H

#include "publish/model_about.h"

enum { SX_MODEL_DATA = 96 };
/* The name of a data set without its folder, which belongs to the machine. */
void sx_model_data_name(const char *path, char name[SX_MODEL_DATA]);

/* Copies the weights of `n` to FOLDER/f->name, and writes the network as FOLDER/onnx/f->onnx; sets
 * f->values and f->any_batch. Errors: SX_ERR_UNSUPPORTED (no safetensors file), SX_ERR_IO (also:
 * the file has changed since it was opened), those of sx_model_export. */
bool sx_model_file_write(const char *folder, const sx_network_info *n, sx_model_file *f,
                         sx_error *err) SX_MUST_USE;

#endif
