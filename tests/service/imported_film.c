#include "service/imported_film.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/files.h"
#include "base/writer.h"
#include "image/png.h"
#include "service/reading_page.h"
#include "service/received_film.h"
#include "support/check.h"

enum { WIDTH = DRAWN_WIDTH, HEIGHT = DRAWN_HEIGHT, CELLS = WIDTH * HEIGHT };

void write_drawn_picture(const char *path) {
    sx_error err = { 0 };
    sx_image im;
    CHECK_OK(sx_image_new(&im, WIDTH, HEIGHT, 1, 8, &err), err);
    for (int i = 0; i < CELLS; i++)
        sx_image_u8(&im)[i] = (uint8_t)drawn_cells[i];
    CHECK_OK(sx_png_write(&im, SX_PNG_QUICK, path, &err), err);
    sx_image_free(&im);
}

/* A data set of one more film of a study. */
bool try_import_film(const char *name, const char *study, sx_reading_import_counts *counts,
                     sx_error *err_out) {
    char folder[600], path[700], csv[400];
    sx_error err = { 0 };
    sx_manifest m;
    snprintf(folder, sizeof folder, "%s/set-%s", check_tmp(), name);
    CHECK_OK(sx_make_dirs(folder, &err), err);
    snprintf(path, sizeof path, "%s/%s.png", folder, name);
    write_drawn_picture(path);
    const int n = snprintf(csv, sizeof csv,
                           "image_id,study_id,patient_id,lesion_type,xmin,ymin,xmax,ymax,split\n"
                           "%s,%s,p0,No finding,,,,,train\n",
                           name, study);
    snprintf(path, sizeof path, "%s/annotations.csv", folder);
    CHECK_OK(sx_write_file(path, csv, (size_t)n, &err), err);
    CHECK_OK(sx_manifest_open(folder, NULL, &m, &err), err);
    const bool ok = sx_reading_import(web_db, &page_project, &m, &(sx_reading_import_options){ 0 },
                                      counts, err_out);
    sx_manifest_free(&m);
    return ok;
}

sx_reading_import_counts import_film(const char *name, const char *study) {
    sx_error err = { 0 };
    sx_reading_import_counts counts;
    CHECK_OK(try_import_film(name, study, &counts, &err), err);
    return counts;
}

int64_t film_id(const char *image_id) {
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT id FROM reading_film WHERE image_id = '%s'", image_id);
    return room_number(web_db, sql);
}

/* A film with text, held; its id. */
int64_t hold_film(const char *name) {
    drawn_slope();
    drawn_text("NGUYEN VAN AN 1954", 250);
    const sx_reading_import_counts n = import_film(name, "s0");
    assert_int_equal(n.films, 1);
    assert_int_equal(n.held, 1);
    return film_id(name);
}

const char *film_path(int64_t film) {
    static char path[80];
    snprintf(path, sizeof path, "/api/reading/films/%" PRId64, film);
    return path;
}

void complete_first_study(const char *login) {
    const char *headers = page_session(login);
    const int64_t task = page_task_of(login, "s0");
    char body[600];
    snprintf(body, sizeof body,
             "{\"client\":\"page-%s-1\",\"base_rev\":0,\"ops\":[{\"seq\":1,\"kind\":\"verdict\","
             "\"at\":1,\"film\":%" PRId64 ",\"body\":{\"verdict\":\"normal\"}},{\"seq\":2,"
             "\"kind\":\"verdict\",\"at\":1,\"film\":%" PRId64
             ",\"body\":{\"verdict\":\"normal\"}}]}",
             login, film_id("s0a"), film_id("s0b"));
    page_expect("POST", page_path(task, "ops"), headers, body, 200, "rev");
    page_expect("POST", page_path(task, "complete"), headers, NULL, 200, "done");
}
