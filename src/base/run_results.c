#define _GNU_SOURCE
#include "base/run_results.h"

#include <stdlib.h>
#include <string.h>

#include "base/claim_impl.h"
#include "base/files.h"
#include "base/mem.h"

static bool read_lines(char *text, sx_names *results, sx_error *err) {
    bool ok = true, fresh;
    for (char *line; ok && (line = strsep(&text, "\n")) != NULL;) {
        const char *name = sx_claim_named(line, "file");
        ok = !name || sx_names_put(results, name, 0, &fresh, err);
    }
    return ok;
}

bool sx_run_results_read(const char *dir, sx_names *results, sx_error *err) {
    sx_file f;
    sx_error why = { 0 };
    char *path = sx_path_join(dir, SX_CLAIM_JOURNAL);
    if (!path) return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", dir);
    const bool found = sx_file_open(&f, path, &why);
    free(path);
    if (!found) return why.code != SX_ERR_MEMORY || sx_fail(err, SX_ERR_MEMORY, "%s", why.message);
    char *text = sx_calloc(f.size + 1, 1);
    if (text) memcpy(text, f.data, f.size);
    const bool ok = text ? read_lines(text, results, err)
                         : sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", dir);
    free(text);
    sx_file_close(&f);
    return ok;
}
