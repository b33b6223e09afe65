#include "cli/found_films.h"

#include "base/context_impl.h"
#include "base/str.h"
#include "data/film_claim.h"

static bool note_empty(sx_found_films *f, const char *dir, size_t examined, size_t results,
                       sx_error *err) {
    sx_str text = { 0 };
    sx_str_printf(&text, "%s: no film in this folder (%zu %s examined", dir, examined,
                  sx_noun(examined, "file", "files"));
    if (results)
        sx_str_printf(&text, ", %zu %s of an earlier run passed over", results,
                      sx_noun(results, "result", "results"));
    sx_str_add(&text, ")");
    const bool ok = sx_str_ok(&text, err) && sx_paths_add(&f->empty, text.data, err);
    sx_str_free(&text);
    return ok;
}

/* Adds the files of a folder that are films, or DICOM files without an image. */
static bool find_in_folder(const sx_call *call, const char *dir, sx_found_films *f, sx_error *err) {
    sx_paths others = { 0 }, results = { 0 };
    const size_t before = f->files.count, unread = f->unread.count;
    bool ok = sx_paths_walk_films(&f->files, &f->unread, &results, dir, call->context, err) &&
              sx_film_claims_filter(call->context, &f->files, before, &others, err);
    for (size_t i = 0; i < others.count; i++)
        sx_log(call->context, SX_LOG_DEBUG, "passed over: %s", others.items[i]);
    f->passed_over += others.count + results.count;
    if (ok && f->files.count == before && f->unread.count == unread)
        ok = note_empty(f, dir, others.count, results.count, err);
    sx_paths_free(&others);
    sx_paths_free(&results);
    return ok;
}

bool sx_found_films_open(const sx_call *call, sx_found_films *f, sx_error *err) {
    *f = (sx_found_films){ 0 };
    bool ok = true;
    for (int i = 0; ok && i < call->input_count; i++)
        ok = sx_path_is_dir(call->inputs[i]) ? find_in_folder(call, call->inputs[i], f, err)
                                             : sx_paths_add(&f->files, call->inputs[i], err);
    return ok;
}

void sx_found_films_free(sx_found_films *f) {
    sx_paths_free(&f->files);
    sx_paths_free(&f->unread);
    sx_paths_free(&f->empty);
    *f = (sx_found_films){ 0 };
}
