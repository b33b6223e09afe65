#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/context_impl.h"
#include "base/csv.h"
#include "base/files.h"
#include "base/writer.h"
#include "dicom/dicom_film.h"
#include "phantom/phantom_set.h"
#include "support/check.h"
#include "support/contexts.h"
#include "support/dicom.h"

static void write_set(sx_phantom_set s, const char *name, sx_phantom_totals *t) {
    sx_error err = { 0 };
    s.out = check_tmp_path(name);
    CHECK_OK(sx_phantom_write_set(&s, t, &err), err);
}

/* Names (below the set) and hashes of all files, one a line. */
static void digest(const char *name, sx_str *out) {
    sx_error err = { 0 };
    sx_paths p = { 0 };
    char root[512];
    snprintf(root, sizeof root, "%s", check_tmp_path(name));
    CHECK_OK(sx_paths_walk(&p, root, &err), err);
    for (size_t i = 0; i < p.count; i++) {
        sx_file f;
        CHECK_OK(sx_file_open(&f, p.items[i], &err), err);
        sx_str_printf(out, "%s %s\n", p.items[i] + strlen(root), check_sha256(f.data, f.size));
        sx_file_close(&f);
    }
    sx_paths_free(&p);
}

static void same_files_for_any_threads(void **state) {
    (void)state;
    sx_str a = { 0 }, b = { 0 };
    sx_phantom_set s = {
        .count = 9, .seed = 3, .test = 0.3, .syntax = -1, .film = { .long_side = 150 }
    };
    write_set(s, "one", NULL);
    const sx_context pair = check_context(2);
    s.context = &pair;
    write_set(s, "two", NULL);
    digest("one", &a);
    digest("two", &b);
    assert_string_equal(sx_str_text(&a), sx_str_text(&b));
    sx_str_free(&a);
    sx_str_free(&b);
}

/* The annotations' rows of one film against the film that the seed draws. */
static size_t check_rows(sx_csv *c, const sx_phantom_film *f, const char *image) {
    sx_error err = { 0 };
    bool failed;
    int k = 0;
    double v[4];
    do {
        assert_string_equal(sx_csv_field(c, 2), image);
        if (f->box_count == 0) {
            assert_string_equal(sx_csv_field(c, 4), "No finding");
            for (int i = 5; i < 9; i++)
                assert_string_equal(sx_csv_field(c, i), "");
            return 1;
        }
        assert_string_equal(sx_csv_field(c, 4), sx_phantom_finding_name(f->boxes[k].finding));
        for (int i = 0; i < 4; i++)
            CHECK_OK(sx_csv_double(c, 5 + i, &v[i], &err), err);
        assert_true(fabs(v[0] - (double)f->boxes[k].box.x0) < 0.01 &&
                    fabs(v[3] - (double)f->boxes[k].box.y1) < 0.01);
        k++;
    } while (k < f->box_count && sx_csv_next(c, &failed, &err));
    assert_int_equal(k, f->box_count);
    return (size_t)k;
}

static void check_film(const char *path, const sx_phantom_film *want, const sx_csv *meta) {
    sx_error err = { 0 };
    struct stat st;
    sx_film *got = sx_film_open(path, NULL, &err);
    CHECK_OK(got != NULL, err);
    assert_int_equal(got->width, want->image.width);
    assert_int_equal(got->height, want->image.height);
    assert_int_equal(got->info.bits_stored, want->bits);
    assert_int_equal(got->info.monochrome1, want->inverted);
    assert_int_equal(got->info.window_count, want->window_width > 0.0f ? 1 : 0);
    assert_int_equal((int)got->info.age, want->age);
    assert_int_equal(got->info.sex[0], want->sex);
    assert_true(fabs(got->info.spacing[0] - (double)want->spacing) < 1e-5);
    assert_string_equal(got->info.sop_uid, sx_csv_field(meta, 1));
    assert_string_equal(got->info.series_uid, sx_csv_field(meta, 2));
    assert_string_equal(got->info.study_uid, sx_csv_field(meta, 3));
    assert_int_equal(strtol(sx_csv_field(meta, 5), NULL, 10), got->height);
    assert_int_equal(strtol(sx_csv_field(meta, 6), NULL, 10), got->width);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(strtol(sx_csv_field(meta, 13), NULL, 10), st.st_size);
    for (size_t i = 0; i < (size_t)got->width * (size_t)got->height; i++)
        if (sx_film_value(got, i) != sx_image_u16(&want->image)[i])
            fail_msg("%s: pixel %zu is %d, not %d", path, i, (int)sx_film_value(got, i),
                     sx_image_u16(&want->image)[i]);
    sx_film_free(got);
}

