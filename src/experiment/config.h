/* The configuration of a training run. Options override a configuration file, and the file
 * overrides a preset. The file has the keys of Detectron2 and of the authors' program
 * (docs/configuration.md). */
#ifndef SX_EXPERIMENT_CONFIG_H
#define SX_EXPERIMENT_CONFIG_H

#include "base/context_impl.h"
#include "base/yaml.h"
#include "experiment/presets.h"

enum { SX_ON_NAN_STOP, SX_ON_NAN_SKIP };

typedef struct sx_train_config {
    sx_preset preset; /* with the changes; its `config` is superseded by `net` */
    const char *preset_name;
    sx_network net; /* the number of classes comes from the data set */
    const char *data, *images, *train_list, *val, *val_list, *init, *out; /* NULL: not set */
    /* names of findings in order, separated by commas; NULL: those of the data set */
    const char *classes;
    bool multi_label; /* classifiers: an output for each class beside "Abnormal" */
    long validate, checkpoint, seed, accumulate;
    int precision; /* sx_precision */
    int on_nan;
    bool skip_unreadable, pictures;
    bool sync_norm;   /* batch norm over all ranks */
    bool recompute;   /* less memory, the same results */
    const char *name; /* of the file, for messages */
    sx_yaml file;     /* owns all text that is not the caller's */
} sx_train_config;

/* Applies the keys of `y` to `preset`. If `preset` is NULL, it is the preset that y names, or the
 * one whose network y describes, or `usual`. `y` may be empty, and is empty afterwards. Keys
 * without effect are logged with the reason. Errors name file and line: SX_ERR_USAGE (an unknown
 * key or preset), SX_ERR_VALUE, SX_ERR_UNSUPPORTED (a value that is not supported). Free with
 * sx_train_config_free, also after an error. */
bool sx_train_config_make(const sx_context *context, const char *name, sx_yaml *y,
                          const char *preset, const char *usual, sx_train_config *c,
                          sx_error *err) SX_MUST_USE;
void sx_train_config_free(sx_train_config *c);

/* Sets another number of iterations. The steps of the learning rate keep their fractions of the
 * run, and the warm-up is at most a fifth of it. */
void sx_train_config_iterations(sx_train_config *c, long n);

/* Appends the complete configuration as the text of a file that loads as the same configuration. */
bool sx_train_config_text(const sx_train_config *c, sx_str *out, sx_error *err) SX_MUST_USE;

#endif
