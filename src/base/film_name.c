#include "base/film_name.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/files.h"
#include "base/utf8.h"

const char *const sx_film_endings[SX_FILM_ENDINGS] = { ".dicom", ".dcm", ".dic", ".ima",
                                                       ".png",   ".jpg", ".jpeg" };

size_t sx_film_name_length(const char *base) {
    const size_t n = strlen(base);
    for (size_t i = 0; i < SX_FILM_ENDINGS; i++) {
        const size_t m = strlen(sx_film_endings[i]);
        if (n > m && strcasecmp(base + n - m, sx_film_endings[i]) == 0) return n - m;
    }
    return n;
}

bool sx_is_film_name(const char *name) {
    return sx_film_name_length(name) < strlen(name);
}

void sx_film_name_stem(const char *path, char *buf, size_t size) {
    char stem[SX_FILM_STEM];
    const char *base = sx_path_base(path);
    sx_str text = { 0 };
    snprintf(stem, sizeof stem, "%.*s", (int)sx_film_name_length(base), base);
    sx_utf8_escape(&text, stem);
    snprintf(buf, size, "%s", sx_str_text(&text));
    sx_str_free(&text);
}
