#include "base/text_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    GAP = 2,
    /* Texts are shortened to this if the table then fits. */
    SHORT = 20,
    /* No text is longer where columns are spread over tables, so that two columns always fit. */
    LONG = 36
};

typedef struct layout {
    const sx_text_table *table;
    size_t *widths;
} layout;

static const char *cell_at(const sx_text_table *t, size_t row, size_t column) {
    const char *text = t->cells[row * t->column_count + column];
    return text ? text : "";
}

static size_t widest_cell(const sx_text_table *t, size_t column) {
    size_t widest = 0;
    for (size_t r = 0; r < t->row_count; r++) {
        const size_t n = sx_line_columns(cell_at(t, r, column));
        if (n > widest) widest = n;
    }
    return widest;
}

static size_t total(const layout *l) {
    size_t sum = 0;
    for (size_t c = 0; c < l->table->column_count; c++)
        sum += l->widths[c] + (c ? GAP : 0);
    return sum;
}

/* Takes whole words, at least one, that fit in `width` columns off the front of *text, and the
 * space behind them. Returns their bytes. */
static size_t take_line(const char **text, size_t width) {
    const char *s = *text;
    size_t taken = strcspn(s, " ");
    while (s[taken]) {
        const size_t next = taken + 1 + strcspn(s + taken + 1, " ");
        if (sx_line_columns_of(s, next) > width) break;
        taken = next;
    }
    *text = s + taken + (s[taken] == ' ');
    return taken;
}

static size_t longest_word(const char *text) {
    size_t longest = 0;
    while (*text) {
        const size_t bytes = strcspn(text, " "), n = sx_line_columns_of(text, bytes);
        if (n > longest) longest = n;
        text += bytes + (text[bytes] == ' ');
    }
    return longest;
}

static size_t line_count(const char *heading, size_t width) {
    size_t n = 0;
    do {
        take_line(&heading, width);
        n++;
    } while (*heading);
    return n;
}

static void break_headings(layout *l) {
    for (size_t c = 0; c < l->table->column_count; c++) {
        const size_t cells = widest_cell(l->table, c), word = longest_word(l->table->headings[c]);
        l->widths[c] = cells > word ? cells : word;
    }
}

/* Makes the widest texts shorter, none below `least`, until the table fits. */
static void shorten_texts(layout *l, size_t least) {
    const sx_text_table *t = l->table;
    while (total(l) > SX_LINE_COLUMNS) {
        size_t widest = t->column_count;
        for (size_t c = 0; c < t->column_count; c++)
            if (!t->numbers[c] && l->widths[c] > least &&
                (widest == t->column_count || l->widths[c] > l->widths[widest]))
                widest = c;
        if (widest == t->column_count) return;
        l->widths[widest]--;
    }
}

static void limit_texts(layout *l) {
    for (size_t c = 0; c < l->table->column_count; c++)
        if (!l->table->numbers[c] && l->widths[c] > LONG) l->widths[c] = LONG;
}

static void choose_widths(layout *l) {
    const sx_text_table *t = l->table;
    size_t least = 0;
    for (size_t c = 0; c < t->column_count; c++) {
        const size_t cells = widest_cell(t, c), heading = sx_line_columns(t->headings[c]);
        l->widths[c] = cells > heading ? cells : heading;
    }
    if (total(l) <= SX_LINE_COLUMNS) return;
    break_headings(l);
    for (size_t c = 0; c < t->column_count; c++) {
        const bool can = !t->numbers[c] && l->widths[c] > SHORT;
        least += (can ? SHORT : l->widths[c]) + (c ? GAP : 0);
    }
    if (least <= SX_LINE_COLUMNS)
        shorten_texts(l, SHORT);
    else
        limit_texts(l);
}

static void pad(sx_str *out, size_t n) {
    while (n-- > 0)
        sx_str_add(out, " ");
}

static void end_line(sx_str *out) {
    while (out->len && out->data[out->len - 1] == ' ')
        out->data[--out->len] = '\0';
    sx_str_add(out, "\n");
}

static void put_cell(sx_str *out, const char *text, size_t width, bool right) {
    const size_t columns = sx_line_columns(text), gap = columns < width ? width - columns : 0;
    if (right) pad(out, gap);
    if (right)
        sx_str_add(out, text);
    else
        sx_line_shorten(out, text, width < 5 ? 5 : width);
    if (!right) pad(out, gap);
    pad(out, GAP);
}

/* The columns of one of the tables: the first of all, and those from `begin` to before `end`. */
static bool is_shown(size_t c, size_t begin, size_t end) {
    return c == 0 || (c >= begin && c < end);
}

/* Line number `line` of a heading that ends on the last of `lines` lines. */
static void put_heading(sx_str *out, const layout *l, size_t c, size_t line, size_t lines) {
    const char *text = l->table->headings[c], *from = text;
    const size_t width = l->widths[c], first = lines - line_count(text, width);
    size_t bytes = 0;
    for (size_t k = first; k <= line; k++) {
        from = text;
        bytes = take_line(&text, width);
    }
    const size_t columns = sx_line_columns_of(from, bytes);
    const size_t gap = columns < width ? width - columns : 0;
    if (l->table->numbers[c]) pad(out, gap);
    sx_str_append(out, from, bytes);
    if (!l->table->numbers[c]) pad(out, gap);
    pad(out, GAP);
}

static void put_headings(sx_str *out, const layout *l, size_t begin, size_t end) {
    size_t lines = 1;
    for (size_t c = 0; c < l->table->column_count; c++) {
        const size_t n = line_count(l->table->headings[c], l->widths[c]);
        if (is_shown(c, begin, end) && n > lines) lines = n;
    }
    for (size_t line = 0; line < lines; line++) {
        for (size_t c = 0; c < l->table->column_count; c++)
            if (is_shown(c, begin, end)) put_heading(out, l, c, line, lines);
        end_line(out);
    }
}

static void put_part(sx_str *out, const layout *l, size_t begin, size_t end) {
    const sx_text_table *t = l->table;
    put_headings(out, l, begin, end);
    for (size_t c = 0; t->ruled && c < t->column_count; c++) {
        for (size_t i = 0; is_shown(c, begin, end) && i < l->widths[c]; i++)
            sx_str_add(out, "-");
        if (is_shown(c, begin, end)) pad(out, GAP);
    }
    if (t->ruled) end_line(out);
    for (size_t r = 0; r < t->row_count; r++) {
        for (size_t c = 0; c < t->column_count; c++)
            if (is_shown(c, begin, end))
                put_cell(out, cell_at(t, r, c), l->widths[c], t->numbers[c]);
        end_line(out);
    }
}

void sx_text_table_put(sx_str *out, const sx_text_table *t) {
    layout l = { t, sx_calloc(t->column_count + 1, sizeof *l.widths) };
    if (!l.widths) {
        out->failed = true;
        return;
    }
    choose_widths(&l);
    for (size_t begin = 1, end; begin <= t->column_count; begin = end) {
        size_t columns = l.widths[0];
        for (end = begin; end < t->column_count; end++) {
            columns += GAP + l.widths[end];
            if (columns > SX_LINE_COLUMNS && end > begin) break;
        }
        if (begin > 1) sx_str_add(out, "\n");
        put_part(out, &l, begin, end);
        if (end == t->column_count) break;
    }
    free(l.widths);
}
