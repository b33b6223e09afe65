#include "service/reading_room.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/str.h"
#include "base/writer.h"
#include "image/png.h"
#include "service/access/accounts.h"
#include "service/query_number.h"
#include "support/check.h"

static void write_film(const char *folder, const char *name, int grey) {
    sx_error err = { 0 };
    sx_image im;
    char path[700];
    snprintf(path, sizeof path, "%s/%s.png", folder, name);
    CHECK_OK(sx_image_new(&im, ROOM_WIDTH, ROOM_HEIGHT, 1, 8, &err), err);
    memset(im.data, grey, ROOM_WIDTH * ROOM_HEIGHT);
    CHECK_OK(sx_png_write(&im, SX_PNG_QUICK, path, &err), err);
    sx_image_free(&im);
}

static void add_rows(sx_str *csv, int study, const char *split) {
    char id[20];
    sx_format(id, sizeof id, "s%d", study);
    sx_str_printf(csv, "%sa,%s,p%d,R1,Osteophytes,1.5,2,20,30.25,%s\n", id, id, study, split);
    sx_str_printf(csv, "%sa,%s,p%d,R2,Osteophytes,2.5,3,21,31,%s\n", id, id, study, split);
    sx_str_printf(csv, "%sb,%s,p%d,R1,No finding,,,,,%s\n", id, id, study, split);
    sx_str_printf(csv, "%sb,%s,p%d,R2,Fracture,5,6,30,40,%s\n", id, id, study, split);
}

const char *room_data_set(const char *name, int studies) {
    static char folder[600];
    char path[700];
    sx_error err = { 0 };
    sx_str csv = { 0 };
    snprintf(folder, sizeof folder, "%s/%s", check_tmp(), name);
    CHECK_OK(sx_make_dirs(folder, &err), err);
    sx_str_add(&csv, "image_id,study_id,patient_id,rad_id,lesion_type,xmin,ymin,xmax,ymax,split\n");
    for (int i = 0; i < studies; i++) {
        char film[20];
        for (int k = 0; k < 2; k++) {
            snprintf(film, sizeof film, "s%d%c", i, "ab"[k]);
            write_film(folder, film, 10 * i + 100 * k + 1);
        }
        add_rows(&csv, i, i == studies - 1 ? "test" : "train");
    }
    snprintf(path, sizeof path, "%s/annotations.csv", folder);
    CHECK_OK(sx_write_file(path, csv.data, csv.len, &err), err);
    sx_str_free(&csv);
    return folder;
}

sx_reading_project room_project_as(sx_db *db, const char *folder,
                                   const sx_reading_project *settings) {
    sx_error err = { 0 };
    sx_manifest m;
    sx_reading_project p = *settings;
    sx_reading_import_counts counts;
    CHECK_OK(sx_db_begin(db, &err) &&
                 sx_db_end(db, sx_reading_project_add(db, &p, "Mark all.", &p.id, &err), &err),
             err);
    CHECK_OK(sx_manifest_open(folder, NULL, &m, &err), err);
    CHECK_OK(sx_reading_import(db, &p, &m, &(sx_reading_import_options){ 0 }, &counts, &err), err);
    sx_manifest_free(&m);
    return p;
}

sx_reading_project room_project(sx_db *db, const char *folder) {
    const sx_reading_project settings = { .key = "spine",
                                          .name = "Spines",
                                          .readers = 2,
                                          .random_order = true,
                                          .prelabels = "none",
                                          .seed = 7,
                                          .made = 5 };
    return room_project_as(db, folder, &settings);
}

int64_t room_person(sx_db *db, const char *login, sx_role role) {
    sx_error err = { 0 };
    sx_account a = { .role = role, .made = 5 };
    bool found = false;
    snprintf(a.login, sizeof a.login, "%s", login);
    snprintf(a.name, sizeof a.name, "Dr. %s", login);
    CHECK_OK(sx_accounts_add(db, &a, &err) && sx_accounts_find(db, login, &a, &found, &err), err);
    return a.id;
}

sx_reading_assigned room_assign(sx_db *db, const sx_reading_project *p, const char *logins) {
    char text[400];
    const char *readers[40];
    sx_error err = { 0 };
    sx_reading_assigned out = { 0 };
    sx_reading_assignment a = { .readers = readers, .round = 1, .now = 6 };
    snprintf(text, sizeof text, "%s", logins);
    char *at = text;
    for (char *word; (word = strsep(&at, " "));)
        readers[a.reader_count++] = word;
    CHECK_OK(sx_db_begin(db, &err) && sx_db_end(db, sx_reading_assign(db, p, &a, &out, &err), &err),
             err);
    return out;
}

int64_t room_number(sx_db *db, const char *sql) {
    return query_number(db, sql);
}

int64_t room_task(sx_db *db, const char *login, int seq) {
    char sql[300];
    snprintf(sql, sizeof sql,
             "SELECT t.id FROM reading_task t JOIN account a ON a.id = t.reader"
             " WHERE a.login = '%s' AND t.seq = %d",
             login, seq);
    return room_number(db, sql);
}

int64_t room_film(sx_db *db, int64_t task, int index) {
    char sql[300];
    snprintf(sql, sizeof sql,
             "SELECT f.id FROM reading_film f JOIN reading_task t ON t.study = f.study"
             " WHERE t.id = %" PRId64 " ORDER BY f.ord LIMIT 1 OFFSET %d",
             task, index);
    return room_number(db, sql);
}

int64_t room_label(sx_db *db, const char *name) {
    char sql[300];
    snprintf(sql, sizeof sql, "SELECT id FROM reading_label WHERE name = '%s'", name);
    return room_number(db, sql);
}
