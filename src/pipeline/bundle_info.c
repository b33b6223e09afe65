#include "pipeline/bundle_info.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

sx_pixels sx_bundle_pixels(const sx_model_info *network) {
    return network->pixels == SX_PIXELS_VINDR ? SX_PIXELS_VINDR : SX_PIXELS_DICOM;
}

double sx_bundle_nms(const sx_model_info *detector) {
    return detector->nms > 0 ? detector->nms : sx_bundle_default_nms;
}

bool sx_bundle_warn(sx_bundle_info *i, sx_error *err, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *kept = sx_arena_strdup(i->memory, text);
    if (!kept) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a warning");
    if (i->warning_count < SX_BUNDLE_WARNINGS) i->warnings[i->warning_count++] = kept;
    return true;
}

sx_bundle_info *sx_bundle_info_hold(sx_bundle_info *i) {
    atomic_fetch_add(&i->holders, 1);
    return i;
}

void sx_bundle_info_release(sx_bundle_info *i) {
    if (!i || atomic_fetch_sub(&i->holders, 1) > 1) return;
    sx_arena_free(i->memory);
    free(i);
}
