#include "service/store/picture_file.h"

#include <stdint.h>
#include <string.h>

#include "base/str.h"

enum { MOST_SIDE = 8192 };

bool sx_picture_size(const void *bytes, size_t n, int *width, int *height) {
    uint32_t size[2];
    if (n < SX_PICTURE_HEAD) return false;
    memcpy(size, bytes, sizeof size);
    if (size[0] > MOST_SIDE || size[1] > MOST_SIDE ||
        n != SX_PICTURE_HEAD + (size_t)size[0] * size[1] * 3)
        return false;
    *width = (int)size[0];
    *height = (int)size[1];
    return true;
}

char *sx_picture_path(const char *folder, const char *film) {
    const char *rest = strchr(film, '/');
    sx_str path = { 0 };
    sx_str_printf(&path, "%s/pictures%s.rgb", folder, rest ? rest : "");
    return path.failed ? (sx_str_free(&path), NULL) : path.data;
}
