#include "cli/set_args.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "data/film_list.h"
#include "data/headers.h"

const char *sx_cli_set_counts(char text[SX_CLI_COUNTS], size_t films, size_t boxes,
                              size_t classes) {
    sx_format(text, SX_CLI_COUNTS, "%zu %s, %zu %s, %zu %s", films, sx_noun(films, "film", "films"),
              boxes, sx_noun(boxes, "box", "boxes"), classes, sx_noun(classes, "class", "classes"));
    return text;
}

const char *sx_cli_film_export(int films, int pixels, sx_film_export *to) {
    if (pixels >= 0 && films != SX_EXPORT_PNG && films != SX_EXPORT_JPEG)
        return "--pixels needs --films png or jpeg";
    *to = (sx_film_export){ .format = (sx_film_format)films,
                            .pixels = pixels == 1 ? SX_PIXELS_VINDR : SX_PIXELS_DICOM };
    return NULL;
}

sx_layout sx_cli_layout(int choice) {
    return (sx_layout)(choice + SX_LAYOUT_VINDR);
}

static void tell(size_t n, const char *one, const char *many) {
    char text[160];
    snprintf(text, sizeof text, "%zu %s", n, sx_noun(n, one, many));
    if (n)
        sx_cli_print_parts((const sx_line_part[]){ { "not in this layout", ": " }, { text } }, 2);
}

static void tell_kinds(const sx_manifest_loss *loss) {
    tell(loss->boxes, "box", "boxes");
    tell(loss->films, "film that is abnormal without a box, or of unknown label",
         "films that are abnormal without a box, or of unknown label");
    tell(loss->readers, "reader of a box, or of a film without one",
         "readers of boxes, or of films without one");
    tell(loss->described, "film's study, patient, age and sex",
         "films' studies, patients, ages and sexes");
    tell(loss->no_ages, "value that is not an age", "values that are not ages");
    tell(loss->contradictions, "second age or sex of a film", "second ages or sexes of films");
    tell(loss->folders, "film id with a folder; it is shortened to the file's name",
         "film ids with a folder; they are shortened to the files' names");
    tell(loss->crowds, "box's mark as crowd or difficult", "boxes' marks as crowd or difficult");
}

static const char *films(size_t n) {
    return sx_noun(n, "film", "films");
}

static void tell_sizes(const sx_manifest_loss *loss, bool from_films) {
    const char *const why = from_films ? "no file to read its size from; --stated-sizes"
                                       : "neither a file nor a stated size";
    if (loss->unsized)
        sx_cli_print("left out: %zu %s, %zu %s (%s)\n", loss->unsized, films(loss->unsized),
                     loss->unsized_boxes, sx_noun(loss->unsized_boxes, "box", "boxes"), why);
    if (loss->other_sizes)
        sx_cli_print("%zu %s: the annotations state another size; the film's is written\n",
                     loss->other_sizes, films(loss->other_sizes));
    if (loss->unchecked_sizes)
        sx_cli_print("%zu %s: no file; the size is written as the annotations state it\n",
                     loss->unchecked_sizes, films(loss->unchecked_sizes));
}

static void tell_films(const sx_manifest_loss *loss) {
    if (loss->unwritten)
        sx_cli_print("left out: %zu %s, %zu %s (cannot be converted)\n", loss->unwritten,
                     films(loss->unwritten), loss->unwritten_boxes,
                     sx_noun(loss->unwritten_boxes, "box", "boxes"));
}

void sx_cli_tell_losses(const sx_manifest_loss *loss, bool sizes_from_films) {
    tell_sizes(loss, sizes_from_films);
    tell_kinds(loss);
    tell_films(loss);
}

void sx_cli_tell_unreadable(const sx_call *call, const sx_paths *messages) {
    for (size_t i = 0; i < messages->count; i++)
        sx_log(call->context, SX_LOG_ERROR, "%s", messages->items[i]);
    if (messages->count)
        sx_cli_print("left out: %zu %s that cannot be read\n", messages->count,
                     films(messages->count));
}

bool sx_cli_read_headers(const sx_call *call, const char *set, sx_manifest *m, sx_paths *unread,
                         sx_error *err) {
    sx_manifest_warn(call->context, m);
    const bool ok = sx_manifest_headers_readable(
        call->context, m, sx_cli_progress(call, "headers", m->film_count), unread, err);
    sx_cli_progress_end();
    return ok && (m->film_count > 0 || unread->count == 0 ||
                  sx_fail(err, SX_ERR_MISSING, "%s: none of the films can be read", set));
}

static bool take_name(void *user, const char *text, bool *known, sx_error *err) {
    uint32_t at;
    *known = true;
    return sx_names_add(user, text, &at, err);
}

bool sx_cli_read_lesion_names(const char *path, sx_names *names, sx_error *err) {
    const sx_film_list_user user = { take_name, names, "the data set" };
    return !path || sx_film_list_read(path, &user, err);
}
