/* The figures of a document as files. */
#include <stdio.h>
#include <string.h>

#include "base/run_folder.h"
#include "base/writer.h"
#include "document/document_impl.h"
#include "document/figure_draw.h"

/* "03-roc-curve", from the figure's title. */
static bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static void name_figure(size_t number, const char *title, char *buf, size_t size) {
    size_t at = (size_t)snprintf(buf, size, "%02zu-", number);
    bool gap = false;
    for (const char *p = title; *p && at + 2 < size; p++) {
        const bool plain = is_plain(*p);
        if (plain && gap) buf[at++] = '-';
        if (plain) buf[at++] = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
        gap = plain ? false : at > 3;
    }
    buf[at] = '\0';
}

/* Title, caption and description in words, for an alternative text. */
static bool write_words(const sx_block *b, const char *path, sx_error *err) {
    sx_str text = { 0 };
    sx_str_printf(&text, "%s\n\n", b->figure->title);
    if (b->text) sx_str_printf(&text, "%s\n\n", b->text);
    sx_str_printf(&text, "%s\n", sx_str_text(&b->figure->description));
    const bool ok = sx_str_ok(&text, err) && sx_write_file(path, text.data, text.len, err);
    sx_str_free(&text);
    return ok;
}

/* Figures that the journal of an earlier evaluation lists are replaced, other files are not. */
static const char *const patterns[] = { "[0-9][0-9]-*.svg",      "[0-9][0-9]-*.png",
                                        "[0-9][0-9]-*.pdf",      "[0-9][0-9]-*.txt",
                                        "[0-9][0-9][0-9]-*.svg", "[0-9][0-9][0-9]-*.png",
                                        "[0-9][0-9][0-9]-*.pdf", "[0-9][0-9][0-9]-*.txt" };
static const sx_run_folder_rules rules = { .command = "eval --figures",
                                           .patterns = patterns,
                                           .pattern_count = sizeof patterns / sizeof *patterns,
                                           .overwrite = true };

static bool write_figure(const sx_block *b, sx_run_folder *folder, const char *dir, size_t number,
                         sx_error *err) {
    static const char *const endings[] = { "svg", "png", "pdf" };
    char name[80];
    bool ok = true;
    name_figure(number, b->figure->title, name, sizeof name);
    for (size_t k = 0; ok && k <= sizeof endings / sizeof *endings; k++) {
        const bool words = k == sizeof endings / sizeof *endings;
        sx_str path = { 0 };
        sx_str_printf(&path, "%s/%s.%s", dir, name, words ? "txt" : endings[k]);
        const char *file = NULL;
        ok = sx_str_ok(&path, err);
        if (ok) file = path.data + strlen(dir) + 1;
        ok = ok && sx_run_folder_list(folder, &file, 1, err) &&
             (words ? write_words(b, path.data, err) : sx_figure_write(b->figure, path.data, err));
        sx_str_free(&path);
    }
    return ok;
}

bool sx_doc_write_figures(const sx_doc *d, const char *dir, sx_error *err) {
    size_t number = 0;
    sx_run_folder *folder = sx_doc_check(d, err) ? sx_run_folder_open(dir, &rules, err) : NULL;
    bool ok = folder && sx_run_folder_begin(folder, err);
    for (const sx_block *b = d->first; ok && b; b = b->next)
        if (b->kind == SX_BLOCK_FIGURE) ok = write_figure(b, folder, dir, ++number, err);
    sx_run_folder_close(folder, ok);
    return ok;
}
