#include "dicom/pixel_form.h"

#include <string.h>

#include "dicom/streams.h"

static bool begins_item(const sx_element *e) {
    return e->n >= 4 && memcmp(e->value, "\xFE\xFF\x00\xE0", 4) == 0;
}

bool sx_pixels_hold_items(const sx_element *e) {
    return e->undefined || begins_item(e);
}

static bool is_stream(const sx_film_info *info, const sx_element *e) {
    const sx_codec codec = sx_stream_codec(e->value, e->n);
    return info->frames == 1 && codec != SX_CODEC_NONE && codec != SX_CODEC_RLE;
}

/* Its first bytes may also be pixels, so the transfer syntax must say so, and the size differ. */
static bool is_rle(const sx_film_info *info, const sx_syntax *syntax, const sx_element *e) {
    return info->frames == 1 && syntax->codec == SX_CODEC_RLE &&
           sx_stream_codec(e->value, e->n) == SX_CODEC_RLE;
}

static size_t native_bytes(const sx_film_info *info) {
    return (size_t)info->rows * (size_t)info->columns * (size_t)info->bits_allocated / 8 *
           (size_t)info->frames;
}

bool sx_pixels_are_compressed(const sx_film_info *info, const sx_syntax *syntax,
                              const sx_dataset *d) {
    const sx_element *e = sx_dataset_find(d, SX_TAG_PIXEL_DATA);
    const size_t native = native_bytes(info), even = native + native % 2;
    if (sx_pixels_hold_items(e)) return syntax->codec != SX_CODEC_NONE || e->undefined;
    if (is_stream(info, e)) return syntax->codec != SX_CODEC_NONE || d->claimed < native;
    return syntax->codec != SX_CODEC_NONE && d->claimed != native && d->claimed != even;
}

bool sx_pixels_check_whole(const sx_dataset *d, const sx_element *e, sx_error *err) {
    return e->undefined || e->n >= d->claimed ||
           sx_fail(err, SX_ERR_FORMAT, "truncated: the pixel data claim %zu bytes, %zu are left",
                   d->claimed, e->n);
}

/* Uncompressed pixels of an undefined length, which no transfer syntax allows. */
static bool fail_no_stream(const sx_syntax *syntax, sx_error *err) {
    return sx_fail(
        err, SX_ERR_FORMAT,
        "the transfer syntax is %s, but the pixel data have an undefined length and hold "
        "no compressed stream",
        syntax->name);
}

static bool get_fragments(const sx_film_info *info, const sx_syntax *syntax, const sx_element *e,
                          int number, sx_frame *frame, sx_error *err) {
    const bool expected = syntax->codec != SX_CODEC_NONE;
    if (!expected && e->n && !begins_item(e)) return fail_no_stream(syntax, err);
    if (!sx_frame_get(frame, e, number - 1, info->frames, err)) return false;
    if (expected || sx_stream_codec(frame->data, frame->n) != SX_CODEC_NONE) return true;
    sx_frame_free(frame);
    return fail_no_stream(syntax, err);
}

bool sx_pixels_get_frame(const sx_film_info *info, const sx_syntax *syntax, const sx_dataset *d,
                         int number, sx_frame *frame, sx_error *err) {
    const sx_element *e = sx_dataset_find(d, SX_TAG_PIXEL_DATA);
    *frame = (sx_frame){ 0 };
    if (!sx_pixels_check_whole(d, e, err)) return false;
    if (sx_pixels_hold_items(e)) return get_fragments(info, syntax, e, number, frame, err);
    *frame = (sx_frame){ e->value, e->n, NULL };
    return is_stream(info, e) || is_rle(info, syntax, e) ||
           sx_fail(err, SX_ERR_FORMAT,
                   "the transfer syntax is %s, but the pixel data have a defined length and are no "
                   "single compressed stream",
                   syntax->name);
}
