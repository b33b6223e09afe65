#include <string.h>

#include "tensor/pickle_impl.h"

typedef enum maker {
    MAKE_DICT,
    MAKE_SIZE,
    MAKE_TENSOR,
    MAKE_PARAMETER,
    MAKE_ARRAY,
    MAKE_ARRAY_FROM_BUFFER,
    MAKE_SCALAR,
    MAKE_DTYPE,
    MAKE_BYTES,
    MAKE_NOTHING, /* only an argument of others */
    MAKE_OBJECT,
    MAKE_DEFAULT_DICT,
    MAKE_LAYER, /* a layer or a whole model: a dict of its parameters, buffers and layers */
    IS_STORAGE  /* + sx_dtype */
} maker;

static const struct {
    const char *module, *name;
    int make;
} globals[] = {
    { "collections", "OrderedDict", MAKE_DICT },
    { "collections", "Counter", MAKE_DICT }, /* milestones of a learning rate schedule */
    { "torch", "Size", MAKE_SIZE },
    { "torch._utils", "_rebuild_tensor", MAKE_TENSOR },
    { "torch._utils", "_rebuild_tensor_v2", MAKE_TENSOR },
    { "torch._utils", "_rebuild_parameter", MAKE_PARAMETER },
    { "torch._utils", "_rebuild_parameter_with_state", MAKE_PARAMETER },
    { "torch", "FloatStorage", IS_STORAGE + SX_F32 },
    { "torch", "BFloat16Storage", IS_STORAGE + SX_BF16 },
    { "torch", "HalfStorage", IS_STORAGE + SX_F16 },
    { "torch", "DoubleStorage", IS_STORAGE + SX_F64 },
    { "torch", "LongStorage", IS_STORAGE + SX_I64 },
    { "torch", "IntStorage", IS_STORAGE + SX_I32 },
    { "torch", "ShortStorage", IS_STORAGE + SX_I16 },
    { "torch", "CharStorage", IS_STORAGE + SX_I8 },
    { "torch", "ByteStorage", IS_STORAGE + SX_U8 },
    { "torch", "BoolStorage", IS_STORAGE + SX_BOOL },
    { "numpy", "ndarray", MAKE_NOTHING },
    { "numpy", "dtype", MAKE_DTYPE },
    { "numpy.core.multiarray", "_reconstruct", MAKE_ARRAY }, /* numpy 1 */
    { "numpy.core.multiarray", "scalar", MAKE_SCALAR },
    { "numpy.core.numeric", "_frombuffer", MAKE_ARRAY_FROM_BUFFER },
    { "numpy._core.multiarray", "_reconstruct", MAKE_ARRAY }, /* numpy 2 */
    { "numpy._core.multiarray", "scalar", MAKE_SCALAR },
    { "numpy._core.numeric", "_frombuffer", MAKE_ARRAY_FROM_BUFFER },
    { "_codecs", "encode", MAKE_BYTES },
    { "__builtin__", "bytes", MAKE_BYTES }, /* the empty string of protocol 2 */
    { "builtins", "bytes", MAKE_BYTES },
    { "__builtin__", "bytearray", MAKE_BYTES },
    { "builtins", "bytearray", MAKE_BYTES },
    { "collections", "defaultdict", MAKE_DEFAULT_DICT },
    { "collections", "deque", MAKE_OBJECT },
    { "__builtin__", "set", MAKE_OBJECT },
    { "builtins", "set", MAKE_OBJECT },
    { "__builtin__", "frozenset", MAKE_OBJECT },
    { "builtins", "frozenset", MAKE_OBJECT },
    { "__builtin__", "list", MAKE_OBJECT }, /* the default of a defaultdict */
    { "builtins", "list", MAKE_OBJECT },
    { "__builtin__", "dict", MAKE_DICT },
    { "builtins", "dict", MAKE_DICT },
    { "__builtin__", "int", MAKE_OBJECT },
    { "builtins", "int", MAKE_OBJECT },
    { "__builtin__", "long", MAKE_OBJECT },
    { "__builtin__", "float", MAKE_OBJECT },
    { "builtins", "float", MAKE_OBJECT },
    { "torch", "device", MAKE_OBJECT },
    { "torch", "float32", MAKE_OBJECT },
    { "torch", "float16", MAKE_OBJECT },
    { "torch", "bfloat16", MAKE_OBJECT },
    { "torch", "float64", MAKE_OBJECT },
    { "torch", "int64", MAKE_OBJECT },
    { "a package of layers", "*", MAKE_LAYER },   /* LAYERS */
    { "a module of settings", "*", MAKE_OBJECT }, /* SETTINGS */
};

