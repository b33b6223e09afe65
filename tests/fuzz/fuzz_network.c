/* What a weight file says of its network: the configuration (--network on the command line) and
 * the other metadata, a line "key=value" each. The first byte chooses the architecture. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "models/model.h"
#include "models/model_impl.h"
#include "tensor/weights.h"

static void check_error(bool ok, const sx_error *err) {
    if (!ok && (err->code == SX_OK || !err->message[0])) abort();
}

/* What is accepted is written and read again with the same result. */
static void configure(const sx_arch *arch, const char *json) {
    sx_error err = { 0 };
    sx_network net, again;
    sx_network_default(&net, arch, 0);
    const bool ok = sx_network_configure(&net, json, &err);
    check_error(ok, &err);
    if (!ok) return;
    if (sx_network_classes(&net) < 1 || sx_network_stride(&net) < 1) abort();
    char *text = sx_network_config_text(&net, &err);
    if (!text) abort();
    sx_network_default(&again, arch, 0);
    if (!sx_network_configure(&again, text, &err)) abort();
    if (memcmp(net.config, again.config, sizeof net.config) != 0) abort();
    free(text);
}

static void add_lines(sx_weights *w, char *text) {
    sx_error err = { 0 };
    for (char *line; (line = strsep(&text, "\n")) != NULL;) {
        char *value = strchr(line, '=');
        if (!value) continue;
        *value++ = '\0';
        check_error(sx_weights_set_meta(w, line, value, &err), &err);
    }
}

static void read_metadata(const sx_arch *arch, const char *text) {
    sx_error err = { 0 };
    sx_network net;
    sx_model_info info = { 0 };
    sx_normalisation norm;
    sx_weights *w = sx_weights_new(&err);
    char *copy = strdup(text);
    if (!w || !copy) abort();
    add_lines(w, copy);
    /* Without metadata every architecture is compared, which takes a second. */
    if (sx_weights_meta(w, "spinexr.arch")) check_error(sx_network_recognise(&net, w, &err), &err);
    sx_network_default(&net, arch, 0);
    err = (sx_error){ 0 };
    const bool ok = sx_model_info_read(w, &net, &info, &norm, &err);
    check_error(ok, &err);
    for (int c = 0; ok && c < 3; c++)
        if (!isfinite(norm.mean[c]) || !(norm.std[c] > 0)) abort();
    sx_model_info_free(&info);
    sx_weights_free(w);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    const sx_arch *arch = sx_arch_at(data[0] % sx_arch_count());
    char *text = malloc(size);
    if (!text) abort();
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    configure(arch, text);
    read_metadata(arch, text);
    free(text);
    return 0;
}
