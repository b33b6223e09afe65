#include "publish/markdown.h"

#include <string.h>

void sx_put_hub_licence(sx_str *out, const char *licence) {
    sx_str_add(out, "license: ");
    for (; *licence; licence++) {
        const char c = *licence >= 'A' && *licence <= 'Z' ? (char)(*licence + 32) : *licence;
        sx_str_append(out, &c, 1);
    }
    sx_str_add(out, "\n");
}

void sx_put_markdown(sx_str *out, const char *text) {
    for (; *text; text++) {
        if (strchr("\\`*_[]<>|#", *text)) sx_str_add(out, "\\");
        sx_str_append(out, *text == '\n' ? " " : text, 1);
    }
}

void sx_put_code(sx_str *out, const char *text) {
    while (*text) {
        const size_t n = strcspn(text, "\n");
        sx_str_printf(out, "    %.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
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
