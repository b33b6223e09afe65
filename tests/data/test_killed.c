/* kill -9 at any moment: a partial result is never used as a complete one, and a second run gives
 * the result of an uninterrupted run.
 *
 * test-data-killed PROGRAM [KILLS]: KILLS for each command. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/check.h"
#include "support/kill_program.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/rng.h"
#include "base/writer.h"
#include "data/manifest.h"
#include "dicom/dicom_film.h"

static const char *program;
static int kills = 50;
enum { MOST = 16, FILMS = 12 };
#define FILMS_TEXT "12"

static int run_program(const char *const *args, double seconds) {
    return kill_program_run(program, args, NULL, seconds);
}

/* Every file that has a film's name is a film. */
static void films_are_whole(const char *dir) {
    sx_error err = { 0 };
    sx_paths p = { 0 };
    if (!sx_path_exists(dir)) return;
    CHECK_OK(sx_paths_walk(&p, dir, &err), err);
    for (size_t i = 0; i < p.count; i++) {
        if (!sx_ends_with(p.items[i], ".dicom")) continue;
        sx_film *f = sx_film_open(p.items[i], NULL, &err);
        CHECK_OK(f, err);
        sx_film_free(f);
    }
    sx_paths_free(&p);
}

/* Checks the files after a kill; true: the result is complete. */
typedef bool check_fn(const char *out);

static void same(const char *out, const char *whole) {
    char *want = kill_program_digest(whole), *got = kill_program_digest(out);
    assert_string_equal(got, want);
    free(want), free(got);
}

/* Journals and temporary files that a claim made beside the results are gone. */
static void nothing_is_left(void) {
    char *all = kill_program_digest(check_tmp());
    if (strstr(all, ".spinexr-")) fail_msg("left over: %s", strstr(all, ".spinexr-"));
    free(all);
}

/* Kills the command, with `out` as its last argument, at random moments until it completes, and
 * then starts it again from the beginning. */
static void torture(const char *name, const char *const *args, check_fn *check) {
    char whole[4096], out[4096];
    const char *argv[MOST] = { 0 };
    sx_error err = { 0 };
    int n = 0;
    snprintf(whole, sizeof whole, "%s-whole", check_tmp_path(name));
    snprintf(out, sizeof out, "%s-killed", check_tmp_path(name));
    while (args[n]) {
        argv[n] = args[n];
        n++;
    }
    argv[n] = whole;
    double start = sx_now();
    assert_int_equal(run_program(argv, INFINITY), 0);
    double seconds = sx_now() - start;
    argv[n] = out;
    uint64_t key = sx_rng_key(name, (uint64_t)getpid());
    int killed = 0;
    for (int i = 0; i < kills || (killed == 0 && i < 20 * kills); i++) {
        const int status =
            run_program(argv, seconds * (0.05 + 0.9 * sx_rng_unit(key, (uint64_t)i)));
        if (status > 0) fail_msg("%s: exit status %d after %d kills", name, status, killed);
        killed += status < 0;
        if (status < 0 && !check(out)) continue;
        same(out, whole);
        CHECK_OK(sx_remove_folder(out, &err), err);
        if (status == 0) seconds *= 0.6; /* the first run was slower: nothing was in memory */
    }
    assert_true(killed > 0);
    if (!sx_path_exists(out) || !check(out)) assert_int_equal(run_program(argv, INFINITY), 0);
    same(out, whole);
    nothing_is_left();
}

static bool set_or_nothing(const char *out) {
    sx_error err = { 0 };
    sx_manifest m;
    films_are_whole(out);
    const bool whole = sx_manifest_open(out, NULL, &m, &err);
    if (whole) {
        assert_int_equal(m.film_count, FILMS); /* it was finished at the very moment */
        for (size_t i = 0; i < m.film_count; i++)
            assert_non_null(m.films[i].path);
        /* their removal may be all that was left to be done */
        static const char *const last[] = { "unfinished", ".spinexr-run" };
        for (int i = 0; i < 2; i++) {
            char path[4200];
            snprintf(path, sizeof path, "%s/%s", out, last[i]);
            unlink(path);
        }
    }
    sx_manifest_free(&m);
    return whole;
}

