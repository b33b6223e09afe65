#include "data/film_claim.h"

#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/film_name.h"
#include "base/mem.h"
#include "base/str.h"
#include "image/image_file.h"

static bool has_image(const sx_film *f) {
    return f->kind != SX_FILM_DICOM || f->info.has_pixels || f->info.rows >= 0;
}

/* Whether a file that cannot be opened as a film must be reported: its name or its first bytes are
 * those of a film, or it exists and cannot be read. */
static bool is_damaged(const char *path) {
    sx_file_head h;
    if (sx_is_film_name(sx_path_base(path))) return true;
    for (int tries = 0; !sx_file_head_open(&h, path, NULL); tries++) {
        if (!sx_path_exists(path)) return false;
        if (tries == 3) return true;
    }
    const sx_file *f = &h.file;
    const bool claims = sx_image_format_of(f->data, f->size) != SX_FORMAT_UNKNOWN ||
                        (f->size >= 132 && memcmp(f->data + 128, "DICM", 4) == 0);
    sx_file_head_close(&h);
    return claims;
}

sx_film_claim sx_film_claim_of(const char *path, sx_film **film, sx_error *why) {
    *film = sx_film_open(path, &(sx_film_options){ .header_only = true }, why);
    if (!*film) return is_damaged(path) ? SX_CLAIMS_DAMAGED : SX_CLAIMS_NOTHING;
    if (has_image(*film)) return SX_CLAIMS_FILM;
    sx_fail(why, SX_ERR_MISSING, "%s: a DICOM file without an image", path);
    return SX_CLAIMS_OTHER;
}

typedef struct filtering {
    char *const *paths;
    char **reasons; /* of the files that are not films; NULL: a film */
    bool *failed;
} filtering;

static void find_reasons(void *user, size_t begin, size_t end) {
    const filtering *f = user;
    for (size_t i = begin; i < end; i++) {
        sx_film *film;
        sx_error why = { 0 };
        const sx_film_claim claim = sx_film_claim_of(f->paths[i], &film, &why);
        if (film) sx_film_free(film);
        if (claim != SX_CLAIMS_NOTHING) continue;
        f->reasons[i] = sx_strdup(why.message);
        f->failed[i] = !f->reasons[i];
    }
}

bool sx_film_claims_filter(const sx_context *context, sx_paths *files, size_t from,
                           sx_paths *others, sx_error *err) {
    const size_t count = files->count - from;
    filtering f = { files->items + from, sx_calloc_for(count + 1, sizeof(char *), "files", err),
                    sx_calloc_for(count + 1, sizeof(bool), "files", err) };
    bool ok = f.reasons && f.failed;
    if (ok) sx_parallel_for(context, count, 16, find_reasons, &f);
    size_t kept = from;
    for (size_t i = 0; f.reasons && f.failed && i < count; i++) {
        char *path = files->items[from + i];
        ok = ok && (!f.failed[i] || sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", path));
        if (f.reasons[i]) {
            ok = ok && sx_paths_add(others, f.reasons[i], err);
            free(f.reasons[i]);
            free(path);
        } else {
            files->items[kept++] = path;
        }
    }
    if (f.reasons && f.failed) files->count = kept;
    free(f.reasons);
    free(f.failed);
    return ok;
}
