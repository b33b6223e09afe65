#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/mem.h"
#include "base/str.h"
#include "evaluation/film_pictures.h"

/* The length of the common folders of two absolute paths, with the slash behind them. */
static size_t common_length(const char *a, const char *b) {
    size_t n = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '/') n = i + 1;
    return n;
}

/* From a folder, which ends with a slash, to a file. */
static char *relative(const char *folder, const char *file) {
    sx_str path = { 0 };
    const size_t common = common_length(folder, file);
    if (common > 1) { /* files that share only the root are not handed on together */
        for (const char *p = folder + common; *p; p++)
            if (*p == '/') sx_str_add(&path, "../");
        sx_str_add(&path, file + common);
    }
    if (!path.failed) return path.data;
    sx_str_free(&path);
    return NULL;
}

char *sx_eval_film_link(const sx_eval_input *in, uint32_t film) {
    const char *path = sx_eval_film_path(in, film);
    char *given = path && in->page_path ? sx_path_folder(in->page_path) : NULL,
         *folder = given ? realpath(given, NULL) : NULL,
         *file = folder ? realpath(path, NULL) : NULL;
    char *slashed = file ? sx_path_join(folder, "") : NULL, *link = NULL;
    if (slashed) link = relative(slashed, file);
    free(given);
    free(folder);
    free(file);
    free(slashed);
    return link;
}
