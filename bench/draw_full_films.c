/* draw_full_films FOLDER STUDIES FILMS: a data set of studies of one or two films, each of 3000 x
 * 4000 pixels and 16 bits, with noise in the low bits as a detector has it. For
 * bench/reading_pages.mjs: such films are the largest that a reading room shows, and they pack
 * badly. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/files.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/writer.h"
#include "support/dicom.h"

enum { COLUMNS = 3000, ROWS = 4000, PIXELS = COLUMNS * ROWS, MOST_FILMS = 2 };

static const double noise = 150; /* standard deviation, of 65,536 grey values */

/* Nearly normal: the sum of four uniform numbers, whose variance is a third. */
static double noise_at(uint64_t key, uint64_t i) {
    double sum = -2;
    for (uint64_t k = 0; k < 4; k++)
        sum += sx_rng_unit(key, 4 * i + k);
    return noise * sqrt(3) * sum;
}

static void fill(uint16_t *words, uint64_t seed) {
    const uint64_t key = sx_rng_key("draw_full_films", seed);
    for (int y = 0; y < ROWS; y++)
        for (int x = 0; x < COLUMNS; x++) {
            const double u = (double)x / COLUMNS, v = (double)y / ROWS;
            const double shape = 0.5 + 0.25 * sin(6.3 * u) * cos(3 * v) + 0.1 * sin(90 * v);
            const uint64_t i = (uint64_t)y * COLUMNS + (uint64_t)x;
            words[i] = (uint16_t)(shape * 60000 + noise_at(key, i));
        }
}

static bool write_film(const char *folder, int study, int film, uint16_t *words, sx_error *err) {
    static const char *const views[MOST_FILMS] = { "AP", "LL" };
    const dicom_shape shape = {
        .rows = ROWS, .columns = COLUMNS, .bits_allocated = 16, .bits_stored = 16
    };
    char path[4096];
    test_dicom d;
    fill(words, (uint64_t)study * MOST_FILMS + (uint64_t)film);
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0018, 0x5101), "CS", views[film]);
    dicom_image(&d, &shape);
    dicom_pixels(&d, words, PIXELS);
    snprintf(path, sizeof path, "%s/train_images/s%d-%d.dicom", folder, study, film);
    const bool ok = sx_write_file(path, d.bytes.data, d.bytes.len, err);
    dicom_end(&d);
    return ok;
}

static bool write_set(const char *folder, int studies, int films, sx_error *err) {
    char path[4096];
    sx_str text = { 0 };
    uint16_t *words = sx_calloc_for(PIXELS, sizeof *words, "a film", err);
    bool ok = words != NULL;
    sx_str_add(&text, "study_id,series_id,image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\n");
    for (int s = 0; s < studies; s++)
        for (int f = 0; ok && f < films; f++) {
            sx_str_printf(&text, "s%d,s%d,s%d-%d,rad1,No finding,,,,\n", s, s, s, f);
            ok = write_film(folder, s, f, words, err);
        }
    snprintf(path, sizeof path, "%s/annotations/train.csv", folder);
    ok = ok && sx_str_ok(&text, err) && sx_write_file(path, text.data, text.len, err);
    sx_str_free(&text);
    free(words);
    return ok;
}

int main(int argc, char **argv) {
    sx_error err = { 0 };
    char path[4096];
    const int studies = argc == 4 ? (int)strtol(argv[2], NULL, 10) : 0;
    const int films = argc == 4 ? (int)strtol(argv[3], NULL, 10) : 0;
    if (studies < 1 || studies > 1000 || films < 1 || films > MOST_FILMS) return EXIT_FAILURE;
    snprintf(path, sizeof path, "%s/train_images", argv[1]);
    bool ok = sx_make_dirs(path, &err);
    snprintf(path, sizeof path, "%s/annotations", argv[1]);
    ok = ok && sx_make_dirs(path, &err) && write_set(argv[1], studies, films, &err);
    if (!ok) fprintf(stderr, "%s\n", err.message);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
