#include "base/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/mem.h"
#include "base/utf8.h"

struct sx_csv {
    sx_file file; /* when opened by path */
    const char *at, *end;
    const void *bytes;
    size_t size;
    char *name;
    char **header;
    size_t column_count;
    sx_str text;    /* the current row's fields, each followed by a NUL */
    size_t *starts; /* of each field in text */
    size_t field_count, cap;
    size_t line, row_line; /* line: of the next byte */
};

static bool fail_at(const sx_csv *c, size_t line, sx_error *err, const char *what) {
    return sx_fail(err, SX_ERR_FORMAT, "%s:%zu: %s", c->name, line, what);
}

static bool begin_field(sx_csv *c, sx_error *err) {
    if (c->field_count == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 16;
        size_t *p = sx_realloc(c->starts, cap, sizeof *p);
        if (!p) return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", c->name);
        c->starts = p;
        c->cap = cap;
    }
    c->starts[c->field_count++] = c->text.len;
    return true;
}

/* sx_csv_put escapes some characters, which come back here. */
static void end_field(sx_csv *c) {
    const size_t begin = c->starts[c->field_count - 1];
    sx_str_append(&c->text, "", 1);
    if (c->text.failed) return;
    char *field = c->text.data + begin;
    if (strstr(field, "\\x") && strlen(field) + 1 == c->text.len - begin)
        c->text.len = begin + sx_utf8_restore_controls(field) + 1;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static const char *skip_blanks(const sx_csv *c) {
    const char *p = c->at;
    while (p < c->end && is_blank(*p))
        p++;
    return p;
}

/* The bytes of a quoted field; c->at is just after the opening quote. */
static bool read_quoted(sx_csv *c, sx_error *err) {
    size_t opened = c->line;
    for (;;) {
        const char *q = memchr(c->at, '"', (size_t)(c->end - c->at));
        if (!q) return fail_at(c, opened, err, "a quote is never closed");
        for (const char *p = c->at; p < q; p++)
            if (*p == '\n' || (*p == '\r' && p[1] != '\n')) c->line++;
        sx_str_append(&c->text, c->at, (size_t)(q - c->at));
        c->at = q + 1;
        if (c->at == c->end || *c->at != '"') break;
        sx_str_append(&c->text, "\"", 1);
        c->at++;
    }
    c->at = skip_blanks(c);
    if (c->at < c->end && *c->at != ',' && *c->at != '\r' && *c->at != '\n')
        return fail_at(c, c->line, err, "text after a closing quote");
    return true;
}

/* Without blanks around it; some programs write a blank after each comma. */
static void read_plain(sx_csv *c) {
    const char *from = skip_blanks(c), *p = from;
    while (p < c->end && *p != ',' && *p != '\n' && *p != '\r')
        p++;
    c->at = p;
    while (p > from && is_blank(p[-1]))
        p--;
    sx_str_append(&c->text, from, (size_t)(p - from));
}

static void skip_line_end(sx_csv *c) {
    if (c->at == c->end) return;
    if (*c->at == '\r' && c->at + 1 < c->end && c->at[1] == '\n') c->at++;
    c->at++;
    c->line++;
}

/* No field has a NUL byte but the one behind it. */
static bool check_nul(const sx_csv *c, sx_error *err) {
    for (size_t i = 0; i < c->field_count; i++) {
        const size_t next = i + 1 < c->field_count ? c->starts[i + 1] : c->text.len;
        if (c->starts[i] + strlen(c->text.data + c->starts[i]) + 1 == next) continue;
        return i < c->column_count
                   ? sx_fail(err, SX_ERR_FORMAT, "%s:%zu: a NUL byte in column %s", c->name,
                             c->row_line, c->header[i])
                   : sx_fail(err, SX_ERR_FORMAT,
                             "%s:%zu: a NUL byte in column %zu (is this a text file?)", c->name,
                             c->row_line, i + 1);
    }
    return true;
}

/* One row, blank lines skipped; false at the end. */
static bool read_row(sx_csv *c, bool *failed, sx_error *err) {
    *failed = false;
    while (c->at < c->end && (*c->at == '\n' || *c->at == '\r'))
        skip_line_end(c);
    if (c->at == c->end) return false;
    c->field_count = 0;
    c->text.len = 0;
    c->row_line = c->line;
    *failed = true;
    for (;;) {
        if (!begin_field(c, err)) return false;
        const char *first = skip_blanks(c);
        if (first < c->end && *first == '"') {
            c->at = first + 1;
            if (!read_quoted(c, err)) return false;
        } else {
            read_plain(c);
        }
        end_field(c);
        if (c->at == c->end || *c->at != ',') break;
        c->at++;
    }
    skip_line_end(c);
    if (c->text.failed) return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", c->name);
    if (!check_nul(c, err)) return false;
    const size_t good = sx_utf8_span(c->text.data, c->text.len);
    if (good < c->text.len)
        return sx_fail(err, SX_ERR_FORMAT,
                       "%s:%zu: the byte 0x%02x is not UTF-8: save the file as UTF-8", c->name,
                       c->row_line, (unsigned char)c->text.data[good]);
    *failed = false;
    return true;
}

static char *trimmed(const char *s) {
    while (*s == ' ' || *s == '\t')
        s++;
    size_t n = strlen(s);
    while (n && (s[n - 1] == ' ' || s[n - 1] == '\t'))
        n--;
    char *p = sx_calloc(n + 1, 1);
    if (p) memcpy(p, s, n);
    return p;
}

static bool read_header(sx_csv *c, sx_error *err) {
    static const char bom[3] = { '\xef', '\xbb', '\xbf' };
    if (c->size >= 3 && memcmp(c->at, bom, 3) == 0) c->at += 3;
    if (sx_utf16_is_marked(c->bytes, c->size))
        return sx_fail(err, SX_ERR_UNSUPPORTED, "%s: is UTF-16 text; save it as UTF-8", c->name);
    bool failed;
    if (!read_row(c, &failed, err))
        return failed ? false : sx_fail(err, SX_ERR_FORMAT, "%s: is empty: no header row", c->name);
    c->header = sx_calloc(c->field_count, sizeof *c->header);
    if (!c->header) return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", c->name);
    c->column_count = c->field_count;
    for (size_t i = 0; i < c->column_count; i++) {
        c->header[i] = trimmed(sx_csv_field(c, (int)i));
        if (!c->header[i]) return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", c->name);
    }
    for (size_t i = 0; i < c->column_count; i++)
        for (size_t k = 0; k < i; k++)
            if (c->header[i][0] && strcmp(c->header[i], c->header[k]) == 0)
                return sx_fail(err, SX_ERR_FORMAT, "%s:%zu: two columns are named \"%s\"", c->name,
                               c->row_line, c->header[i]);
    return true;
}

static sx_csv *start_reading(sx_csv *c, const void *bytes, size_t n, const char *name,
                             sx_error *err) {
    c->bytes = c->at = bytes;
    c->size = n;
    c->end = c->at + n;
    c->line = 1;
    c->name = sx_strdup(name);
    if (!c->name) sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", name);
    if (c->name && read_header(c, err)) return c;
    sx_csv_close(c);
    return NULL;
}

sx_csv *sx_csv_open(const char *path, sx_error *err) {
    sx_csv *c = sx_calloc_for(1, sizeof *c, path, err);
    if (!c) return NULL;
    if (!sx_file_open(&c->file, path, err)) {
        free(c);
        return NULL;
    }
    return start_reading(c, c->file.data, c->file.size, path, err);
}

sx_csv *sx_csv_from_memory(const void *bytes, size_t n, const char *name, sx_error *err) {
    sx_csv *c = sx_calloc_for(1, sizeof *c, name, err);
    return c ? start_reading(c, bytes, n, name, err) : NULL;
}

void sx_csv_close(sx_csv *c) {
    if (!c) return;
    for (size_t i = 0; c->header && i < c->column_count; i++)
        free(c->header[i]);
    free(c->header);
    free(c->starts);
    free(c->name);
    sx_str_free(&c->text);
    sx_file_close(&c->file);
    free(c);
}

size_t sx_csv_columns(const sx_csv *c) {
    return c->column_count;
}

const char *sx_csv_name(const sx_csv *c, size_t column) {
    return c->header[column];
}

int sx_csv_find(const sx_csv *c, const char *name) {
    for (size_t i = 0; i < c->column_count; i++)
        if (strcmp(c->header[i], name) == 0) return (int)i;
    return -1;
}

bool sx_csv_need(const sx_csv *c, const char *name, int *column, sx_error *err) {
    int at = sx_csv_find(c, name);
    if (at >= 0) {
        *column = at;
        return true;
    }
    sx_str have = { 0 };
    for (size_t i = 0; i < c->column_count; i++)
        sx_str_printf(&have, "%s%s", i ? ", " : "", c->header[i]);
    sx_fail(err, SX_ERR_MISSING, "%s: no column \"%s\" (there are: %s)", c->name, name,
            sx_str_text(&have));
    sx_str_free(&have);
    return false;
}

bool sx_csv_next(sx_csv *c, bool *failed, sx_error *err) {
    bool bad = false;
    bool got = read_row(c, &bad, err);
    if (got && c->field_count != c->column_count) {
        bad = true;
        got = sx_csv_fail(c, err, "%zu field%s, the header has %zu", c->field_count,
                          c->field_count == 1 ? "" : "s", c->column_count);
    }
    if (failed) *failed = bad;
    return got;
}

size_t sx_csv_line(const sx_csv *c) {
    return c->row_line;
}

const void *sx_csv_bytes(const sx_csv *c, size_t *n) {
    *n = c->size;
    return c->bytes;
}

/* Whether a spreadsheet would run the text as a formula: OWASP's list, in full width too, after any
 * number of apostrophes and blanks. */
static bool is_formula(const char *text) {
    /* U+FF1D, U+FF0B, U+FF0D, U+FF20 */
    static const char *const wide[] = { "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
                                        "\xef\xbc\xa0" };
    double number;
    const char *s = text + strspn(text, "'");
    if (*s && strchr("\t\r\n", *s)) return true;
    s += strspn(s, "' \t\r\n");
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (strncmp(s, wide[i], 3) == 0) return true;
    if (s == text && (strcmp(text, "-") == 0 || sx_parse_double(text, &number))) return false;
    return *s && strchr("=+-@", *s);
}

const char *sx_csv_field(const sx_csv *c, int column) {
    if (column < 0 || (size_t)column >= c->field_count) return "";
    const char *text = c->text.data + c->starts[column];
    return text[0] == '\'' && is_formula(text) ? text + 1 : text;
}

bool sx_csv_fail(const sx_csv *c, sx_error *err, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    sx_vfail(err, SX_ERR_FORMAT, fmt, args);
    va_end(args);
    return sx_fail_in(err, "%s:%zu", c->name, c->row_line);
}

static bool number_text(const sx_csv *c, int column, char *buf, size_t size) {
    const char *s = sx_csv_field(c, column);
    while (*s == ' ' || *s == '\t')
        s++;
    size_t n = strlen(s);
    while (n && (s[n - 1] == ' ' || s[n - 1] == '\t'))
        n--;
    if (n == 0 || n >= size) return false;
    memcpy(buf, s, n);
    buf[n] = '\0';
    return true;
}

/* "nan" and "inf" are read, so that the reader of the column reports them with their row. */
static bool read_number(const char *text, double *out) {
    return sx_parse_double(text, out) ||
           (!strpbrk(text, "xX(") && sx_parse_printed_double(text, out));
}

bool sx_csv_double(const sx_csv *c, int column, double *out, sx_error *err) {
    char buf[128];
    if (number_text(c, column, buf, sizeof buf) && read_number(buf, out)) return true;
    return sx_csv_fail(c, err, "%s: \"%.60s\" is not a number",
                       column < 0 ? "?" : c->header[column], sx_csv_field(c, column));
}

bool sx_csv_long(const sx_csv *c, int column, long min, long max, long *out, sx_error *err) {
    char buf[128];
    if (number_text(c, column, buf, sizeof buf) && sx_parse_long(buf, min, max, out)) return true;
    return sx_csv_fail(c, err, "%s: \"%.60s\" is not a whole number from %ld to %ld",
                       column < 0 ? "?" : c->header[column], sx_csv_field(c, column), min, max);
}

void sx_csv_put(sx_str *out, const char *field) {
    sx_str room = { 0 };
    sx_utf8_escape_controls(&room, field);
    out->failed = out->failed || room.failed;
    field = sx_str_text(&room);
    const bool formula = is_formula(field);
    const bool blank = field[0] && (is_blank(field[0]) || is_blank(field[strlen(field) - 1]));
    if (!field[0] || (!strpbrk(field, ",\"\r\n") && !blank && !formula)) {
        sx_str_add(out, field);
    } else {
        sx_str_add(out, formula ? "\"'" : "\"");
        for (const char *p = field; *p; p++) {
            if (*p == '"') sx_str_append(out, "\"", 1);
            sx_str_append(out, p, 1);
        }
        sx_str_append(out, "\"", 1);
    }
    sx_str_free(&room);
}
