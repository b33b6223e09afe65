/* Paths inside a folder, and files of text that a test writes. */
#ifndef TESTS_SUPPORT_TEXT_FILES_H
#define TESTS_SUPPORT_TEXT_FILES_H

#include <stdio.h>
#include <string.h>

#include "base/writer.h"
#include "support/check.h"

/* "DIR/NAME". The text lasts for three more calls; for one thread. */
static inline const char *path_in(const char *dir, const char *name) {
    static char paths[4][1024];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(paths[turn], sizeof paths[0], "%s/%s", dir, name);
    return paths[turn];
}

static inline void write_text(const char *path, const char *text) {
    sx_error err = { 0 };
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
}

#endif
