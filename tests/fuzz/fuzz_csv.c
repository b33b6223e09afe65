/* CSV: every field of every row is read as text and as a number, and can be written and read
 * again. */
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"

/* The rows, written anew, behind `begin`. A failure must say why. */
static bool copy(const void *data, size_t size, const char *const begin[2], sx_str *out) {
    sx_error err = { 0 };
    bool failed = false;
    sx_csv *c = sx_csv_from_memory(data, size, "fuzz.csv", &err);
    if (!c && err.code == SX_OK) abort();
    if (!c) return false;
    const size_t columns = sx_csv_columns(c);
    sx_str_add(out, begin[0]);
    for (size_t i = 0; i < columns; i++) {
        sx_csv_put(out, sx_csv_name(c, i));
        sx_str_add(out, i + 1 < columns ? "," : "\n");
    }
    while (sx_csv_next(c, &failed, &err)) {
        sx_str_add(out, begin[1]);
        for (size_t i = 0; i < columns; i++) {
            const char *field = sx_csv_field(c, (int)i);
            double x;
            long n;
            if (sx_utf8_span(field, strlen(field)) != strlen(field)) abort();
            if (sx_csv_double(c, (int)i, &x, NULL) && sx_csv_long(c, (int)i, -5, 5, &n, NULL) &&
                (n < -5 || n > 5))
                abort();
            sx_csv_put(out, field);
            sx_str_add(out, i + 1 < columns ? "," : "\n");
        }
    }
    if (failed && err.code == SX_OK) abort();
    sx_csv_close(c);
    return !failed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    /* a row of one empty field would be a blank line, and a first name may begin with a BOM */
    static const char *const more[2] = { "<row>,", "," }, *const none[2] = { "", "" };
    sx_str once = { 0 }, twice = { 0 };
    if (copy(data, size, more, &once) && copy(once.data, once.len, none, &twice) &&
        (once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0))
        abort();
    sx_str_free(&once);
    sx_str_free(&twice);
    return 0;
}
