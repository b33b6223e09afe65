#include "service/node/networks.h"

#include <string.h>

#include "base/hash.h"

bool sx_networks_hash(const char *const *files, size_t count, char out[65], sx_error *err) {
    sx_str all = { 0 };
    sx_sha256 hash;
    for (size_t i = 0; i < count; i++)
        sx_str_printf(&all, "%s\n", files[i]);
    const bool ok = sx_str_ok(&all, err) && sx_sha256_of(sx_str_text(&all), all.len, &hash, err);
    if (ok) memcpy(out, hash.hex, 65);
    sx_str_free(&all);
    return ok;
}

bool sx_networks_have(const sx_networks *n, const char *label) {
    const size_t length = strlen(label);
    for (const char *line = n->classes; *line; line += strspn(line, "\n")) {
        const size_t size = strcspn(line, "\n");
        if (size == length && memcmp(line, label, size) == 0) return true;
        line += size;
    }
    return false;
}

/* The hash, a mark, the note; on further lines the classes. */
bool sx_networks_print(const sx_networks *n, sx_str *out, sx_error *err) {
    sx_str_printf(out, "%s%c", n->weights, n->demonstration ? '!' : ' ');
    for (const char *c = n->note; *c; c++)
        sx_str_append(out, *c == '\n' ? " " : c, 1);
    sx_str_printf(out, "\n%s", n->classes);
    return sx_str_ok(out, err);
}

bool sx_networks_parse(const char *text, sx_networks *out, sx_error *err) {
    const size_t digits = strspn(text, "0123456789abcdef");
    if (digits != 64 || (text[64] != '!' && text[64] != ' '))
        return sx_fail(err, SX_ERR_FORMAT, "a worker process did not say what its networks are");
    memcpy(out->weights, text, 64);
    out->weights[64] = '\0';
    out->demonstration = text[64] == '!';
    const char *note = text + 65, *end = note + strcspn(note, "\n");
    sx_format(out->note, sizeof out->note, "%.*s", (int)(end - note), note);
    sx_format(out->classes, sizeof out->classes, "%s", *end ? end + 1 : "");
    return true;
}
