/* reading.json beside the annotations that are imported (reading_import_reads.h). */
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/json.h"
#include "service/reading/reading_import_reads.h"

static bool is_full(const json_t *root) {
    const char *schema = json_string_value(json_object_get(root, "schema"));
    return schema && strcmp(schema, "spinexr-reading/1") == 0;
}

bool sx_reading_full_open(const char *data_set, json_t **out, sx_error *err) {
    char *folder = sx_path_is_dir(data_set) ? sx_strdup(data_set) : sx_path_folder(data_set);
    char *path = folder ? sx_path_join(folder, "reading.json") : NULL;
    bool ok = path || sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", data_set);
    *out = NULL;
    if (ok && sx_path_exists(path)) ok = (*out = sx_json_read(path, err)) != NULL;
    if (ok && !is_full(*out)) {
        json_decref(*out);
        *out = NULL;
    }
    free(path);
    free(folder);
    return ok;
}