enum { GLOBALS = sizeof globals / sizeof globals[0], SETTINGS = GLOBALS - 1, LAYERS = GLOBALS - 2 };

/* Packages whose classes are layers and networks, for checkpoints that hold a whole model. The
 * dictionaries of its state are read; no class is imported and nothing is called. */
static const char *const layers[] = {
    "torch.nn", "torchvision.models", "torchvision.ops", "torchxrayvision",
    "timm",     "monai.networks",
};

/* Modules, with those below them, whose classes hold what training frameworks store beside the
 * weights. Nothing of them is kept and nothing is called. */
static const char *const settings[] = {
    "argparse",
    "types",
    "pathlib",
    "datetime",
    "typing",
    "enum",
    "functools",
    "copyreg",
    "copy_reg",
    "torch.optim",
    "torch.torch_version",
    "torch.amp",
    "torch.cuda.amp",
    "pytorch_lightning",
    "lightning",
    "lightning_fabric",
    "lightning_utilities",
    "torchmetrics",
    "omegaconf",
    "yacs",
    "easydict",
    "addict",
    "ml_collections",
    "mmengine",
    "mmcv",
    "fvcore",
    "iopath",
    "detectron2.config",
    "monai.utils",
    "ignite",
};

static bool is_text(sx_ptext t, const char *s) {
    return t.n == strlen(s) && memcmp(t.data, s, t.n) == 0;
}

/* Whether the module is `package` or lies below it. */
static bool is_in(sx_ptext module, const char *package) {
    const size_t n = strlen(package);
    return module.n >= n && memcmp(module.data, package, n) == 0 &&
           (module.n == n || module.data[n] == '.');
}

static int find_global(sx_ptext module, sx_ptext name) {
    for (int i = 0; i < LAYERS; i++)
        if (is_text(module, globals[i].module) && is_text(name, globals[i].name)) return i;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (is_in(module, settings[i])) return SETTINGS;
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++)
        if (is_in(module, layers[i])) return LAYERS;
    return -1;
}

/* What to do instead with a file that holds a class of this module; "" if that is not known. */
static const char *advice(sx_ptext module) {
    static const char *const models[] = { "torch.nn", "torchvision", "timm",
                                          "monai",    "detectron2",  "__main__" };
    if (is_in(module, "__torch__"))
        return " (this is a TorchScript archive; save the state_dict of the model)";
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
        if (is_in(module, models[i]))
            return " (this is a whole model; save its state_dict instead)";
    return "";
}

sx_pvalue *sx_pickle_global(sx_pickle *p, sx_ptext module, sx_ptext name, sx_error *err) {
    const int i = find_global(module, name);
    if (i >= 0) {
        sx_pvalue *v = sx_pickle_value(p, SX_P_GLOBAL, err);
        if (v) v->i = i;
        return v;
    }
    char m[96], n[96];
    sx_fail(err, SX_ERR_UNSUPPORTED,
            "the pickle refers to %s.%s, which is not allowed: only tensors are read%s",
            sx_printable(module.data, module.n, m, sizeof m),
            sx_printable(name.data, name.n, n, sizeof n), advice(module));
    return NULL;
}

