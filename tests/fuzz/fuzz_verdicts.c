/* Verdicts as CSV: what was read is written and read again, and is the same. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "fuzz/fuzz.h"
#include "service/worklist/verdict_file.h"

static bool copy_row(void *user, const sx_verdict_row *row, const sx_csv *csv, sx_error *err) {
    const sx_opinion *o = &row->opinion;
    (void)csv;
    (void)err;
    if (!*o->who || (!*o->study_uid && !*row->accession)) abort();
    if (!sx_opinion_is_verdict(o->verdict) || o->agrees < -1 || o->agrees > 1) abort();
    if (o->revision < -1 || (!*o->verdict && !*o->comment && o->agrees < 0)) abort();
    if (sx_utf8_span(o->comment, strlen(o->comment)) != strlen(o->comment)) abort();
    sx_verdicts_put(user, row);
    return true;
}

/* A failure must say why. */
static bool copy(const void *data, size_t size, sx_str *out) {
    sx_error err = { 0 };
    sx_verdicts_put_header(out);
    const bool ok = sx_verdicts_read(data, size, "fuzz.csv", copy_row, out, &err);
    if (!ok && (err.code == SX_OK || !err.message[0])) abort();
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sx_str once = { 0 }, twice = { 0 };
    if (copy(data, size, &once)) {
        if (!copy(once.data, once.len, &twice)) abort();
        if (once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0) abort();
    }
    sx_str_free(&once);
    sx_str_free(&twice);
    return 0;
}
