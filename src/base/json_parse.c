/* Reads text into Jansson's values. Jansson's own reader is not used, because when memory runs out
 * it drops characters or ends the process by an assertion. Only another allocator could prevent
 * this, but the host program may use Jansson too. Jansson's constructors, which are used, report
 * failures. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { MAX_DEPTH = 2048 };

typedef struct reader {
    const char *begin, *at, *end;
    sx_str token; /* of the string or number that is read */
    int depth;
    bool unique_keys;
    sx_error *err;
} reader;

static json_t *read_value(reader *r);

static bool fail(reader *r, const char *what) {
    const size_t left = (size_t)(r->end - r->at);
    sx_str near = { 0 };
    if (left == 0) return sx_fail(r->err, SX_ERR_FORMAT, "%s near the end of the file", what);
    char rest[21] = { 0 };
    memcpy(rest, r->at, left < 20 ? left : 20);
    /* one line, which does not end inside a character */
    rest[strcspn(rest, "\r\n")] = '\0';
    for (size_t n = strlen(rest); n && sx_utf8_span(rest, n) < n && n > 17;)
        rest[--n] = '\0';
    sx_utf8_printable(&near, rest, false);
    sx_fail(r->err, SX_ERR_FORMAT, "%s near '%s'", what, sx_str_text(&near));
    sx_str_free(&near);
    return false;
}

static bool no_memory(reader *r) {
    return sx_fail(r->err, SX_ERR_MEMORY, "out of memory");
}

static json_t *made(reader *r, json_t *value) {
    if (!value) no_memory(r);
    return value;
}

