/* YAML files: what is read is written, read again and compared. A failure must say why. */
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"
#include "fuzz/fuzz.h"

static void write(const sx_yaml *y, sx_str *out) {
    for (size_t i = 0; i < y->count; i++) {
        const sx_yaml_value *v = &y->values[i];
        sx_yaml_put(out, v->key);
        sx_str_add(out, v->list ? ": [" : ": ");
        for (size_t k = 0; k < v->count; k++) {
            if (k) sx_str_add(out, ", ");
            if (v->list || !v->null) sx_yaml_put(out, v->items[k]);
        }
        sx_str_add(out, v->list ? "]\n" : "\n");
    }
}

/* Class names of data.yaml: the same document, of which one key is read. */
static void read_one_key(const uint8_t *data, size_t size) {
    sx_error err = { 0 };
    sx_yaml y;
    if (!sx_yaml_parse_key("fuzz.yaml", data, size, "names", &y, &err) && !err.message[0]) abort();
    for (size_t i = 0; i < y.count; i++)
        if (strncmp(y.values[i].key, "names", 5) != 0) abort();
    sx_yaml_free(&y);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sx_error err = { 0 };
    sx_yaml a, b = { 0 };
    const bool ok = sx_yaml_parse("fuzz.yaml", data, size, &a, &err);
    if (!ok && (err.code == SX_OK || !err.message[0])) abort();
    sx_str once = { 0 }, twice = { 0 };
    if (ok && a.count) {
        write(&a, &once);
        if (!sx_yaml_parse("again.yaml", once.data, once.len, &b, &err) || a.count != b.count)
            abort();
        write(&b, &twice);
        if (once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0) abort();
    }
    read_one_key(data, size);
    sx_str_free(&once);
    sx_str_free(&twice);
    sx_yaml_free(&a);
    sx_yaml_free(&b);
    return 0;
}
