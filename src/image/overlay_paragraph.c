#include <string.h>

#include "image/overlay_draw_impl.h"

/* The number of bytes of the words of `at` that fit into `room`; at least one word. */
static size_t line_length(const sx_picture *p, char *at, double room) {
    size_t fits = strcspn(at, " ");
    while (at[fits]) {
        const size_t next = fits + 1 + strcspn(at + fits + 1, " ");
        const char keep = at[next];
        at[next] = '\0';
        const bool wide = sx_text_width(p, at) > room;
        at[next] = keep;
        if (wide) break;
        fits = next;
    }
    return fits;
}

int sx_put_paragraph(const sx_picture *p, const sx_paragraph *style, const char *from, bool draw) {
    char text[SX_PARAGRAPH_BYTES];
    sx_clean_text(text, sizeof text, from);
    double y = style->y;
    char *at = text;
    for (int lines = 1;; lines++, y += style->line) {
        const size_t fits = line_length(p, at, style->room);
        const bool last = lines == style->most_lines || !at[fits];
        if (!last) at[fits] = '\0';
        if (draw) sx_put_text(p, style->x, y, style->room, style->ink, at);
        if (last) return lines;
        at += fits + 1;
    }
}

double sx_put_notice(const sx_picture *p, double x, double top, double room, const char *notice,
                     const char *warning, bool draw) {
    sx_paragraph style = { .x = x, .room = room, .line = 1.5 * p->font, .ink = sx_ink_warning };
    style.y = top + style.line / 2;
    style.most_lines = 3;
    if (notice && notice[0]) {
        sx_use_font(p, p->font, true);
        style.y += style.line * sx_put_paragraph(p, &style, notice, draw);
    }
    style.most_lines = 5;
    if (warning && warning[0]) {
        sx_use_font(p, p->font, false);
        style.y += style.line * sx_put_paragraph(p, &style, warning, draw);
    }
    return style.y - style.line / 2 - top;
}
