/* The checksum of a weight file: "xxh64:" and 16 hexadecimal digits in its metadata.
 *
 * It is the sum, modulo 2^64, of a hash for each tensor and each other entry of the metadata, so
 * that it does not depend on their order. The hash of a tensor is XXH64 of its bytes, seeded by
 * XXH64 of "NAME DTYPE D0 D1 ..". The hash of an entry is XXH64 of its value, seeded by XXH64 of
 * "KEY metadata" (seed 0). If another program copies tensors and metadata without changes, the
 * checksum remains valid. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/str.h"
#include "base/utf8.h"
#include "tensor/weights_impl.h"

static bool add_tensor(const sx_tensor *t, sx_str *text, uint64_t *sum) {
    text->len = 0;
    sx_str_printf(text, "%s %s", t->name, sx_dtype_name(t->dtype));
    for (int i = 0; i < t->ndim; i++)
        sx_str_printf(text, " %" PRId64, t->dims[i]);
    if (text->failed) return false;
    *sum += sx_xxh64(t->data, t->bytes, sx_xxh64(text->data, text->len, 0));
    return true;
}

/* Of the value as it is written, in UTF-8. */
static bool add_metadata(const sx_meta *m, sx_str *text, uint64_t *sum) {
    text->len = 0;
    sx_str_printf(text, "%s metadata", m->key);
    if (text->failed) return false;
    const uint64_t seed = sx_xxh64(text->data, text->len, 0);
    text->len = 0;
    sx_utf8_escape(text, m->value);
    if (!text->failed) *sum += sx_xxh64(sx_str_text(text), text->len, seed);
    return !text->failed;
}

bool sx_weights_checksum(const sx_weights *w, char checksum[SX_CHECKSUM], sx_error *err) {
    sx_str text = { 0 };
    uint64_t sum = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < w->count; i++)
        ok = add_tensor(&w->tensors[i], &text, &sum);
    for (size_t i = 0; ok && i < w->meta_count; i++)
        ok = strcmp(w->meta[i].key, SX_CHECKSUM_KEY) == 0 || add_metadata(&w->meta[i], &text, &sum);
    sx_str_free(&text);
    snprintf(checksum, SX_CHECKSUM, "xxh64:%016" PRIx64, sum);
    return ok || sx_fail(err, SX_ERR_MEMORY, "out of memory for a checksum");
}

bool sx_weights_verify(sx_weights *w, sx_error *err) {
    const char *stored = sx_weights_meta(w, SX_CHECKSUM_KEY);
    char computed[SX_CHECKSUM];
    if (!stored) return true;
    if (!sx_weights_checksum(w, computed, err)) return false;
    if (strcmp(stored, computed) != 0)
        return sx_fail(err, SX_ERR_FORMAT,
                       "its checksum is %s, not %.40s as its metadata say (" SX_CHECKSUM_KEY
                       "): the file is damaged, or another program changed it and kept the old "
                       "checksum",
                       computed, stored);
    return sx_weights_set_meta(w, SX_CHECKSUM_KEY, NULL, err);
}
