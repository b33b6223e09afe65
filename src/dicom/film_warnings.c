#include "dicom/film_warnings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/str.h"

static void keep(sx_film_warnings *w, const char *text) {
    for (int i = 0; i < w->count; i++)
        if (strcmp(w->texts[i], text) == 0) return;
    if (w->count < SX_FILM_WARNINGS)
        snprintf(w->texts[w->count++], SX_FILM_WARNING_ROOM, "%s", text);
}

void sx_film_warn(const sx_film *f, const char *format, ...) {
    char text[SX_FILM_WARNING_ROOM];
    va_list arguments;
    va_start(arguments, format);
    sx_vformat(text, sizeof text, format, arguments);
    va_end(arguments);
    sx_log(f->context, SX_LOG_WARNING, "%s: %s", f->name, text);
    if (f->warnings) keep(f->warnings, text);
}
