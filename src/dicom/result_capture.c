/* Secondary Capture of one film (PS3.3 A.8.1): a picture with the boxes drawn, for viewers that
 * show neither reports nor presentation states. */
#include <string.h>

#include "dicom/results_impl.h"

/* What says where the picture comes from. The film's lossy compression stays with it. */
static const uint32_t copied[] = {
    SX_TAG(0x0018, 0x0015), SX_TAG(0x0020, 0x0020), SX_TAG(0x0020, 0x0060), SX_TAG(0x0020, 0x0062),
    SX_TAG(0x0028, 0x2110), SX_TAG(0x0028, 0x2112), SX_TAG(0x0028, 0x2114),
};

static void put_source(sx_object_item *root, const sx_result_study *s, size_t film) {
    const sx_sop_ref image = sx_result_image(&s->films[film]);
    const sx_result_time when = sx_result_when(s, film);
    sx_object_text(root, SX_IMAGE_TYPE, "DERIVED\\SECONDARY");
    sx_object_text(root, SX_TAG(0x0008, 0x0064), "WSD");
    sx_object_text(root, SX_TAG(0x0008, 0x2111),
                   s->demonstration
                       ? "Boxes of findings drawn on the film. NOT FOR CLINICAL USE."
                       : "Boxes of findings drawn on the film. AI, not for diagnosis.");
    sx_object_ref(root, SX_TAG(0x0008, 0x2112), &image);
    sx_object_text(root, SX_TAG(0x0018, 0x1012), when.date);
    sx_object_text(root, SX_TAG(0x0018, 0x1014), when.time);
    sx_object_text(root, SX_TAG(0x0020, 0x0020), ""); /* type 2, if the film does not say */
    sx_object_text(root, SX_TAG(0x0028, 0x0301), "NO");
}

static void put_pixels(sx_object_item *root, const uint8_t *rgb, int rows, int columns) {
    sx_object_int(root, SX_TAG(0x0028, 0x0002), 3);
    sx_object_text(root, SX_TAG(0x0028, 0x0004), "RGB");
    sx_object_int(root, SX_TAG(0x0028, 0x0006), 0);
    sx_object_int(root, SX_TAG(0x0028, 0x0010), rows);
    sx_object_int(root, SX_TAG(0x0028, 0x0011), columns);
    sx_object_int(root, SX_TAG(0x0028, 0x0100), 8);
    sx_object_int(root, SX_TAG(0x0028, 0x0101), 8);
    sx_object_int(root, SX_TAG(0x0028, 0x0102), 7);
    sx_object_int(root, SX_TAG(0x0028, 0x0103), 0);
    sx_object_bytes(root, SX_TAG_PIXEL_DATA, rgb, (size_t)rows * (size_t)columns * 3);
}

bool sx_result_capture(const sx_result_study *s, size_t film, const uint8_t *rgb, int rows,
                       int columns, uint8_t **bytes, size_t *n, sx_error *err) {
    if (rows < 1 || columns < 1 || rows > 65535 || columns > 65535)
        return sx_fail(err, SX_ERR_VALUE, "a capture cannot have %d x %d pixels", columns, rows);
    sx_object *o = sx_result_begin(s, SX_RESULT_CAPTURE, film, err);
    if (!o) return false;
    sx_object_item *root = sx_object_root(o);
    const sx_result_film *f = &s->films[film];
    put_source(root, s, film);
    if (!sx_object_copy(root, f->file, f->size, copied, sizeof copied / sizeof *copied, err)) {
        sx_object_free(o);
        return false;
    }
    put_pixels(root, rgb, rows, columns);
    return sx_result_finish(o, bytes, n, err);
}