static void a_killed_phantom_leaves_a_set_or_nothing(void **state) {
    (void)state;
    const char *args[] = { "data",   "phantom", "--count", FILMS_TEXT, "--size", "120",
                           "--seed", "9",       "-q",      "--out",    NULL };
    torture("phantom", args, set_or_nothing);
}

static bool converted_or_nothing(const char *out) {
    sx_error err = { 0 };
    sx_manifest m;
    if (!sx_path_exists(out)) return false;
    CHECK_OK(sx_manifest_open(out, NULL, &m, &err), err);
    assert_int_equal(m.film_count, FILMS);
    for (size_t i = 0; i < m.film_count; i++)
        assert_non_null(m.films[i].path);
    sx_manifest_free(&m);
    return true;
}

static void a_killed_convert_leaves_a_set_or_nothing(void **state) {
    (void)state;
    static const char *const layouts[] = { "voc", "yolo", "coco", "vindr" };
    char set[4096];
    snprintf(set, sizeof set, "%s-whole", check_tmp_path("phantom"));
    for (int i = 0; i < 4; i++) {
        const char *args[] = {
            "data", "convert", set, "--to", layouts[i], "--link", "--out", NULL
        };
        torture(layouts[i], args, converted_or_nothing);
    }
    const char *args[] = {
        "data", "convert", set, "--to", "coco", "--films", "png", "--out", NULL
    };
    torture("films", args, converted_or_nothing);
}

static bool merged_or_nothing(const char *out) {
    sx_error err = { 0 };
    sx_manifest m;
    char path[4200];
    if (!sx_path_exists(out)) return false;
    CHECK_OK(sx_manifest_open(out, NULL, &m, &err), err);
    assert_int_equal(m.film_count, 2 * FILMS);
    sx_manifest_free(&m);
    snprintf(path, sizeof path, "%s/merge.json", out);
    assert_true(sx_path_exists(path));
    return true;
}

static void a_killed_merge_leaves_a_set_or_nothing(void **state) {
    (void)state;
    char a[4096], b[4096];
    snprintf(a, sizeof a, "a=%s-whole", check_tmp_path("phantom"));
    snprintf(b, sizeof b, "b=%s-whole", check_tmp_path("yolo"));
    const char *args[] = { "data", "merge", a, b, "--duplicates", "keep", "-q", "--out", NULL };
    torture("merge", args, merged_or_nothing);
}

static bool split_or_nothing(const char *out) {
    static const char *const names[] = { "train.txt", "val.txt", "test.txt", "split.csv" };
    char path[4200];
    for (int i = 0; i < 4 && sx_path_exists(out); i++) {
        snprintf(path, sizeof path, "%s/%s", out, names[i]);
        assert_true(sx_path_exists(path));
    }
    return sx_path_exists(out);
}

static void a_killed_split_leaves_lists_or_nothing(void **state) {
    (void)state;
    char set[4096];
    snprintf(set, sizeof set, "%s-whole", check_tmp_path("phantom"));
    const char *args[] = { "data", "split", set, "--fractions", "0.5,0.25,0.25", "--out", NULL };
    torture("split", args, split_or_nothing);
}

static bool whole_films(const char *out) {
    films_are_whole(out);
    return false;
}

static void a_killed_deidentify_leaves_whole_films(void **state) {
    (void)state;
    sx_error err = { 0 };
    char set[4096], key[4096];
    snprintf(set, sizeof set, "%s-whole/train_images", check_tmp_path("phantom"));
    snprintf(key, sizeof key, "%s", check_tmp_path("secret"));
    CHECK_OK(sx_write_file(key, "a key of thirty-two bytes, or so", 32, &err), err);
    const char *args[] = { "data",           "deidentify", set,     "--key", key,
                           "--keep-patient", "-q",         "--out", NULL };
    torture("deidentify", args, whole_films);
}

