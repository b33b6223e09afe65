#include "dicom/deid_same.h"

#include <string.h>

#include "dicom/attributes.h"
#include "dicom/dicom_film.h"

static sx_film *open_header(const void *bytes, size_t n, sx_error *err) {
    return sx_film_from_memory(bytes, n, "the film", &(sx_film_options){ .header_only = true },
                               err);
}

bool sx_deid_read_shown(const void *bytes, size_t n, sx_deid_shown *out, sx_error *err) {
    static const char *const functions[] = { [SX_VOI_LINEAR] = "LINEAR",
                                             [SX_VOI_LINEAR_EXACT] = "LINEAR_EXACT",
                                             [SX_VOI_SIGMOID] = "SIGMOID",
                                             [SX_VOI_OTHER] = "LINEAR" };
    *out = (sx_deid_shown){ 0 };
    sx_film *f = open_header(bytes, n, err);
    if (!f) return false;
    const sx_film_info *i = &f->info;
    if (f->kind == SX_FILM_DICOM && sx_film_is_grey(i))
        *out = (sx_deid_shown){ .is_grey = true,
                                .rows = i->rows,
                                .columns = i->columns,
                                .monochrome1 = i->monochrome1,
                                .inverse = i->inverse,
                                .is_signed = i->is_signed,
                                .has_slope = i->has_slope,
                                .has_intercept = i->has_intercept,
                                .has_window = i->window_count > 0,
                                .has_padding = i->has_padding,
                                .slope = i->slope,
                                .intercept = i->intercept,
                                .center = i->window_center,
                                .width = i->window_width,
                                .function = functions[i->voi_function],
                                .padding_value = (uint16_t)i->padding_low,
                                .padding_limit = (uint16_t)i->padding_high };
    sx_film_free(f);
    return true;
}

/* ---- the headers ---- */

static bool same_table(const sx_film_lut *a, const sx_film_lut *b) {
    if (a->count != b->count) return false;
    if (a->count == 0) return true;
    return a->first == b->first && a->bits == b->bits && a->held >= a->count &&
           b->held >= b->count &&
           memcmp(a->entries, b->entries, (size_t)a->count * sizeof *a->entries) == 0;
}

static const char *image_difference(const sx_film_info *a, const sx_film_info *b) {
    if (sx_film_is_grey(a) != sx_film_is_grey(b) || a->monochrome1 != b->monochrome1)
        return "Photometric Interpretation (0028,0004)";
    if (a->samples != b->samples) return "Samples per Pixel (0028,0002)";
    if (a->frames != b->frames) return "Number of Frames (0028,0008)";
    if (a->rows != b->rows) return "Rows (0028,0010)";
    if (a->columns != b->columns) return "Columns (0028,0011)";
    return NULL;
}

static sx_voi_function function_of(const sx_film_info *f) {
    return f->voi_function == SX_VOI_OTHER ? SX_VOI_LINEAR : f->voi_function;
}

static const char *window_difference(const sx_film_info *a, const sx_film_info *b) {
    if (!a->window_count && !b->window_count) return NULL;
    if (!a->window_count != !b->window_count || a->window_center != b->window_center)
        return "Window Center (0028,1050)";
    if (a->window_width != b->window_width) return "Window Width (0028,1051)";
    return function_of(a) != function_of(b) ? "VOI LUT Function (0028,1056)" : NULL;
}

static const char *padding_difference(const sx_film_info *a, const sx_film_info *b) {
    if (!a->has_padding && !b->has_padding) return NULL;
    if (a->has_padding == b->has_padding && a->padding_low == b->padding_low &&
        a->padding_high == b->padding_high)
        return NULL;
    return "Pixel Padding Value (0028,0120)";
}

static const char *grey_difference(const sx_film_info *a, const sx_film_info *b,
                                   const sx_deid_pixels *px) {
    const char *name;
    if (a->inverse != b->inverse) return "Presentation LUT Shape (2050,0020)";
    if (a->slope != b->slope) return "Rescale Slope (0028,1053)";
    if (a->intercept != b->intercept) return "Rescale Intercept (0028,1052)";
    if ((name = window_difference(a, b))) return name;
    if (!px->padding_moved && (name = padding_difference(a, b))) return name;
    if (!same_table(&a->modality_lut, &b->modality_lut)) return "Modality LUT (0028,3000)";
    return same_table(&a->voi_lut, &b->voi_lut) ? NULL : "VOI LUT (0028,3010)";
}

/* The first attribute that the reader takes otherwise; NULL: none. The bits were written from the
 * samples and may correct those of the header. */
static const char *difference(const sx_film_info *a, const sx_film_info *b,
                              const sx_deid_pixels *px) {
    const char *name = image_difference(a, b);
    return name ? name : grey_difference(a, b, px);
}

/* ---- the pictures ---- */

static bool read_picture(const void *bytes, size_t n, int frame, sx_image *out, sx_error *err) {
    sx_film *f =
        sx_film_from_memory(bytes, n, "the film", &(sx_film_options){ .frame = frame }, err);
    const bool ok = f && sx_film_to_8bit(f, SX_PIXELS_DICOM, out, err);
    sx_film_free(f);
    return ok;
}

static bool same_images(const sx_image *a, const sx_image *b) {
    const size_t n = (size_t)a->width * (size_t)a->height * (size_t)a->channels;
    return a->width == b->width && a->height == b->height && a->channels == b->channels &&
           memcmp(a->data, b->data, n) == 0;
}

/* Whether a frame of the result can be read, and looks the same if `compared`. */
static bool same_frame(const void *was, size_t n, const void *now, size_t size, int frame,
                       bool compared, sx_error *err) {
    sx_image a = { 0 }, b = { 0 };
    const bool same = read_picture(now, size, frame, &b, err) &&
                      (!compared || (read_picture(was, n, frame, &a, err) && same_images(&a, &b)));
    sx_image_free(&a);
    sx_image_free(&b);
    return same;
}

static bool same_frames(const void *was, size_t n, const void *now, size_t size, int frames,
                        bool compared, sx_error *err) {
    for (int k = 1; k <= frames; k++)
        if (!same_frame(was, n, now, size, k, compared, err)) return false;
    return true;
}

bool sx_deid_same_picture(const void *was, size_t n, const void *now, size_t size,
                          const sx_deid_pixels *px, sx_error *err) {
    sx_error why = { 0 };
    sx_film *a = open_header(was, n, err), *b = a ? open_header(now, size, err) : NULL;
    bool ok = a && b;
    const char *name = ok ? difference(&a->info, &b->info, px) : NULL;
    const bool blanked = px->areas > 0;
    if (ok) {
        ok =
            !(name && blanked) &&
            same_frames(was, n, now, size, a->info.frames > 1 ? a->info.frames : 1, !blanked, &why);
        if (!ok && why.code == SX_ERR_MEMORY)
            sx_fail(err, why.code, "%s", why.message);
        else if (!ok)
            sx_fail(err, SX_ERR_UNSUPPORTED, "the picture would change: %s",
                    name             ? name
                    : why.message[0] ? why.message
                                     : "the pixels");
    }
    sx_film_free(a);
    sx_film_free(b);
    return ok;
}
