/* A reader of Python pickles that executes nothing. It supports the opcodes of protocols 2 to 5
 * that plain data need, and a fixed table of globals that rebuild tensors (torch) and arrays
 * (numpy). Classes that hold settings (argparse, pathlib, Lightning, OmegaConf, ...) become objects
 * without contents; anything else is rejected with its name. The result is a graph of values, which
 * may be shared and may even contain themselves, so a recursive walk must limit its depth. Source:
 * CPython's Lib/pickletools.py. */
#ifndef SX_TENSOR_PICKLE_H
#define SX_TENSOR_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor/tensor.h"

typedef enum sx_pkind {
    SX_P_NONE,
    SX_P_BOOL,
    SX_P_INT,
    SX_P_BIG, /* an integer of more than 64 bits: text holds its little-endian bytes */
    SX_P_FLOAT,
    SX_P_TEXT,  /* UTF-8 */
    SX_P_BYTES, /* also Python 2's str */
    SX_P_TUPLE,
    SX_P_LIST,
    SX_P_DICT, /* items: key, value, key, value, ...; OrderedDict too */
    SX_P_GLOBAL,
    SX_P_STORAGE, /* torch: a storage, the numbers in the file */
    SX_P_TENSOR,  /* torch: a view of a storage */
    SX_P_DTYPE,   /* numpy */
    SX_P_ARRAY,   /* numpy, scalars too */
    SX_P_OBJECT,  /* settings beside the weights, whose contents are not kept */
    SX_P_KINDS
} sx_pkind;

typedef struct sx_pvalue sx_pvalue;

typedef struct sx_ptext {
    const uint8_t *data; /* into the pickle; not NUL-terminated */
    size_t n;
    /* bytes encoded as UTF-8 of code points 0 .. 255 (protocol 2 written by Python 3) */
    bool latin1;
} sx_ptext;

typedef struct sx_pitems {
    sx_pvalue **at;
    size_t n, cap;
} sx_pitems;

struct sx_pvalue {
    sx_pkind kind;
    union {
        int64_t i; /* BOOL, INT; GLOBAL: internal number */
        double f;
        sx_ptext text;   /* BIG, TEXT, BYTES */
        sx_pitems items; /* TUPLE, LIST, DICT */
        struct {
            sx_dtype dtype;
            sx_ptext key;
            int64_t first, count; /* elements of the storage named `key`; first > 0 for old views */
        } storage;
        struct {
            const sx_pvalue *storage;
            int64_t offset;                 /* elements */
            const sx_pvalue *size, *stride; /* TUPLE or LIST */
        } tensor;
        struct {
            char code[8]; /* "f4", "i8", ... */
            bool big_endian;
        } dtype;
        struct {
            const sx_pvalue *dtype, *shape; /* DTYPE, TUPLE; NULL while not yet filled */
            sx_ptext data;
            bool fortran; /* first dimension fastest */
        } array;
    };
};

/* A reader. It owns the values of every pickle that it has read. */
typedef struct sx_pickle sx_pickle;
sx_pickle *sx_pickle_new(sx_error *err) SX_MUST_USE;
void sx_pickle_free(sx_pickle *p); /* NULL is allowed */

/* Reads one pickle from the start of `bytes`, which must outlive p. *used (may be NULL) is set to
 * its length. Errors: SX_ERR_FORMAT (truncated, inconsistent), SX_ERR_UNSUPPORTED (names the opcode
 * or global that is not allowed), SX_ERR_LIMIT (more than 4 million operations), SX_ERR_MEMORY. */
sx_pvalue *sx_pickle_read(sx_pickle *p, const uint8_t *bytes, size_t n, size_t *used,
                          sx_error *err) SX_MUST_USE;

/* The torch storages that have been referenced, in file order, with repetitions. */
size_t sx_pickle_storages(const sx_pickle *p, const sx_pvalue *const **storages);

/* The value of a TEXT or BYTES key of a DICT; NULL if absent or d is something else. */
sx_pvalue *sx_pickle_get(const sx_pvalue *d, const char *key);
/* "a dict", "a tensor", ... for messages */
const char *sx_pickle_kind(const sx_pvalue *v);
/* Bytes from a file as printable ASCII for messages, truncated to fit; returns buf. */
const char *sx_printable(const uint8_t *bytes, size_t n, char *buf, size_t size);

#endif
