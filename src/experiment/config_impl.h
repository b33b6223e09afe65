/* The keys of a configuration file: those of Detectron2 (February 2021) and of the VinDr-SpineXR
 * authors' program, with the effect that they have there; SPINEXR.* are this program's keys. For
 * config.c and config_keys*.c. */
#ifndef SX_EXPERIMENT_CONFIG_IMPL_H
#define SX_EXPERIMENT_CONFIG_IMPL_H

#include "experiment/config.h"

typedef enum sx_key_kind {
    SX_KEY_UNUSED, /* `text` says why */
    SX_KEY_MUST,   /* one of the values in `text`, separated by '|', items by ',' */
    SX_KEY_LONG,
    SX_KEY_INT,
    SX_KEY_NUMBER,
    SX_KEY_BOOL,
    SX_KEY_TEXT,
    SX_KEY_CHOICE, /* int: the index of the word in `text`, "stop|skip" */
    SX_KEY_OTHER   /* by `set` */
} sx_key_kind;

typedef struct sx_key {
    const char *name;
    sx_key_kind kind;
    const char *arch; /* the beginning of its architecture's name; NULL: any */
    const char *text;
    size_t offset; /* in sx_train_config */
    double min, max;
    bool (*set)(sx_train_config *c, const sx_yaml_value *v, sx_error *err);
    void (*put)(const sx_train_config *c,
                sx_str *out); /* writes the value; if empty, the key is left out */
    bool read_only;           /* not written */
    bool path;                /* a text that is written as a path from the root */
} sx_key;

/* Key i in the order in which keys are applied and written; NULL after the last. */
const sx_key *sx_train_key(size_t i);

/* Its parts, each of which ends with a NULL name. */
extern const sx_key sx_network_keys[], sx_film_keys[], sx_solver_keys[];

/* Reports an error, "FILE, line N: KEY: ..." or "--set KEY: ...", and returns false. */
bool sx_key_fail(const sx_train_config *c, const sx_yaml_value *v, sx_error_code code,
                 sx_error *err, const char *fmt, ...) SX_PRINTF(5, 6);
bool sx_key_number(const sx_train_config *c, const sx_yaml_value *v, size_t i, double min,
                   double max, double *out, sx_error *err) SX_MUST_USE;
bool sx_key_long(const sx_train_config *c, const sx_yaml_value *v, size_t i, double min, double max,
                 long *out, sx_error *err) SX_MUST_USE;
/* The name of an architecture's family in MODEL.META_ARCHITECTURE; NULL: none. */
const char *sx_train_family(const char *arch);
/* The `set` function of a key that was already used to choose the preset. It accepts any value. */
bool sx_key_chosen_before(sx_train_config *c, const sx_yaml_value *v, sx_error *err) SX_MUST_USE;

/* ---- rows of the tables ---- */

#define KEY_AT(member) .offset = offsetof(sx_train_config, member)
#define KEY_UNUSED(key, why)                                                                       \
    { .name = (key), .kind = SX_KEY_UNUSED, .text = (why) }
#define KEY_MUST(key, network, values)                                                             \
    { .name = (key), .kind = SX_KEY_MUST, .arch = (network), .text = (values), .read_only = true }
#define KEY_NUMBER(key, member, least, most)                                                       \
    { .name = (key), .kind = SX_KEY_NUMBER, KEY_AT(member), .min = (least), .max = (most) }
#define KEY_LONG(key, member, least, most)                                                         \
    { .name = (key), .kind = SX_KEY_LONG, KEY_AT(member), .min = (least), .max = (most) }
#define KEY_TEXT(key, member)                                                                      \
    { .name = (key), .kind = SX_KEY_TEXT, KEY_AT(member) }
#define KEY_PATH(key, member)                                                                      \
    { .name = (key), .kind = SX_KEY_TEXT, KEY_AT(member), .path = true }
#define KEY_CHOICE(key, member, words)                                                             \
    { .name = (key), .kind = SX_KEY_CHOICE, KEY_AT(member), .text = (words) }
#define KEY_BY(key, network, setter, putter)                                                       \
    { .name = (key), .kind = SX_KEY_OTHER, .arch = (network), .set = (setter), .put = (putter) }
#define KEY_NET(key, network, setter)                                                              \
    { .name = (key), .kind = SX_KEY_OTHER, .arch = (network), .set = (setter), .read_only = true }

/* Beginning of the names of the authors' classifiers' architectures. */
#define SX_KEY_DENSENET "densenet"
/* In place of it: any classifier. */
#define SX_KEY_CLASSIFIER "classifier"

/* Reasons why a key has no effect, used in several tables. */
#define SX_KEY_EVALUATION "concerns evaluation (spinexr eval) or prediction"
#define SX_KEY_MACHINE    "the machine and --threads decide"
#define SX_KEY_NOT_READ   "the authors' code does not read it"

#endif
