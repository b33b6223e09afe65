/* Runs a fuzz target once over the files of each folder given; in place of libFuzzer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "fuzz/fuzz.h"

static bool replay_file(const char *path) {
    sx_error err = { 0 };
    sx_file f;
    if (!sx_file_open(&f, path, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return false;
    }
    uint8_t *copy = malloc(
        f.size ? f.size : 1); /* of exactly that size, so that reading past its end is detected */
    bool ok = copy != NULL;
    if (ok) {
        memcpy(copy, f.data, f.size);
        LLVMFuzzerTestOneInput(copy, f.size);
    }
    free(copy);
    sx_file_close(&f);
    return ok;
}

int main(int argc, char **argv) {
    sx_error err = { 0 };
    sx_paths files = { 0 };
    for (int i = 1; i < argc; i++)
        if (!sx_paths_walk(&files, argv[i], &err)) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
    bool ok = files.count > 0;
    for (size_t i = 0; i < files.count; i++)
        ok = replay_file(files.items[i]) && ok;
    printf("%zu inputs\n", files.count);
    sx_paths_free(&files);
    return ok ? 0 : 1;
}
