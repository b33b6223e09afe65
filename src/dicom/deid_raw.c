/* Removed values in the bytes of binary numbers: in the film's own character set, of which only the
 * separators are known, and as a list of code points. */
#define _GNU_SOURCE /* memmem */
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/str.h"
#include "base/utf8.h"
#include "dicom/deid_secrets.h"
#include "dicom/deid_values.h"

enum { LEAST_BYTES = 4, LEAST_CODES = 4, MOST_CODE = 0xFFFF };

/* Letters, digits and bytes of other characters. */
static bool is_kept(uint8_t byte) {
    return byte >= 0x80 || sx_is_letter(byte) || sx_is_digit(byte);
}

/* Appends what is kept of the bytes; returns whether some of that is not ASCII. */
static bool squeeze(const char *bytes, size_t n, sx_str *out) {
    bool other = false;
    for (size_t i = 0; i < n; i++) {
        if (!is_kept((uint8_t)bytes[i])) continue;
        sx_str_append(out, bytes + i, 1);
        other = other || (uint8_t)bytes[i] >= 0x80;
    }
    return other;
}

/* Whether a component of the secret is in the text. ASCII is compared by sx_secrets_match. */
static bool has_component(const sx_secret *x, const sx_str *text, bool *no_memory) {
    bool found = false;
    for (size_t i = 0; i < x->raw_count && !found && !*no_memory;) {
        sx_str part = { 0 };
        size_t n = 0;
        while (i + n < x->raw_count && !strchr("^= ,", x->raw[i + n]))
            n++;
        const bool other = squeeze(x->raw + i, n, &part);
        *no_memory = part.failed;
        found = other && part.len >= LEAST_BYTES &&
                memmem(text->data, text->len, part.data, part.len) != NULL;
        sx_str_free(&part);
        i += n + 1;
    }
    return found;
}

const sx_secret *sx_secrets_match_raw(const sx_secrets *s, const void *bytes, size_t n) {
    sx_str text = { 0 };
    const sx_secret *found = NULL;
    const bool other = squeeze(bytes, n, &text);
    bool no_memory = text.failed;
    for (size_t i = 0; other && i < s->count && !found && !no_memory; i++)
        if (s->items[i].kind != SX_SECRET_UID && has_component(&s->items[i], &text, &no_memory))
            found = &s->items[i];
    sx_str_free(&text);
    return no_memory ? &sx_secret_no_memory : found;
}

/* A character's code point; 0: the value is none. */
static uint32_t code_of(const char *value) {
    char plain[SX_DEID_VALUE];
    if (*value == '-' || !sx_deid_plain_number(value, plain)) return 0;
    if (strspn(plain, "0123456789") != strlen(plain) || strlen(plain) > 5) return 0;
    const unsigned long code = strtoul(plain, NULL, 10);
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code >= ' ' && code <= MOST_CODE && !surrogate ? (uint32_t)code : 0;
}

bool sx_deid_text_of_codes(const char *const *values, size_t count, sx_str *out) {
    size_t codes = 0;
    for (size_t i = 0; i < count; i++) {
        const uint32_t code = code_of(values[i]);
        codes += code != 0;
        sx_utf8_put(out, code ? code : ' ');
    }
    return codes >= LEAST_CODES;
}
