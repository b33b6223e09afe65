/* What a publisher says about a model, and the card made of it. */
#ifndef SX_PUBLISH_MODEL_ABOUT_H
#define SX_PUBLISH_MODEL_ABOUT_H

#include "pipeline/bundle_info.h"
#include "publish/about.h"
#include "publish/model_scores.h"

/* All keys of the file, for sx_about_open (docs/publish.md). */
extern const sx_about_key sx_model_about_keys[];

/* A weight file of the release. */
typedef struct sx_model_file {
    char name[64]; /* "classifier-1.safetensors" */
    char onnx[64]; /* "classifier-1.onnx" */
    sx_str values; /* the inputs and outputs of the ONNX model */
    bool any_batch;
} sx_model_file;

typedef struct sx_model_facts {
    const sx_about *about;
    const sx_bundle_info *info; /* the networks, in the order of `files` */
    const sx_model_file *files; /* [info->network_count] */
    const sx_model_scores *scores;
    const char *data; /* name of the data set that the scores are of */
    bool is_signed;
} sx_model_facts;

/* Appends README.md, the model card. The error is SX_ERR_MEMORY. */
bool sx_model_card(const sx_model_facts *f, sx_str *out, sx_error *err) SX_MUST_USE;

#endif
