/* Internal to the pickle reader: the stack machine (pickle.c) and the objects that it may build
 * (pickle_build.c). */
#ifndef SX_TENSOR_PICKLE_IMPL_H
#define SX_TENSOR_PICKLE_IMPL_H

#include "base/mem.h"
#include "tensor/pickle.h"

struct sx_pickle {
    sx_arena *arena;
    sx_pitems stack, memo; /* their arrays are on the heap */
    size_t *marks;         /* stack heights */
    size_t mark_count, mark_cap;
    size_t puts;        /* into the memo of this pickle */
    size_t work;        /* operations so far, including the items that they copied; limited */
    sx_pitems storages; /* heap, over all pickles */
    const uint8_t *at, *end;
};

/* NULL: out of memory (err is set). */
sx_pvalue *sx_pickle_value(sx_pickle *p, sx_pkind kind, sx_error *err) SX_MUST_USE;
/* Appends n values to a list. */
bool sx_pickle_append(sx_pickle *p, sx_pitems *list, sx_pvalue *const *items, size_t n,
                      sx_error *err) SX_MUST_USE;
/* Counts n more operations; false above the limit. */
bool sx_pickle_work(sx_pickle *p, size_t n, sx_error *err) SX_MUST_USE;

/* The allowed global module.name, or an error that names it. */
sx_pvalue *sx_pickle_global(sx_pickle *p, sx_ptext module, sx_ptext name,
                            sx_error *err) SX_MUST_USE;
/* The value of `callable(*args)`. */
sx_pvalue *sx_pickle_reduce(sx_pickle *p, const sx_pvalue *callable, const sx_pvalue *args,
                            sx_error *err) SX_MUST_USE;
/* Whether NEWOBJ may make an object of this class. */
bool sx_pickle_is_class(const sx_pvalue *v);
/* Fills `object` from its state. */
bool sx_pickle_build(sx_pickle *p, sx_pvalue *object, const sx_pvalue *state,
                     sx_error *err) SX_MUST_USE;
/* The storage with torch's persistent id, or the class of a layer. */
sx_pvalue *sx_pickle_persistent(sx_pickle *p, const sx_pvalue *id, sx_error *err) SX_MUST_USE;

#endif
