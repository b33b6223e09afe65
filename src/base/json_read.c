#include "base/files.h"
#include "base/json.h"
#include "base/utf8.h"

json_t *sx_json_read(const char *path, sx_error *err) {
    sx_file f;
    int line;
    sx_error why = { 0 };
    if (!sx_file_open(&f, path, err)) return NULL;
    if (sx_utf16_is_marked(f.data, f.size)) {
        sx_fail(err, SX_ERR_UNSUPPORTED, "%s: is UTF-16 text; save it as UTF-8", path);
        sx_file_close(&f);
        return NULL;
    }
    json_t *j = sx_json_parse(f.data, f.size, true, &line, &why);
    sx_file_close(&f);
    if (!j && why.code == SX_ERR_MEMORY)
        sx_fail(err, why.code, "%s: %s", path, why.message);
    else if (!j)
        sx_fail(err, why.code, "%s: line %d: %s", path, line, why.message);
    return j;
}