/* Files, tables and what the seed draws say the same, for one folder of a set. */
static size_t check_part(const char *set, const char *part, const sx_phantom_set *s,
                         const size_t *index, size_t n) {
    sx_error err = { 0 };
    bool failed;
    char name[64];
    snprintf(name, sizeof name, "%s/annotations/%s.csv", set, part);
    sx_csv *rows = sx_csv_open(check_tmp_path(name), &err);
    CHECK_OK(rows != NULL, err);
    snprintf(name, sizeof name, "%s/%s_meta.csv", set, part);
    sx_csv *meta = sx_csv_open(check_tmp_path(name), &err);
    CHECK_OK(meta != NULL, err);
    size_t boxes = 0;
    for (size_t i = 0; i < n; i++) {
        sx_phantom_film want;
        char path[256];
        CHECK_OK(sx_phantom_draw(NULL, &want, s->seed, index[i], &s->film, &err), err);
        assert_true(sx_csv_next(rows, &failed, &err));
        assert_true(sx_csv_next(meta, &failed, &err));
        snprintf(path, sizeof path, "%s/%s_images/%s.dicom", set, part, sx_csv_field(meta, 1));
        check_film(check_tmp_path(path), &want, meta);
        check_rows(rows, &want, sx_csv_field(meta, 1));
        boxes += (size_t)want.box_count;
        sx_phantom_film_free(&want);
    }
    assert_false(sx_csv_next(rows, &failed, &err));
    assert_false(sx_csv_next(meta, &failed, &err));
    sx_csv_close(rows);
    sx_csv_close(meta);
    return boxes;
}

static void tables_and_files_agree(void **state) {
    (void)state;
    sx_phantom_totals t;
    sx_phantom_set s = {
        .count = 26, .seed = 8, .syntax = -1, .film = { .long_side = 140, .mix = SX_PHANTOM_EVEN }
    };
    size_t index[26], boxes = 0, want = 0;
    for (size_t i = 0; i < 26; i++)
        index[i] = i;
    write_set(s, "agree", &t);
    want = check_part("agree", "train", &s, index, 26);
    check_part("agree", "test", &s, index, 0);
    for (int k = 0; k < SX_PHANTOM_FINDINGS; k++)
        boxes += t.boxes[k];
    assert_int_equal(boxes, want);
    assert_true(boxes > 10);
    assert_int_equal(t.films, 26);
    assert_int_equal(t.test_films, 0);
}

static void studies_are_not_split(void **state) {
    (void)state;
    sx_phantom_totals t;
    sx_phantom_set s = {
        .count = 60, .seed = 5, .test = 0.4, .syntax = SX_WRITE_RLE, .film = { .long_side = 64 }
    };
    write_set(s, "split", &t);
    assert_in_range(t.test_films, 10, 40);
    assert_int_equal(t.test_films % 2, 0);
    sx_error err = { 0 };
    bool failed;
    sx_csv *train = sx_csv_open(check_tmp_path("split/train_meta.csv"), &err);
    CHECK_OK(train != NULL, err);
    while (sx_csv_next(train, &failed, &err)) {
        sx_csv *test = sx_csv_open(check_tmp_path("split/test_meta.csv"), &err);
        CHECK_OK(test != NULL, err);
        while (sx_csv_next(test, &failed, &err))
            assert_string_not_equal(sx_csv_field(train, 0), sx_csv_field(test, 0));
        sx_csv_close(test);
    }
    sx_csv_close(train);
}

static const char *const syntax_names[SX_WRITE_SYNTAXES] = { "explicit", "implicit", "big",
                                                             "deflated", "rle",      "jpeg",
                                                             "jls",      "j2k" };

static void every_syntax_is_lossless(void **state) {
    (void)state;
    for (int k = 0; k < SX_WRITE_SYNTAXES; k++) {
        sx_phantom_set s = {
            .count = 4, .seed = 40 + (uint64_t)k, .syntax = k, .film = { .long_side = 101 }
        };
        const size_t index[4] = { 0, 1, 2, 3 };
        write_set(s, syntax_names[k], NULL);
        check_part(syntax_names[k], "train", &s, index, 4);
    }
}

