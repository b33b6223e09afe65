#include "cli/documents.h"

#include <stdio.h>

#include "base/utf8.h"
#include "base/writer.h"

/* The dispatcher reports a write that failed. */
static bool print(const sx_str *text, sx_error *err) {
    sx_str shown = { 0 };
    sx_utf8_printable(&shown, sx_str_text(text), true);
    const bool ok = sx_str_ok(&shown, err);
    if (ok) (void)!fwrite(sx_str_text(&shown), 1, shown.len, stdout);
    sx_str_free(&shown);
    return ok;
}

bool sx_cli_write_doc(const sx_doc *d, sx_doc_render *render, const char *path, sx_error *err) {
    sx_str s = { 0 };
    bool ok = render(d, &s, err);
    if (ok && path) ok = sx_write_file(path, s.data, s.len, err);
    if (ok && !path) ok = print(&s, err);
    sx_str_free(&s);
    return ok;
}

bool sx_cli_print_doc(sx_doc *d, sx_error *err) {
    if (!d) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a table");
    const bool ok = sx_cli_write_doc(d, sx_doc_to_text, NULL, err);
    sx_doc_free(d);
    return ok;
}
