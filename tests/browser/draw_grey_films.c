/* draw_grey_films FOLDER: a data set of small films in every kind of grey scale, and beside each
 * film its 8 bits as the program computes them (NAME.grey), for the test of the reading room's
 * pages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/writer.h"
#include "dicom/dicom_film.h"
#include "support/dicom.h"

enum { COLUMNS = 150, ROWS = 110, PIXELS = COLUMNS * ROWS, TABLE = 4096 };

typedef struct grey_film {
    const char *name;
    dicom_shape shape;
    int low, high; /* of the stored values */
    int padding;   /* PixelPaddingValue of the right and lower edge; INT32_MIN: none */
    const char *slope, *intercept;
    const char *center, *width, *function;
    const char *orientation; /* PatientOrientation */
    bool modality_table, voi_table;
} grey_film;

#define SHAPE(bits, sign, how)                                                                     \
    .shape = { .rows = ROWS,                                                                       \
               .columns = COLUMNS,                                                                 \
               .bits_allocated = 16,                                                               \
               .bits_stored = (bits),                                                              \
               .is_signed = (sign),                                                                \
               .photometric = (how) }
#define WITHOUT .padding = INT32_MIN

static const grey_film films[] = {
    { "limits", SHAPE(12, 0, "MONOCHROME2"), 100, 4000, WITHOUT, .orientation = "L\\F" },
    { "monochrome1", SHAPE(12, 0, "MONOCHROME1"), 0, 4095, WITHOUT, .orientation = "P\\F" },
    { "window", SHAPE(12, 0, "MONOCHROME2"), 0, 4095, WITHOUT, .center = "1800", .width = "2500" },
    { "exact", SHAPE(12, 0, "MONOCHROME1"), 0, 4095, WITHOUT, .center = "2000", .width = "1500.5",
      .function = "LINEAR_EXACT" },
    { "sigmoid", SHAPE(14, 0, "MONOCHROME2"), 0, 16383, WITHOUT, .center = "8000", .width = "5000",
      .function = "SIGMOID" },
    { "signed", SHAPE(16, 1, "MONOCHROME2"), -20000, 20000, WITHOUT },
    { "signed-window", SHAPE(12, 1, "MONOCHROME1"), -2048, 2047, WITHOUT, .slope = "0.5",
      .intercept = "-100", .center = "-80", .width = "700" },
    { "padding", SHAPE(12, 0, "MONOCHROME2"), 50, 4000, .padding = 0 },
    { "padding-inverted", SHAPE(12, 0, "MONOCHROME1"), 0, 4000, .padding = 4095 },
    { "signed-padding", SHAPE(16, 1, "MONOCHROME2"), -1000, 3000, .padding = -2000 },
    { "rescaled", SHAPE(16, 0, "MONOCHROME2"), 0, 65535, WITHOUT, .slope = "0.0625",
      .intercept = "12.5", .center = "2000", .width = "3000" },
    { "modality-table", SHAPE(12, 0, "MONOCHROME2"), 0, 4095, WITHOUT, .modality_table = true },
    { "voi-table", SHAPE(12, 0, "MONOCHROME2"), 0, 4095, WITHOUT, .voi_table = true },
    { "voi-table-inverted", SHAPE(12, 0, "MONOCHROME1"), 0, 4095, WITHOUT, .voi_table = true,
      .center = "2000", .width = "1000" },
};
enum { FILMS = sizeof films / sizeof *films };

static int value_of(const grey_film *g, int i) {
    const int x = i % COLUMNS, y = i / COLUMNS;
    if (g->padding != INT32_MIN && (x >= COLUMNS - 20 || y >= ROWS - 10)) return g->padding;
    /* a slope, with steps in it, so that a shift by a pixel or half of one is seen */
    const double part = ((double)x / COLUMNS + (double)((x / 7 + y / 5) % 4) / 4) / 2;
    return g->low + (int)(part * (g->high - g->low));
}