bool sx_pickle_is_class(const sx_pvalue *v) {
    if (v->kind != SX_P_GLOBAL) return false;
    const int make = globals[v->i].make;
    return make == MAKE_DICT || make == MAKE_DEFAULT_DICT || make == MAKE_OBJECT ||
           make == MAKE_LAYER;
}

/* Sets err and returns NULL, for constructors whose arguments do not fit. */
static sx_pvalue *misfit(int global, sx_error *err) {
    sx_fail(err, SX_ERR_FORMAT, "the pickle calls %s.%s with the wrong arguments",
            globals[global].module, globals[global].name);
    return NULL;
}

static bool is_kind(const sx_pitems *args, size_t i, sx_pkind kind) {
    return i < args->n && args->at[i]->kind == kind;
}

static bool is_sequence(const sx_pitems *args, size_t i) {
    return is_kind(args, i, SX_P_TUPLE) || is_kind(args, i, SX_P_LIST);
}

/* OrderedDict(): empty; (dict); ([[key, value], ...]) as Python 2 writes it */
static sx_pvalue *make_dict(sx_pickle *p, int global, const sx_pitems *args, sx_error *err) {
    sx_pvalue *d = sx_pickle_value(p, SX_P_DICT, err);
    if (!d || args->n == 0) return d;
    if (!is_kind(args, 0, SX_P_DICT) && !is_kind(args, 0, SX_P_LIST)) return misfit(global, err);
    const sx_pitems *from = &args->at[0]->items;
    if (!sx_pickle_work(p, from->n, err)) return NULL;
    if (is_kind(args, 0, SX_P_DICT))
        return sx_pickle_append(p, &d->items, from->at, from->n, err) ? d : NULL;
    for (size_t i = 0; i < from->n; i++) {
        const sx_pvalue *pair = from->at[i];
        if ((pair->kind != SX_P_LIST && pair->kind != SX_P_TUPLE) || pair->items.n != 2)
            return misfit(global, err);
        if (!sx_pickle_append(p, &d->items, pair->items.at, 2, err)) return NULL;
    }
    return d;
}

/* _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks) */
static sx_pvalue *make_tensor(sx_pickle *p, int global, const sx_pitems *args, sx_error *err) {
    if (!is_kind(args, 0, SX_P_STORAGE) || !is_kind(args, 1, SX_P_INT) || !is_sequence(args, 2) ||
        !is_sequence(args, 3))
        return misfit(global, err);
    sx_pvalue *t = sx_pickle_value(p, SX_P_TENSOR, err);
    if (!t) return NULL;
    t->tensor.storage = args->at[0];
    t->tensor.offset = args->at[1]->i;
    t->tensor.size = args->at[2];
    t->tensor.stride = args->at[3];
    return t;
}

/* dtype("f4", align, copy) */
static sx_pvalue *make_dtype(sx_pickle *p, int global, const sx_pitems *args, sx_error *err) {
    if (!is_kind(args, 0, SX_P_TEXT) && !is_kind(args, 0, SX_P_BYTES)) return misfit(global, err);
    sx_pvalue *d = sx_pickle_value(p, SX_P_DTYPE, err);
    if (d)
        sx_printable(args->at[0]->text.data, args->at[0]->text.n, d->dtype.code,
                     sizeof d->dtype.code);
    return d;
}

/* encode(text, "latin1"): bytes, in protocols without them; bytes() */
static sx_pvalue *make_bytes(sx_pickle *p, int global, const sx_pitems *args, sx_error *err) {
    sx_pvalue *b = sx_pickle_value(p, SX_P_BYTES, err);
    if (!b || args->n == 0) return b;
    if (!is_kind(args, 0, SX_P_TEXT) || !is_kind(args, 1, SX_P_TEXT) ||
        (!is_text(args->at[1]->text, "latin1") && !is_text(args->at[1]->text, "latin-1")))
        return misfit(global, err);
    b->text = args->at[0]->text;
    b->text.latin1 = true;
    return b;
}

