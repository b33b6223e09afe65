#include "base/line.h"

#include <string.h>

#include "base/utf8.h"

enum { INDENT = 2 };

const char *sx_line_one(sx_str *memory, const char *text) {
    if (!strchr(text, '\n')) return text;
    memory->len = 0;
    sx_utf8_printable(memory, text, false);
    return sx_str_text(memory);
}

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

void sx_line_shorten(sx_str *out, const char *name, size_t columns) {
    sx_str memory = { 0 };
    const char *text = sx_line_one(&memory, name);
    const size_t has = sx_line_columns(text);
    if (has <= columns) {
        sx_str_add(out, text);
    } else {
        const size_t kept = columns - 3, head = (kept + 1) / 2, tail = kept - head;
        sx_str_append(out, text, byte_of_column(text, head));
        sx_str_add(out, "...");
        sx_str_add(out, text + byte_of_column(text, has - tail));
    }
    out->failed = out->failed || memory.failed;
    sx_str_free(&memory);
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

static void fold_line(sx_str *out, const char *text, size_t indent) {
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

void sx_line_fold(sx_str *out, const char *text, size_t indent) {
    sx_str memory = { 0 };
    fold_line(out, sx_line_one(&memory, text), indent);
    out->failed = out->failed || memory.failed;
    sx_str_free(&memory);
}

/* Appends part i; `text` is its text in one line. */
static void put_part(sx_str *out, const sx_line_part *parts, size_t i, const char *text) {
    const sx_line_part *p = &parts[i];
    const char *join = i && parts[i - 1].join ? parts[i - 1].join : "";
    const char *next = p->join ? p->join : "";
    /* a join that ends the line needs no space */
    size_t ending = strlen(next);
    while (ending && next[ending - 1] == ' ')
        ending--;
    const size_t columns = sx_line_columns(text) + sx_line_columns_of(next, ending);
    if (i && last_line(out) + sx_line_columns(join) + columns <= SX_LINE_COLUMNS) {
        sx_str_printf(out, "%s%s", join, text);
        return;
    }
    if (i) {
        size_t n = strlen(join);
        while (n && join[n - 1] == ' ')
            n--;
        sx_str_append(out, join, n);
        new_line(out, INDENT);
    }
    if (p->name || (i ? INDENT : 0) + columns <= SX_LINE_COLUMNS)
        sx_str_add(out, text);
    else
        fold_line(out, text, INDENT);
}

void sx_line_parts(sx_str *out, const sx_line_part *parts, size_t count) {
    sx_str memory = { 0 };
    for (size_t i = 0; i < count; i++)
        put_part(out, parts, i, sx_line_one(&memory, parts[i].text));
    sx_str_add(out, "\n");
    out->failed = out->failed || memory.failed;
    sx_str_free(&memory);
}