static void put_table(test_dicom *d, uint32_t tag) {
    const uint16_t descriptor[] = { TABLE, 0, 12 };
    uint16_t entries[TABLE];
    for (int i = 0; i < TABLE; i++)
        entries[i] = (uint16_t)((long)i * i / TABLE);
    test_dicom item;
    dicom_item(&item, d);
    dicom_words(&item, SX_TAG(0x0028, 0x3002), "US", descriptor, 3);
    dicom_words(&item, SX_TAG(0x0028, 0x3006), "US", entries, TABLE);
    dicom_sequence(d, tag, &item);
    dicom_end(&item);
}

static void put_scale(test_dicom *d, const grey_film *g) {
    if (g->center) dicom_text(d, SX_TAG(0x0028, 0x1050), "DS", g->center);
    if (g->center) dicom_text(d, SX_TAG(0x0028, 0x1051), "DS", g->width);
    if (g->slope) dicom_text(d, SX_TAG(0x0028, 0x1052), "DS", g->intercept);
    if (g->slope) dicom_text(d, SX_TAG(0x0028, 0x1053), "DS", g->slope);
    if (g->function) dicom_text(d, SX_TAG(0x0028, 0x1056), "CS", g->function);
    if (g->modality_table) put_table(d, SX_TAG(0x0028, 0x3000));
    if (g->voi_table) put_table(d, SX_TAG(0x0028, 0x3010));
}

static void make_film(const grey_film *g, test_dicom *d) {
    uint16_t words[PIXELS];
    for (int i = 0; i < PIXELS; i++)
        words[i] = (uint16_t)value_of(g, i);
    dicom_begin(d, "1.2.840.10008.1.2.1");
    if (g->orientation) dicom_text(d, SX_TAG(0x0020, 0x0020), "CS", g->orientation);
    dicom_image(d, &g->shape);
    if (g->padding != INT32_MIN) {
        const uint16_t padding = (uint16_t)g->padding;
        dicom_words(d, SX_TAG(0x0028, 0x0120), g->shape.is_signed ? "SS" : "US", &padding, 1);
    }
    put_scale(d, g);
    dicom_pixels(d, words, PIXELS);
}

static bool write_film(const char *folder, const grey_film *g, sx_error *err) {
    char path[4096];
    test_dicom d;
    sx_image grey = { 0 };
    make_film(g, &d);
    sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, g->name, NULL, err);
    bool ok = f && sx_film_to_8bit(f, SX_PIXELS_DICOM, &grey, err);
    snprintf(path, sizeof path, "%s/train_images/%s.dicom", folder, g->name);
    ok = ok && sx_write_file(path, d.bytes.data, d.bytes.len, err);
    snprintf(path, sizeof path, "%s/%s.grey", folder, g->name);
    ok = ok && sx_write_file(path, grey.data, sx_image_bytes(&grey), err);
    sx_image_free(&grey);
    sx_film_free(f);
    dicom_end(&d);
    return ok;
}

static bool write_annotations(const char *folder, sx_error *err) {
    char path[4096];
    sx_str text = { 0 };
    sx_str_add(&text, "study_id,series_id,image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\n");
    for (int i = 0; i < FILMS; i++)
        sx_str_printf(&text, "greys,series,%s,rad1,No finding,,,,\n", films[i].name);
    snprintf(path, sizeof path, "%s/annotations/train.csv", folder);
    const bool ok = sx_str_ok(&text, err) && sx_write_file(path, text.data, text.len, err);
    sx_str_free(&text);
    return ok;
}

int main(int argc, char **argv) {
    sx_error err = { 0 };
    char path[4096];
    if (argc != 2) return EXIT_FAILURE;
    snprintf(path, sizeof path, "%s/train_images", argv[1]);
    bool ok = sx_make_dirs(path, &err);
    snprintf(path, sizeof path, "%s/annotations", argv[1]);
    ok = ok && sx_make_dirs(path, &err);
    for (int i = 0; ok && i < FILMS; i++)
        ok = write_film(argv[1], &films[i], &err);
    ok = ok && write_annotations(argv[1], &err);
    if (!ok) fprintf(stderr, "%s\n", err.message);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