static void dciodvfy_finds_no_error(void **state) {
    (void)state;
    if (system("command -v dciodvfy >/dev/null 2>&1") != 0) skip();
    char command[700], line[512];
    for (int k = 0; k < SX_WRITE_SYNTAXES; k++) {
        if (k == SX_WRITE_DEFLATED) continue; /* which it cannot read */
        snprintf(command, sizeof command,
                 "for f in '%s'/*_images/*; do dciodvfy \"$f\" 2>&1 || echo Error - status; done | "
                 "grep Error",
                 check_tmp_path(syntax_names[k]));
        FILE *p = popen(command, "r");
        assert_non_null(p);
        if (fgets(line, sizeof line, p)) fail_msg("%s: %s", syntax_names[k], line);
        pclose(p);
    }
}

static bool at_once(void *unused) {
    (void)unused;
    return true;
}

static bool after_a_while(void *unused) {
    static int asked;
    (void)unused;
    return ++asked > 5;
}

/* Stopped in the middle: the next run draws only what is missing, also where a file lost its
 * bytes. */
static void is_taken_up(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_phantom_totals t;
    sx_str a = { 0 }, b = { 0 };
    sx_phantom_set s = {
        .count = 9, .seed = 3, .test = 0.3, .syntax = -1, .film = { .long_side = 150 }
    };
    s.out = check_tmp_path("stopped");
    const sx_context stopping = { .threads = 1, .cancel = after_a_while };
    s.context = &stopping;
    CHECK_FAILS(sx_phantom_write_set(&s, NULL, &err), err, SX_ERR_CANCELLED, "cancelled");
    sx_paths p = { 0 };
    CHECK_OK(sx_paths_walk(&p, check_tmp_path("stopped"), &err), err);
    assert_in_range(p.count, 5, 8); /* films, and what is being made */
    assert_int_equal(truncate(p.items[0], 100), 0);
    s.context = NULL;
    s.seed = 4;
    CHECK_FAILS(sx_phantom_write_set(&s, &t, &err), err, SX_ERR_MISMATCH, "other arguments");
    s.seed = 3;
    sx_file plan;
    const char *unfinished = check_tmp_path("stopped/unfinished");
    CHECK_OK(sx_file_open(&plan, unfinished, &err), err);
    CHECK_OK(sx_phantom_write_set(&s, &t, &err), err);
    assert_int_equal(t.there, p.count - 2);
    digest("one", &a);
    digest("stopped", &b);
    assert_string_equal(sx_str_text(&a), sx_str_text(&b));
    /* killed when only this file was left to remove */
    CHECK_OK(sx_write_file(unfinished, plan.data, plan.size, &err), err);
    CHECK_OK(sx_phantom_write_set(&s, &t, &err), err);
    assert_int_equal(t.there, 9);
    sx_str_free(&b);
    b = (sx_str){ 0 };
    digest("stopped", &b);
    assert_string_equal(sx_str_text(&a), sx_str_text(&b));
    sx_file_close(&plan);
    sx_paths_free(&p);
    sx_str_free(&a);
    sx_str_free(&b);
}

/* Files that only look like temporary files are kept. */
static void leaves_other_files_alone(void **state) {
    (void)state;
    sx_error err = { 0 };
    char dir[512], name[600];
    snprintf(dir, sizeof dir, "%s", check_tmp_path("shared"));
    static const char *const theirs[] = { "notes.part-999999", "annotations.partial/draft.csv",
                                          "train_images/x.dicom.part-1" };
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s/%s", dir, theirs[i]);
        char *slash = strrchr(name, '/');
        *slash = '\0';
        CHECK_OK(sx_make_dirs(name, &err), err);
        *slash = '/';
        CHECK_OK(sx_write_file(name, "theirs", 6, &err), err);
    }
    const sx_phantom_set s = { .out = dir, .count = 2, .seed = 1, .film = { .long_side = 64 } };
    CHECK_OK(sx_phantom_write_set(&s, NULL, &err), err);
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s/%s", dir, theirs[i]);
        assert_true(sx_path_exists(name));
    }
}

