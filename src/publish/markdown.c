#include "publish/markdown.h"

#include <string.h>

#include "publish/licences.h"

void sx_put_hub_licence(sx_str *out, const sx_about *a) {
    const char *name = sx_about_text(a, "licence"), *id = sx_licence_on_hub(name);
    sx_str link = { 0 }, lower = { 0 };
    sx_str_printf(out, "license: %s\n", id ? id : "other");
    if (id) return;
    sx_str_add(out, "license_name: ");
    for (; *name; name++) { /* the Hub's names have lower case */
        const char c = *name >= 'A' && *name <= 'Z' ? (char)(*name + 32) : *name;
        sx_str_append(&lower, &c, 1);
    }
    sx_yaml_put(out, sx_str_text(&lower));
    sx_about_put_licence_link(a, &link);
    sx_str_add(out, "\nlicense_link: ");
    sx_yaml_put(out, sx_str_text(&link));
    sx_str_add(out, "\n");
    out->failed = out->failed || link.failed || lower.failed;
    sx_str_free(&link);
    sx_str_free(&lower);
}

void sx_put_markdown(sx_str *out, const char *text) {
    for (; *text; text++) {
        if (strchr("\\`*_[]<>|#", *text)) sx_str_add(out, "\\");
        sx_str_append(out, *text == '\n' || *text == '\r' ? " " : text, 1);
    }
}

void sx_put_code(sx_str *out, const char *text) {
    while (*text) {
        const size_t n = strcspn(text, "\r\n"); /* Markdown ends a line at a CR, too */
        sx_str_add(out, "    ");
        sx_str_append(out, text, n);
        sx_str_add(out, "\n");
        text += n;
        text += text[0] == '\r' && text[1] == '\n' ? 2 : *text != '\0';
    }
    sx_str_add(out, "\n");
}

void sx_put_demoted(sx_str *out, const char *document) {
    while (*document) {
        const size_t n = strcspn(document, "\n") + (document[strcspn(document, "\n")] == '\n');
        if (document[0] == '#') sx_str_add(out, "#");
        sx_str_append(out, document, n);
        document += n;
    }
}
