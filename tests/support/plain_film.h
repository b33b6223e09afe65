/* A film for tests in which only a few attributes matter: they replace those of this one. */
#ifndef TESTS_SUPPORT_PLAIN_FILM_H
#define TESTS_SUPPORT_PLAIN_FILM_H

#include "dicom/write.h"

static inline sx_write_film plain_film(const uint16_t *pixels, int columns, int rows) {
    return (sx_write_film){ .pixels = pixels,
                            .rows = rows,
                            .columns = columns,
                            .bits = 12,
                            .window_center = 500,
                            .window_width = 1000,
                            .spacing = 0.15,
                            .patient_id = "P",
                            .patient_name = "A^B",
                            .patient_sex = "M",
                            .patient_age = "051Y",
                            .study_uid = "1.2.3",
                            .series_uid = "1.2.3.1",
                            .instance_uid = "1.2.3.1.1",
                            .date = "20200131",
                            .time = "093000",
                            .description = "Spine",
                            .station = "A",
                            .body_part = "LSPINE",
                            .region_code = "122496007",
                            .region_meaning = "Lumbar spine",
                            .orientation = "L\\F",
                            .view = "AP" };
}

#endif
