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

/* The hash, a mark, the note. */
bool sx_networks_print(const sx_networks *n, sx_str *out, sx_error *err) {
    sx_str_printf(out, "%s%c%s", n->weights, n->demonstration ? '!' : ' ', n->note);
    return sx_str_ok(out, err);
}

bool sx_networks_parse(const char *text, sx_networks *out, sx_error *err) {
    const size_t digits = strspn(text, "0123456789abcdef");
    if (digits != 64 || (text[64] != '!' && text[64] != ' '))
        return sx_fail(err, SX_ERR_FORMAT, "a worker process did not say what its networks are");
    memcpy(out->weights, text, 64);
    out->weights[64] = '\0';
    out->demonstration = text[64] == '!';
    sx_format(out->note, sizeof out->note, "%s", text + 65);
    return true;
}
