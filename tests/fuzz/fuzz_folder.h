/* A folder in memory for a target that needs files. It is removed at the end. */
#ifndef TESTS_FUZZ_FUZZ_FOLDER_H
#define TESTS_FUZZ_FUZZ_FOLDER_H

#include <stdlib.h>
#include <unistd.h>

#include "base/files.h"

static char fuzz_folder_path[64];

static inline void fuzz_folder_remove(void) {
    sx_paths files = { 0 };
    if (sx_paths_walk(&files, fuzz_folder_path, NULL))
        for (size_t i = 0; i < files.count; i++)
            (void)unlink(files.items[i]);
    sx_paths_free(&files);
    (void)rmdir(fuzz_folder_path);
}

static inline const char *fuzz_folder(void) {
    if (*fuzz_folder_path) return fuzz_folder_path;
    for (int i = 0; i < 2; i++) {
        snprintf(fuzz_folder_path, sizeof fuzz_folder_path, "%s/fuzz-XXXXXX",
                 i ? "/tmp" : "/dev/shm");
        if (!mkdtemp(fuzz_folder_path)) continue;
        atexit(fuzz_folder_remove);
        return fuzz_folder_path;
    }
    abort();
}

#endif
