/* A film of five pixels in a row, with windows and look-up tables. */
#ifndef TESTS_DICOM_GREY_FILM_H
#define TESTS_DICOM_GREY_FILM_H

#include "support/dicom.h"

enum { PIXELS = 5 };

static const dicom_shape plain = {
    .rows = 1, .columns = PIXELS, .bits_allocated = 16, .bits_stored = 12
};

static inline void begin(test_dicom *d, dicom_shape s) {
    dicom_begin(d, "1.2.840.10008.1.2.1");
    dicom_image(d, &s);
}

static inline void window(test_dicom *d, const char *center, const char *width,
                          const char *function) {
    dicom_text(d, SX_TAG(0x0028, 0x1050), "DS", center);
    dicom_text(d, SX_TAG(0x0028, 0x1051), "DS", width);
    if (function) dicom_text(d, SX_TAG(0x0028, 0x1056), "CS", function);
}

static inline void lut_as(test_dicom *d, uint32_t tag, const char *vr, int first, int bits,
                          const uint16_t *entries, uint16_t n) {
    const uint16_t descriptor[] = { n, (uint16_t)first, (uint16_t)bits };
    test_dicom item;
    dicom_item(&item, d);
    dicom_words(&item, SX_TAG(0x0028, 0x3002), vr, descriptor, 3);
    dicom_words(&item, SX_TAG(0x0028, 0x3006), "US", entries, n);
    dicom_sequence(d, tag, &item);
    dicom_end(&item);
}

static inline void lut(test_dicom *d, uint32_t tag, int first, int bits, const uint16_t *entries,
                       uint16_t n) {
    lut_as(d, tag, first < 0 ? "SS" : "US", first, bits, entries, n);
}

#endif