/* scalar(dtype, bytes) */
static sx_pvalue *make_scalar(sx_pickle *p, int global, const sx_pitems *args, sx_error *err) {
    if (!is_kind(args, 0, SX_P_DTYPE) || !is_kind(args, 1, SX_P_BYTES)) return misfit(global, err);
    sx_pvalue *a = sx_pickle_value(p, SX_P_ARRAY, err),
              *shape = sx_pickle_value(p, SX_P_TUPLE, err);
    if (!a || !shape) return NULL;
    a->array.dtype = args->at[0];
    a->array.shape = shape;
    a->array.data = args->at[1]->text;
    return a;
}

/* _frombuffer(bytes, dtype, shape, order), protocol 5 */
static sx_pvalue *make_from_buffer(sx_pickle *p, int global, const sx_pitems *args, sx_error *err) {
    if (!is_kind(args, 0, SX_P_BYTES) || !is_kind(args, 1, SX_P_DTYPE) || !is_sequence(args, 2) ||
        !is_kind(args, 3, SX_P_TEXT))
        return misfit(global, err);
    sx_pvalue *a = sx_pickle_value(p, SX_P_ARRAY, err);
    if (!a) return NULL;
    a->array.data = args->at[0]->text;
    a->array.dtype = args->at[1];
    a->array.shape = args->at[2];
    a->array.fortran = is_text(args->at[3]->text, "F");
    return a;
}

sx_pvalue *sx_pickle_reduce(sx_pickle *p, const sx_pvalue *callable, const sx_pvalue *args,
                            sx_error *err) {
    if (callable->kind != SX_P_GLOBAL || args->kind != SX_P_TUPLE) {
        sx_fail(err, SX_ERR_FORMAT, "the pickle calls %s with %s", sx_pickle_kind(callable),
                sx_pickle_kind(args));
        return NULL;
    }
    const int global = (int)callable->i;
    switch (globals[global].make) {
    case MAKE_DICT:
        return make_dict(p, global, &args->items, err);
    case MAKE_DEFAULT_DICT: /* its items follow */
    case MAKE_LAYER:        /* its state follows */
        return sx_pickle_value(p, SX_P_DICT, err);
    case MAKE_OBJECT:
        return sx_pickle_value(p, SX_P_OBJECT, err);
    case MAKE_SIZE:
        return is_sequence(&args->items, 0) ? args->items.at[0] : misfit(global, err);
    case MAKE_TENSOR:
        return make_tensor(p, global, &args->items, err);
    case MAKE_PARAMETER:
        return is_kind(&args->items, 0, SX_P_TENSOR) ? args->items.at[0] : misfit(global, err);
    case MAKE_ARRAY: /* its state comes with BUILD */
        return sx_pickle_value(p, SX_P_ARRAY, err);
    case MAKE_ARRAY_FROM_BUFFER:
        return make_from_buffer(p, global, &args->items, err);
    case MAKE_SCALAR:
        return make_scalar(p, global, &args->items, err);
    case MAKE_DTYPE:
        return make_dtype(p, global, &args->items, err);
    case MAKE_BYTES:
        return make_bytes(p, global, &args->items, err);
    default:
        return misfit(global, err);
    }
}

/* ---- BUILD ---- */

/* (version, shape, dtype, is_fortran, bytes) */
static bool build_array(sx_pvalue *a, const sx_pvalue *state, sx_error *err) {
    const sx_pitems *s = &state->items;
    if (state->kind != SX_P_TUPLE || s->n != 5 || !is_sequence(s, 1) ||
        !is_kind(s, 2, SX_P_DTYPE) || (!is_kind(s, 3, SX_P_BOOL) && !is_kind(s, 3, SX_P_INT)))
        return sx_fail(err, SX_ERR_FORMAT, "a numpy array in the pickle has an unknown state");
    if (!is_kind(s, 4, SX_P_BYTES))
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "a numpy array in the pickle does not hold plain numbers");
    a->array.shape = s->at[1];
    a->array.dtype = s->at[2];
    a->array.fortran = s->at[3]->i != 0;
    a->array.data = s->at[4]->text;
    return true;
}