static bool published_or_nothing(const char *out) {
    sx_error err = { 0 };
    char path[4200];
    if (!sx_path_exists(out)) return false;
    films_are_whole(out);
    snprintf(path, sizeof path, "%s/SHA256SUMS", out);
    sx_file sums;
    CHECK_OK(sx_file_open(&sums, path, &err), err);
    sx_file_close(&sums);
    return true;
}

static void a_killed_publish_leaves_a_set_or_nothing(void **state) {
    (void)state;
    static const char about[] = "{title: T, description: D, creators: A, licence: CC0-1.0, "
                                "version: 1, date: 2026-11-29}\n";
    sx_error err = { 0 };
    char set[4096], clean[4096], texts[4096];
    snprintf(set, sizeof set, "%s-whole", check_tmp_path("phantom"));
    snprintf(clean, sizeof clean, "%s", check_tmp_path("clean"));
    snprintf(texts, sizeof texts, "%s", check_tmp_path("about.yaml"));
    CHECK_OK(sx_write_file(texts, about, sizeof about - 1, &err), err);
    const char *first[] = { "data", "deidentify", set,   "--key", check_tmp_path("secret"),
                            "-q",   "--out",      clean, NULL };
    assert_int_equal(run_program(first, INFINITY), 0);
    const char *args[] = { "data", "publish", clean, "--about", texts, "-q", "--out", NULL };
    torture("publish", args, published_or_nothing);
}

/* An unfinished run is not continued with other arguments. */
static void other_arguments(void **state) {
    (void)state;
    char out[4096], set[4096], path[4200];
    snprintf(out, sizeof out, "%s", check_tmp_path("other"));
    snprintf(path, sizeof path, "%s/unfinished", out);
    const char *args[] = { "data",   "phantom", "--count", "60",    "--size", "400",
                           "--seed", "1",       "-q",      "--out", out,      NULL };
    for (int i = 0; i < 50 && !sx_path_exists(path); i++)
        run_program(args, 0.1 * pow(1.1, i)); /* up to 10 s, on a machine that is busy */
    assert_true(sx_path_exists(path));
    args[7] = "2";
    assert_int_equal(run_program(args, INFINITY), 1);
    snprintf(path, sizeof path, "%s/annotations", out);
    assert_false(sx_path_exists(path));
    /* nor are de-identified films mixed with those of other options, or of another key */
    snprintf(set, sizeof set, "%s-whole/train_images", check_tmp_path("phantom"));
    snprintf(out, sizeof out, "%s-whole", check_tmp_path("deidentify"));
    const char *other[] = { "data", "deidentify", set, "--key", check_tmp_path("secret"),
                            "-q",   "--out",      out, NULL };
    assert_int_equal(run_program(other, INFINITY), 1);
    const char *no_key[] = { "data", "deidentify", set, "-q", "--out", out, NULL };
    assert_int_equal(run_program(no_key, INFINITY), 1);
}

static int remove_tmp(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    program = argv[1];
    if (argc > 2) kills = (int)strtol(argv[2], NULL, 10);
    check_tmp();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_phantom_leaves_a_set_or_nothing),
        cmocka_unit_test(a_killed_convert_leaves_a_set_or_nothing),
        cmocka_unit_test(a_killed_merge_leaves_a_set_or_nothing),
        cmocka_unit_test(a_killed_split_leaves_lists_or_nothing),
        cmocka_unit_test(a_killed_deidentify_leaves_whole_films),
        cmocka_unit_test(a_killed_publish_leaves_a_set_or_nothing),
        cmocka_unit_test(other_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, remove_tmp);
}
