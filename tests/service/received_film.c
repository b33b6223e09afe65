#include "service/received_film.h"

#include <stdio.h>

#include "base/files.h"
#include "dicom/write.h"
#include "service/store/films.h"
#include "support/check.h"
#include "support/letters.h"
#include "support/plain_film.h"

uint16_t drawn_cells[DRAWN_WIDTH * DRAWN_HEIGHT];

void drawn_slope(void) {
    for (int i = 0; i < DRAWN_WIDTH * DRAWN_HEIGHT; i++)
        drawn_cells[i] = (uint16_t)(40 + i / DRAWN_WIDTH / 10);
}

static void put_dot(void *user, int x, int y) {
    drawn_cells[y * DRAWN_WIDTH + x] = *(const uint16_t *)user;
}

void drawn_text(const char *text, uint16_t value) {
    letters_draw(text, 12, 10, 3, false, put_dot, &value);
}

void receive_film(sx_db *db, int study, bool text) {
    char uid[40], series[50], sop[65], path[700];
    sx_error err = { 0 };
    snprintf(uid, sizeof uid, "1.2.276.0.7.%d", study);
    snprintf(series, sizeof series, "%s.1", uid);
    snprintf(sop, sizeof sop, "%s.1.%d", uid, text);
    drawn_slope();
    drawn_cells[study] = 3000; /* films differ */
    if (text) drawn_text("ZIEGLER QUINTUS", 3500);
    sx_write_film f = plain_film(drawn_cells, DRAWN_WIDTH, DRAWN_HEIGHT);
    f.patient_name = "ZIEGLER^QUINTUS";
    f.patient_id = "KH-480119";
    f.study_uid = uid;
    f.series_uid = series;
    f.instance_uid = sop;
    f.station = "LUMBAR-ROOM";
    sx_store_film row = { .received = 5, .size = 1 };
    snprintf(row.path, sizeof row.path, "received/%s.dcm", sop);
    snprintf(path, sizeof path, "%s/received", check_tmp());
    CHECK_OK(sx_make_dirs(path, &err), err);
    snprintf(path, sizeof path, "%s/%s", check_tmp(), row.path);
    CHECK_OK(sx_dicom_write(path, &f, SX_WRITE_EXPLICIT, NULL, &err), err);
    snprintf(row.sop_uid, sizeof row.sop_uid, "%s", sop);
    snprintf(row.study_uid, sizeof row.study_uid, "%s", uid);
    snprintf(row.series_uid, sizeof row.series_uid, "%s", series);
    snprintf(row.patient_id, sizeof row.patient_id, "KH-480119");
    snprintf(row.state, sizeof row.state, "new");
    bool mixed;
    CHECK_OK(sx_db_begin(db, &err) && sx_db_end(db,
                                                sx_store_touch_study(db, &row, 9, &mixed, &err) &&
                                                    sx_store_add_film(db, &row, &err),
                                                &err),
             err);
}