/* (version, byte order, ...) */
static bool build_dtype(sx_pvalue *d, const sx_pvalue *state, sx_error *err) {
    const sx_pitems *s = &state->items;
    if (state->kind != SX_P_TUPLE || (!is_kind(s, 1, SX_P_TEXT) && !is_kind(s, 1, SX_P_BYTES)))
        return sx_fail(err, SX_ERR_FORMAT,
                       "a numpy number type in the pickle has an unknown state");
    d->dtype.big_endian = is_text(s->at[1]->text, ">");
    return true;
}

/* A layer's parameters, buffers and layers by name; other attributes are not kept. */
static bool build_layer(sx_pickle *p, sx_pvalue *object, const sx_pvalue *state, sx_error *err) {
    static const char *const parts[] = { "_parameters", "_buffers", "_modules" };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const sx_pvalue *part = sx_pickle_get(state, parts[i]);
        if (part && part->kind == SX_P_DICT && part != object &&
            !sx_pickle_append(p, &object->items, part->items.at, part->items.n, err))
            return false;
    }
    return true;
}

bool sx_pickle_build(sx_pickle *p, sx_pvalue *object, const sx_pvalue *state, sx_error *err) {
    switch (object->kind) {
    case SX_P_ARRAY:
        return build_array(object, state, err);
    case SX_P_DTYPE:
        return build_dtype(object, state, err);
    case SX_P_DICT: /* or the _metadata of a state_dict: versions of its layers */
        return build_layer(p, object, state, err);
    case SX_P_TENSOR: /* attributes that were added to a parameter */
    case SX_P_OBJECT:
        return true;
    default:
        return sx_fail(err, SX_ERR_FORMAT, "the pickle sets the state of %s",
                       sx_pickle_kind(object));
    }
}

/* ---- torch's persistent ids ---- */

/* ("storage", type, key, location, elements) and in old files also None or (key, first, elements):
 * a view */
sx_pvalue *sx_pickle_persistent(sx_pickle *p, const sx_pvalue *id, sx_error *err) {
    const sx_pitems *s = &id->items;
    /* ("module", class, file, source), as old files name the class of a layer */
    if (id->kind == SX_P_TUPLE && s->n == 4 && is_kind(s, 1, SX_P_GLOBAL) &&
        globals[s->at[1]->i].make == MAKE_LAYER)
        return s->at[1];
    if (id->kind != SX_P_TUPLE || s->n < 5 ||
        !(is_kind(s, 0, SX_P_TEXT) || is_kind(s, 0, SX_P_BYTES)) ||
        !is_text(s->at[0]->text, "storage") || !is_kind(s, 1, SX_P_GLOBAL) ||
        globals[s->at[1]->i].make < IS_STORAGE ||
        !(is_kind(s, 2, SX_P_TEXT) || is_kind(s, 2, SX_P_BYTES)) || !is_kind(s, 4, SX_P_INT)) {
        sx_fail(err, SX_ERR_UNSUPPORTED,
                "the pickle refers to something outside of it that is no storage");
        return NULL;
    }
    sx_pvalue *v = sx_pickle_value(p, SX_P_STORAGE, err);
    if (!v) return NULL;
    v->storage.dtype = (sx_dtype)(globals[s->at[1]->i].make - IS_STORAGE);
    v->storage.key = s->at[2]->text;
    v->storage.count = s->at[4]->i;
    if (is_kind(s, 5, SX_P_TUPLE)) {
        const sx_pitems *view = &s->at[5]->items;
        if (!is_kind(view, 1, SX_P_INT) || !is_kind(view, 2, SX_P_INT)) {
            sx_fail(err, SX_ERR_FORMAT, "the pickle describes a view of a storage wrongly");
            return NULL;
        }
        v->storage.first = view->at[1]->i;
        v->storage.count = view->at[2]->i;
    }
    return v;
}