static void skip_blanks(reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

/* Takes `c` if it is next. */
static bool take(reader *r, char c) {
    if (r->at == r->end || *r->at != c) return false;
    r->at++;
    return true;
}

/* ---- strings ---- */

static int hex_digit(char c) {
    if (sx_is_digit(c)) return c - '0';
    const int upper = sx_to_upper(c);
    return upper >= 'A' && upper <= 'F' ? upper - 'A' + 10 : -1;
}

/* The four digits after \u; -1: they are not. */
static int32_t read_unit(reader *r) {
    int32_t unit = 0;
    if (r->end - r->at < 4) return -1;
    for (int i = 0; i < 4; i++) {
        const int digit = hex_digit(r->at[i]);
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    r->at += 4;
    return unit;
}

static void put_character(sx_str *s, uint32_t code) {
    char c[4];
    size_t n = 0;
    if (code < 0x80) {
        c[n++] = (char)code;
    } else {
        const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        static const unsigned char first[] = { 0, 0xC0, 0xE0, 0xF0 };
        c[n++] = (char)(first[more] | code >> (6 * more));
        for (int i = more - 1; i >= 0; i--)
            c[n++] = (char)(0x80 | ((code >> (6 * i)) & 0x3F));
    }
    sx_str_append(s, c, n);
}

/* Two halves are one character above U+FFFF (RFC 8259, section 7). */
static bool read_unicode(reader *r) {
    const char *start = r->at - 2;
    int32_t unit = read_unit(r), low = 0;
    bool ok = unit > 0;
    if (unit >= 0xD800 && unit < 0xDC00) {
        ok = take(r, '\\') && take(r, 'u');
        low = ok ? read_unit(r) : -1;
        ok = low >= 0xDC00 && low < 0xE000;
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    } else if (unit >= 0xDC00 && unit < 0xE000) {
        ok = false;
    }
    if (ok) {
        put_character(&r->token, (uint32_t)unit);
        return true;
    }
    r->at = start;
    return fail(r, unit == 0 ? "\\u0000 in a string" : "an invalid \\u escape");
}

static bool read_escape(reader *r) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *known = r->at < r->end && *r->at ? strchr(from, *r->at) : NULL;
    if (known) {
        sx_str_append(&r->token, to + (known - from), 1);
        r->at++;
        return true;
    }
    if (take(r, 'u')) return read_unicode(r);
    r->at--;
    return fail(r, "an invalid escape");
}

static bool fail_byte(reader *r) {
    char what[40];
    snprintf(what, sizeof what, "byte 0x%02x is not UTF-8", (unsigned char)*r->at);
    return fail(r, what);
}

/* Reads the text between two quotes into r->token; the opening quote is next. */
static bool read_string(reader *r) {
    r->token.len = 0;
    sx_str_append(&r->token, "", 0);
    r->at++;
    for (;;) {
        const size_t left = (size_t)(r->end - r->at);
        const size_t n = sx_utf8_length(r->at, left);
        if (left == 0) return fail(r, "a string without an end");
        if (n == 0) return fail_byte(r);
        if ((unsigned char)*r->at < 0x20) return fail(r, "a control character in a string");
        if (take(r, '"')) return !r->token.failed || no_memory(r);
        if (take(r, '\\')) {
            if (!read_escape(r)) return false;
        } else {
            sx_str_append(&r->token, r->at, n);
            r->at += n;
        }
    }
}

/* ---- numbers ---- */

static size_t skip_digits(reader *r) {
    const char *start = r->at;
    while (r->at < r->end && sx_is_digit(*r->at))
        r->at++;
    return (size_t)(r->at - start);
}

static json_t *convert_number(reader *r, const char *start, bool whole) {
    const char *text = r->token.data;
    errno = 0;
    if (whole) {
        const long long v = strtoll(text, NULL, 10);
        if (errno != ERANGE) return made(r, json_integer(v));
    } else {
        const double v = sx_strtod(text, NULL);
        if (isfinite(v)) return made(r, json_real(v));
    }
    r->at = start;
    fail(r, "a number that is too large");
    return NULL;
}

static json_t *read_number(reader *r) {
    const char *start = r->at;
    bool whole = true;
    take(r, '-');
    const bool zero = r->at < r->end && *r->at == '0';
    const size_t digits = skip_digits(r);
    bool ok = digits > 0 && (!zero || digits == 1);
    if (ok && take(r, '.')) {
        whole = false;
        ok = skip_digits(r) > 0;
    }
    if (ok && (take(r, 'e') || take(r, 'E'))) {
        whole = false;
        if (!take(r, '-')) take(r, '+');
        ok = skip_digits(r) > 0;
    }
    if (!ok) {
        r->at = start;
        fail(r, "an invalid number");
        return NULL;
    }
    r->token.len = 0;
    sx_str_append(&r->token, start, (size_t)(r->at - start));
    if (!r->token.failed) return convert_number(r, start, whole);
    no_memory(r);
    return NULL;
}

/* ---- arrays and objects ---- */

/* False: `closing` was read, or there was an error. */
static bool next_item(reader *r, char closing, bool first, bool *failed) {
    skip_blanks(r);
    if (take(r, closing)) return false;
    if (!first && !take(r, ',')) {
        *failed = true;
        fail(r, closing == ']' ? "']' or ',' expected" : "'}' or ',' expected");
        return false;
    }
    skip_blanks(r);
    return true;
}

static json_t *read_array(reader *r) {
    json_t *array = made(r, json_array());
    bool failed = !array;
    r->at++;
    for (bool first = true; !failed && next_item(r, ']', first, &failed); first = false) {
        json_t *item = read_value(r);
        failed = !item;
        if (item && json_array_append_new(array, item) != 0) failed = !no_memory(r);
    }
    if (!failed) return array;
    json_decref(array);
    return NULL;
}

/* "key": value */
static bool read_member(reader *r, json_t *object) {
    const char *start = r->at;
    if (r->at == r->end || *r->at != '"') return fail(r, "a key in quotes expected");
    if (!read_string(r)) return false;
    char *key = sx_strdup(sx_str_text(&r->token));
    if (!key) return no_memory(r);
    bool ok = !r->unique_keys || !json_object_get(object, key);
    if (!ok) {
        r->at = start;
        fail(r, "a duplicate key");
    }
    skip_blanks(r);
    if (ok && !take(r, ':')) ok = fail(r, "':' expected");
    skip_blanks(r);
    json_t *value = ok ? read_value(r) : NULL;
    ok = value != NULL;
    if (value && json_object_set_new_nocheck(object, key, value) != 0) ok = no_memory(r);
    free(key);
    return ok;
}

static json_t *read_object(reader *r) {
    json_t *object = made(r, json_object());
    bool failed = !object;
    r->at++;
    for (bool first = true; !failed && next_item(r, '}', first, &failed); first = false)
        failed = !read_member(r, object);
    if (!failed) return object;
    json_decref(object);
    return NULL;
}

static json_t *read_word(reader *r) {
    static const char *const words[] = { "true", "false", "null" };
    const char *end = r->at;
    while (end < r->end && sx_is_letter(*end))
        end++;
    for (int i = 0; i < 3; i++) {
        const size_t n = strlen(words[i]);
        if ((size_t)(end - r->at) != n || memcmp(r->at, words[i], n) != 0) continue;
        r->at = end;
        return i == 0 ? json_true() : i == 1 ? json_false() : json_null();
    }
    fail(r, "a value expected");
    return NULL;
}

static json_t *read_nested(reader *r) {
    json_t *value = NULL;
    if (++r->depth > MAX_DEPTH)
        fail(r, "more than 2048 values inside one another");
    else
        value = *r->at == '[' ? read_array(r) : read_object(r);
    r->depth--;
    return value;
}

/* The value that begins here. */
static json_t *read_value(reader *r) {
    const char c = r->at < r->end ? *r->at : '\0';
    if (c == '[' || c == '{') return read_nested(r);
    if (c == '-' || sx_is_digit(c)) return read_number(r);
    if (c != '"') return read_word(r);
    if (!read_string(r)) return NULL;
    return made(r, json_stringn_nocheck(sx_str_text(&r->token), r->token.len));
}

static json_t *read_document(reader *r) {
    skip_blanks(r);
    if (r->at == r->end || (*r->at != '[' && *r->at != '{')) {
        fail(r, "'[' or '{' expected");
        return NULL;
    }
    json_t *j = read_value(r);
    skip_blanks(r);
    if (!j || r->at == r->end) return j;
    fail(r, "the end of the file expected");
    json_decref(j);
    return NULL;
}

json_t *sx_json_parse(const void *text, size_t n, bool unique_keys, int *line, sx_error *err) {
    reader r = { .begin = text, .at = text, .unique_keys = unique_keys, .err = err };
    r.end = r.begin + n;
    json_t *j = read_document(&r);
    if (line) {
        *line = 1;
        for (const char *p = r.begin; p < r.at; p++)
            *line += *p == '\n';
    }
    sx_str_free(&r.token);
    return j;
}
