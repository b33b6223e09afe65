/* The files of a published model that come from outside: SHA256SUMS, and the expected result. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "publish/checksums.h"
#include "publish/model_test.h"

/* Paths stay below the folder and are sorted, and a list equals itself. */
static void read_checksums(const uint8_t *data, size_t size) {
    sx_error err = { 0 };
    sx_checksums s;
    sx_paths faults = { 0 };
    if (sx_checksums_parse("fuzz", data, size, &s, &err)) {
        for (size_t i = 0; i < s.count; i++) {
            const char *path = s.items[i].path;
            if (path[0] == '/' || strncmp(path, "../", 3) == 0 || strstr(path, "/../")) abort();
            if (strlen(s.items[i].hex) != 64) abort();
            if (i && strcmp(path, s.items[i - 1].path) <= 0) abort();
        }
        if (!sx_checksums_compare(&s, &s, &faults, &err) || faults.count) abort();
    } else if (err.code == SX_OK) {
        abort();
    }
    sx_paths_free(&faults);
    sx_checksums_free(&s);
}

static void read_expected(const uint8_t *data, size_t size) {
    static const char none[] = "{\"films\": []}";
    sx_error err = { 0 };
    sx_paths faults = { 0 };
    json_t *expected = sx_json_parse(data, size, true, NULL, &err);
    json_t *found = sx_json_parse(none, sizeof none - 1, true, NULL, &err);
    if (expected) {
        err = (sx_error){ 0 };
        if (!sx_model_test_compare(expected, expected, &faults, &err) && err.code == SX_OK) abort();
        /* a film that was not predicted is a difference */
        sx_paths_free(&faults);
        if (found && sx_model_test_compare(expected, found, &faults, &err) && !faults.count)
            abort();
    }
    sx_paths_free(&faults);
    json_decref(expected);
    json_decref(found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    read_checksums(data, size);
    read_expected(data, size);
    return 0;
}
