#include "support/stream_films.h"

#include <string.h>

#include "base/files.h"
#include "base/writer.h"
#include "dicom/decode.h"
#include "support/check.h"

uint16_t stream_values[STREAM_PIXELS];
static sx_error err;

void stream_fill(int low, int high) {
    for (int i = 0; i < STREAM_PIXELS; i++)
        stream_values[i] =
            (uint16_t)(low + (high - low) * ((i * 41) % STREAM_PIXELS) / (STREAM_PIXELS - 1));
}

dicom_shape stream_shape(int stored, bool is_signed) {
    return (dicom_shape){ .rows = STREAM_ROWS,
                          .columns = STREAM_COLUMNS,
                          .bits_allocated = stored > 8 ? 16 : 8,
                          .bits_stored = (uint16_t)stored,
                          .is_signed = is_signed };
}

void stream_encode(const char *syntax, const dicom_shape *s, sx_str *out) {
    test_dicom d;
    sx_file file;
    sx_part10 p;
    sx_dataset set;
    sx_frame frame;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1");
    dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "1.2.3.4");
    dicom_image(&d, s);
    uint8_t bytes[STREAM_PIXELS];
    for (int i = 0; i < STREAM_PIXELS; i++)
        bytes[i] = (uint8_t)stream_values[i];
    if (s->bits_allocated == 8)
        dicom_bytes(&d, SX_TAG_PIXEL_DATA, "OB", bytes, sizeof bytes);
    else
        dicom_pixels(&d, stream_values, STREAM_PIXELS);
    CHECK_OK(sx_write_file(check_tmp_path("plain.dcm"), d.bytes.data, d.bytes.len, &err), err);
    dicom_end(&d);
    assert_true(dcmtk_recode(check_tmp_path("plain.dcm"), check_tmp_path("coded.dcm"), syntax));
    CHECK_OK(sx_file_open(&file, check_tmp_path("coded.dcm"), &err), err);
    CHECK_OK(sx_part10_read(&p, file.data, file.size, &err), err);
    CHECK_OK(sx_dataset_read(&set, (const uint8_t *)file.data + p.dataset, file.size - p.dataset,
                             true, false, false, &err),
             err);
    CHECK_OK(sx_frame_get(&frame, sx_dataset_find(&set, SX_TAG_PIXEL_DATA), 0, 1, &err), err);
    sx_str_append(out, frame.data, frame.n);
    sx_frame_free(&frame);
    sx_dataset_free(&set);
    sx_file_close(&file);
}

void stream_begin(test_dicom *d, const char *label, const dicom_shape *s) {
    dicom_begin(d, label);
    dicom_image(d, s);
}

void stream_put(test_dicom *d, const char *label, const dicom_shape *s, const sx_str *stream) {
    stream_begin(d, label, s);
    dicom_fragments(d, stream, 1);
}

sx_film *stream_read_film(test_dicom *d, const char *what) {
    sx_film *f = sx_film_from_memory(d->bytes.data, d->bytes.len, what, NULL, &err);
    if (!f) fail_msg("%s", err.message);
    dicom_end(d);
    return f;
}

const stream_kind stream_kinds[STREAM_KINDS] = {
    { "1.2.840.10008.1.2.4.50", 8, 60 },   { "1.2.840.10008.1.2.4.51", 12, 900 },
    { "1.2.840.10008.1.2.4.55", 12, 900 }, { "1.2.840.10008.1.2.4.70", 16, 0 },
    { "1.2.840.10008.1.2.4.80", 12, 0 },   { "1.2.840.10008.1.2.4.90", 12, 0 },
    { "1.2.840.10008.1.2.4.201", 12, 0 },  { "1.2.840.10008.1.2.5", 12, 0 },
};

dicom_shape stream_make(const stream_kind *k, sx_str *stream) {
    const dicom_shape s = stream_shape(k->bits, false);
    stream_fill(0, (1 << k->bits) - 1);
    if (strcmp(k->syntax, "1.2.840.10008.1.2.4.90") == 0)
        encode_jpeg2000(stream_values, STREAM_COLUMNS, STREAM_ROWS, 12, false, stream);
    else if (strcmp(k->syntax, "1.2.840.10008.1.2.4.201") == 0)
        encode_htj2k(stream_values, STREAM_COLUMNS, STREAM_ROWS, 12, false, &htj2k_defaults,
                     stream);
    else
        stream_encode(k->syntax, &s, stream);
    return s;
}

size_t stream_cut(const sx_str *stream, size_t size, sx_str *parts, size_t room) {
    size_t count = 0;
    for (size_t at = 0; at < stream->len; at += size, count++) {
        assert_true(count < room);
        sx_str_append(&parts[count], stream->data + at,
                      stream->len - at < size ? stream->len - at : size);
    }
    return count;
}

void stream_free_parts(sx_str *parts, size_t count) {
    for (size_t i = 0; i < count; i++)
        sx_str_free(&parts[i]);
}

int stream_remove_files(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}
