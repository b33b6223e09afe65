#include "base/line.h"

#include <string.h>

enum { INDENT = 2 };

static bool begins_character(char c) {
    return ((unsigned char)c & 0xC0) != 0x80;
}

size_t sx_line_columns_of(const char *text, size_t bytes) {
    size_t n = 0;
    for (size_t i = 0; i < bytes; i++)
        n += begins_character(text[i]);
    return n;
}

size_t sx_line_columns(const char *text) {
    return sx_line_columns_of(text, strlen(text));
}

/* The byte at which the character number `column` begins. */
static size_t byte_of_column(const char *text, size_t column) {
    size_t i = 0;
    for (size_t n = 0; text[i]; i++)
        if (begins_character(text[i]) && n++ == column) break;
    return i;
}

void sx_line_shorten(sx_str *out, const char *text, size_t columns) {
    const size_t has = sx_line_columns(text);
    if (has <= columns) {
        sx_str_add(out, text);
        return;
    }
    const size_t kept = columns - 3, head = (kept + 1) / 2, tail = kept - head;
    sx_str_append(out, text, byte_of_column(text, head));
    sx_str_add(out, "...");
    sx_str_add(out, text + byte_of_column(text, has - tail));
}

static void new_line(sx_str *out, size_t indent) {
    sx_str_add(out, "\n");
    for (size_t i = 0; i < indent; i++)
        sx_str_add(out, " ");
}

/* Columns of the last line of `out`. */
static size_t last_line(const sx_str *out) {
    const char *text = sx_str_text(out), *end = strrchr(text, '\n');
    return sx_line_columns(end ? end + 1 : text);
}

/* Appends a word in pieces that end after commas. */
static void fold_word(sx_str *out, const char *word, size_t bytes, size_t indent) {
    for (size_t at = last_line(out); bytes;) {
        const char *comma = memchr(word, ',', bytes);
        const size_t n = comma ? (size_t)(comma - word) + 1 : bytes;
        const size_t columns = sx_line_columns_of(word, n);
        if (at > indent && at + columns > SX_LINE_COLUMNS) {
            new_line(out, indent);
            at = indent;
        }
        sx_str_append(out, word, n);
        at += columns;
        word += n;
        bytes -= n;
    }
}

void sx_line_fold(sx_str *out, const char *text, size_t indent) {
    size_t at = last_line(out);
    for (bool first = true; *text; first = false) {
        const size_t bytes = strcspn(text, " "), columns = sx_line_columns_of(text, bytes);
        const size_t gap = first ? 0 : 1;
        const bool fits = at + gap + columns <= SX_LINE_COLUMNS;
        if (fits && gap) sx_str_add(out, " ");
        if (!fits && at > indent) new_line(out, indent);
        fold_word(out, text, bytes, indent);
        at = fits ? at + gap + columns : last_line(out);
        text += bytes;
        text += strspn(text, " ");
    }
}

void sx_line_parts(sx_str *out, const sx_line_part *parts, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const sx_line_part *p = &parts[i];
        const char *join = i && parts[i - 1].join ? parts[i - 1].join : "";
        const char *next = p->join ? p->join : "";
        /* a join that ends the line needs no space */
        size_t ending = strlen(next);
        while (ending && next[ending - 1] == ' ')
            ending--;
        const size_t columns = sx_line_columns(p->text) + sx_line_columns_of(next, ending);
        if (i && last_line(out) + sx_line_columns(join) + columns <= SX_LINE_COLUMNS) {
            sx_str_printf(out, "%s%s", join, p->text);
            continue;
        }
        if (i) {
            size_t n = strlen(join);
            while (n && join[n - 1] == ' ')
                n--;
            sx_str_append(out, join, n);
            new_line(out, INDENT);
        }
        if (p->name || (i ? INDENT : 0) + columns <= SX_LINE_COLUMNS)
            sx_str_add(out, p->text);
        else
            sx_line_fold(out, p->text, INDENT);
    }
    sx_str_add(out, "\n");
}
