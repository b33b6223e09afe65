#include "base/files.h"
#include "base/json.h"

json_t *sx_json_read(const char *path, sx_error *err) {
    sx_file f;
    json_error_t why = { 0 };
    if (!sx_file_open(&f, path, err)) return NULL;
    json_t *j = json_loadb((const char *)f.data, f.size, 0, &why);
    sx_file_close(&f);
    if (!j && json_error_code(&why) == json_error_out_of_memory)
        sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", path);
    else if (!j)
        sx_fail(err, SX_ERR_FORMAT, "%s: line %d: %s", path, why.line, why.text);
    return j;
}