/* What a run would write at its end is looked for before films are drawn. */
static void refuses_what_it_would_replace(void **state) {
    (void)state;
    static const char *const theirs[] = { "annotations/notes.txt", "train_meta.csv",
                                          "test_meta.csv" };
    for (size_t i = 0; i < 3; i++) {
        sx_error err = { 0 };
        sx_file f;
        char dir[512], name[600];
        snprintf(dir, sizeof dir, "%s/used%zu", check_tmp(), i);
        snprintf(name, sizeof name, "%s/annotations", dir);
        CHECK_OK(sx_make_dirs(i == 0 ? name : dir, &err), err);
        snprintf(name, sizeof name, "%s/%s", dir, theirs[i]);
        CHECK_OK(sx_write_file(name, "theirs", 6, &err), err);
        const sx_phantom_set s = { .out = dir, .count = 2, .seed = 1, .film = { .long_side = 64 } };
        CHECK_FAILS(sx_phantom_write_set(&s, NULL, &err), err, SX_ERR_IO, "already exists");
        CHECK_OK(sx_file_open(&f, name, &err), err);
        assert_int_equal(f.size, 6);
        sx_file_close(&f);
        snprintf(name, sizeof name, "%s/train_images", dir);
        assert_false(sx_path_exists(name));
    }
}

static void says_what_is_wrong(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_phantom_set s = {
        .out = check_tmp_path("one"), .count = 2, .seed = 1, .film = { .long_side = 64 }
    };
    CHECK_FAILS(sx_phantom_write_set(&s, NULL, &err), err, SX_ERR_IO, "already exists");
    s.out = check_tmp_path("wrong");
    s.count = 0;
    CHECK_FAILS(sx_phantom_write_set(&s, NULL, &err), err, SX_ERR_USAGE, "at least one film");
    s.count = 2;
    s.test = NAN;
    CHECK_FAILS(sx_phantom_write_set(&s, NULL, &err), err, SX_ERR_USAGE, "from 0 to 1");
    s.test = 0;
    const sx_context cancelled = { .threads = 1, .cancel = at_once };
    s.context = &cancelled;
    CHECK_FAILS(sx_phantom_write_set(&s, NULL, &err), err, SX_ERR_CANCELLED, "cancelled");
    assert_false(sx_path_exists(check_tmp_path("wrong/annotations/train.csv")));
    s.context = NULL;
    s.out = "/dev/null/here";
    CHECK_FAILS(sx_phantom_write_set(&s, NULL, &err), err, SX_ERR_IO, "/dev/null");
}

static void writer_refuses(void **state) {
    (void)state;
    sx_error err = { 0 };
    uint16_t pixel[4] = { 0, 1, 2, 3 };
    sx_write_film f = dicom_written_film(pixel, 2, 2, 9);
    CHECK_FAILS(sx_dicom_write(check_tmp_path("x"), &f, SX_WRITE_EXPLICIT, NULL, &err), err,
                SX_ERR_VALUE, "not 9");
    f.bits = 12;
    f.rows = 0;
    CHECK_FAILS(sx_dicom_write(check_tmp_path("x"), &f, SX_WRITE_EXPLICIT, NULL, &err), err,
                SX_ERR_VALUE, "2 x 0");
    f.rows = 2;
    CHECK_FAILS(sx_dicom_write("/nowhere/x", &f, SX_WRITE_RLE, NULL, &err), err, SX_ERR_IO,
                "/nowhere/x");
    CHECK_OK(sx_dicom_write(check_tmp_path("x"), &f, SX_WRITE_JPEG_2000, NULL, &err), err);
}

static void uids_are_uuids(void **state) {
    (void)state;
    char uid[65];
    /* 12345678-9abc-4ef0-8fed-cba987654321 */
    sx_uid_from_words(UINT64_C(0x123456789abcdef0), UINT64_C(0x0fedcba987654321), uid);
    assert_string_equal(uid, "2.25.24197857203266054853079185420015977249");
    sx_uid_from_words(UINT64_MAX, UINT64_MAX, uid);
    assert_string_equal(uid, "2.25.340282366920937632322261936355783213055");
}

static int remove_tmp(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_files_for_any_threads),
        cmocka_unit_test(tables_and_files_agree),
        cmocka_unit_test(studies_are_not_split),
        cmocka_unit_test(every_syntax_is_lossless),
        cmocka_unit_test(dciodvfy_finds_no_error),
        cmocka_unit_test(is_taken_up),
        cmocka_unit_test(leaves_other_files_alone),
        cmocka_unit_test(refuses_what_it_would_replace),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(writer_refuses),
        cmocka_unit_test(uids_are_uuids),
    };
    return cmocka_run_group_tests(tests, NULL, remove_tmp);
}
