#include "base/files.h"
#include "base/json.h"
#include "base/json_memory.h"

json_t *sx_json_parse(const void *text, size_t n, bool unique_keys, int *line, sx_error *err) {
    json_error_t why = { 0 };
    const size_t failures = sx_json_memory_failures();
    json_t *j = NULL;
    bool lost = !sx_json_memory_reserve(text, n);
    if (!lost) j = json_loadb(text, n, unique_keys ? JSON_REJECT_DUPLICATES : 0, &why);
    lost = lost || sx_json_memory_failures() != failures;
    if (lost) {
        json_decref(j);
        j = NULL;
    }
    sx_json_memory_release();
    if (line) *line = why.line;
    if (lost)
        sx_fail(err, SX_ERR_MEMORY, "out of memory");
    else if (!j)
        sx_fail(err, SX_ERR_FORMAT, "%s", why.text);
    return j;
}

json_t *sx_json_read(const char *path, sx_error *err) {
    sx_file f;
    int line;
    sx_error why = { 0 };
    if (!sx_file_open(&f, path, err)) return NULL;
    json_t *j = sx_json_parse(f.data, f.size, false, &line, &why);
    sx_file_close(&f);
    if (!j && why.code == SX_ERR_MEMORY)
        sx_fail(err, why.code, "%s: %s", path, why.message);
    else if (!j)
        sx_fail(err, why.code, "%s: line %d: %s", path, line, why.message);
    return j;
}
