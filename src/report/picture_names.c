#include "report/picture_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/film_name.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/utf8.h"

/* A file name has at most 255 bytes: the name, ".png", and a temporary ending while it is
 * written. */
enum { LONGEST = 255 - 24 };

typedef struct naming {
    sx_names films; /* names of films */
    /* [index of a name in `films`]: the last number given to a film of that name */
    uint32_t *tried;
    sx_names taken; /* names of pictures */
} naming;

/* STEM-frameF-N; whole characters are cut from a stem that is too long. */
static void compose(const char *stem, int frame, uint32_t n, char *out, size_t size) {
    char frame_text[24] = "", number[24] = "";
    if (frame > 1) snprintf(frame_text, sizeof frame_text, "-frame%d", frame);
    if (n > 1) snprintf(number, sizeof number, "-%u", (unsigned)n);
    const size_t room = LONGEST - strlen(frame_text) - strlen(number), length = strlen(stem);
    const size_t used = length <= room ? length : sx_utf8_span(stem, room);
    snprintf(out, size, "%.*s%s%s", (int)used, stem, frame_text, number);
}

static char *name_film(naming *t, const char *path, int frame, sx_error *err) {
    char stem[SX_FILM_STEM], name[LONGEST + 1];
    uint32_t film = 0;
    sx_film_name_stem(path, stem, sizeof stem);
    if (!sx_names_add(&t->films, stem, &film, err)) return NULL;
    for (bool fresh = false; !fresh;) {
        compose(stem, frame, ++t->tried[film], name, sizeof name);
        if (!sx_names_put(&t->taken, name, 0, &fresh, err)) return NULL;
    }
    char *copy = sx_strdup(name);
    if (!copy) sx_fail(err, SX_ERR_MEMORY, "out of memory for names");
    return copy;
}

bool sx_picture_names_make(sx_picture_names *names, const sx_inputs *inputs, int frame,
                           sx_error *err) {
    naming t = { .tried = sx_calloc_for(inputs->count + 1, sizeof *t.tried, "names", err) };
    *names =
        (sx_picture_names){ sx_calloc_for(inputs->count + 1, sizeof *names->items, "names", err),
                            0 };
    bool ok = t.tried && names->items;
    while (ok && names->count < inputs->count) {
        names->items[names->count] = name_film(&t, inputs->items[names->count].path, frame, err);
        ok = names->items[names->count] != NULL;
        names->count += ok;
    }
    free(t.tried);
    sx_names_free(&t.films);
    sx_names_free(&t.taken);
    if (!ok) sx_picture_names_free(names);
    return ok;
}

void sx_picture_names_free(sx_picture_names *names) {
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
    *names = (sx_picture_names){ 0 };
}
