/* Names of ConvNeXt's parameters in timm and in the paper's code. */
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "models/convnext.h"

typedef struct part {
    const char *theirs, *ours;
} part;

/* Within a block: of timm, then of the paper's code. */
static const part block_parts[] = {
    { "conv_dw.", "block.0." }, { "mlp.fc1.", "block.3." }, { "mlp.fc2.", "block.5." },
    { "dwconv.", "block.0." },  { "pwconv1.", "block.3." }, { "pwconv2.", "block.5." },
    { "norm.", "block.2." },    { "gamma", "layer_scale" },
};

/* Outside of the stages. `head.weight` is the paper's code's, `head.fc.weight` timm's. */
static const part outer_parts[] = {
    { "stem.", "features.0." },        { "downsample_layers.0.", "features.0." },
    { "head.norm.", "classifier.0." }, { "head.fc.", "classifier.2." },
    { "norm.", "classifier.0." },      { "head.", "classifier.2." },
};

static const char *after(const char *name, const char *start) {
    const size_t n = strlen(start);
    return strncmp(name, start, n) == 0 ? name + n : NULL;
}

static bool write_name(char *out, size_t size, const char *head, const part *p, const char *rest) {
    const int n = snprintf(out, size, "%s%s%s", head, p->ours, rest);
    return n > 0 && (size_t)n < size;
}

static bool rename_block(int stage, int block, const char *rest, char *out, size_t size) {
    char head[32];
    snprintf(head, sizeof head, "features.%d.%d.", 2 * stage + 1, block);
    for (size_t i = 0; i < sizeof block_parts / sizeof block_parts[0]; i++) {
        const char *tail = after(rest, block_parts[i].theirs);
        if (tail) return write_name(out, size, head, &block_parts[i], tail);
    }
    return false;
}

/* Reads a number of at most `digits` digits and the dot behind it; returns what follows, or NULL.
 */
static const char *after_number(const char *text, int digits, int *number) {
    *number = 0;
    int n = 0;
    for (; n < digits && sx_is_digit(text[n]); n++)
        *number = 10 * *number + text[n] - '0';
    return n > 0 && text[n] == '.' ? text + n + 1 : NULL;
}

static bool rename_downsampling(int stage, const char *rest, char *out, size_t size) {
    const int n = snprintf(out, size, "features.%d.%s", 2 * stage, rest);
    return n > 0 && (size_t)n < size;
}

/* What stands after "stages.": a number of the stage, then of the block. */
static bool rename_stage(const char *rest, char *out, size_t size) {
    int stage, block;
    rest = after_number(rest, 1, &stage);
    if (!rest) return false;
    const char *downsampling = after(rest, "downsample."), *blocks = after(rest, "blocks.");
    if (downsampling) return rename_downsampling(stage, downsampling, out, size);
    rest = after_number(blocks ? blocks : rest, 3, &block);
    return rest && rename_block(stage, block, rest, out, size);
}

bool sx_convnext_rename(void *user, const char *old, char *out, size_t size) {
    (void)user;
    int stage;
    const char *rest = after(old, "stages.");
    if (rest) return rename_stage(rest, out, size);
    for (size_t i = 0; i < sizeof outer_parts / sizeof outer_parts[0]; i++) {
        const char *tail = after(old, outer_parts[i].theirs);
        if (tail) return write_name(out, size, "", &outer_parts[i], tail);
    }
    rest = after(old, "downsample_layers.");
    rest = rest ? after_number(rest, 1, &stage) : NULL;
    return rest && rename_downsampling(stage, rest, out, size);
}
