#include "support/set_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/mem.h"
#include "base/writer.h"
#include "image/noise.h"
#include "image/png.h"
#include "support/check.h"

static const char *with_folder(const char *name) {
    sx_error err = { 0 };
    char *path = sx_strdup(check_tmp_path(name)), *cut = strrchr(path, '/');
    *cut = '\0';
    CHECK_OK(sx_make_dirs(path, &err), err);
    free(path);
    return check_tmp_path(name);
}

const char *set_put_text(const char *name, const char *text) {
    sx_error err = { 0 };
    const char *path = with_folder(name);
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
    return path;
}

const char *set_put_film(const char *name, int width, int height) {
    sx_error err = { 0 };
    sx_image im = { 0 };
    const char *path = with_folder(name);
    CHECK_OK(sx_noise_image(name, width, height, false, &im, &err), err);
    CHECK_OK(sx_png_write(&im, SX_PNG_SMALL, path, &err), err);
    sx_image_free(&im);
    return path;
}

char *set_read_text(const char *name) {
    sx_error err = { 0 };
    sx_file f;
    CHECK_OK(sx_file_open(&f, check_tmp_path(name), &err), err);
    char *text = sx_calloc(f.size + 1, 1);
    assert_non_null(text);
    memcpy(text, f.data, f.size);
    sx_file_close(&f);
    return text;
}
