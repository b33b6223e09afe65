/* De-identification of a folder: what is written, reported and continued. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/check.h"

#include "data/deidentify.h"
#include "phantom/phantom_set.h"

static const uint8_t key[] = "a key of thirty-two bytes, or so";

static void count_refused(void *ctx, const sx_error *why) {
    (void)why;
    ++*(int *)ctx;
}

static int vfy_errors(const char *path) {
    char command[4200], line[1024];
    int errors = 0;
    snprintf(command, sizeof command, "dciodvfy '%s' 2>&1", path);
    FILE *p = popen(command, "r");
    assert_non_null(p);
    while (fgets(line, sizeof line, p))
        errors += strncmp(line, "Error", 5) == 0;
    pclose(p);
    return errors;
}

/* A folder of phantoms in all transfer syntaxes: valid before and after; an interrupted run is
 * continued; duplicate films are rejected. */
static void a_folder_is_continued_and_stays_valid(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_phantom_totals made;
    check_tmp();
    char set[4096], out[4096], map[4096];
    snprintf(set, sizeof set, "%s", check_tmp_path("set"));
    snprintf(out, sizeof out, "%s", check_tmp_path("out"));
    snprintf(map, sizeof map, "%s", check_tmp_path("map.csv"));
    CHECK_OK(
        sx_phantom_write_set(
            &(sx_phantom_set){
                .out = set, .count = 10, .seed = 5, .syntax = -1, .film = { .long_side = 64 } },
            &made, &err),
        err);
    sx_paths files = { 0 }, results = { 0 };
    char films[4200];
    snprintf(films, sizeof films, "%s/train_images", set);
    CHECK_OK(sx_paths_walk(&files, films, &err), err);
    CHECK_OK(sx_paths_add(&files, files.items[0], &err), err); /* one film twice */
    int refused = 0;
    sx_deidentify d = { .files = &files,
                        .out = out,
                        .map = map,
                        .options = { .key = key, .key_size = sizeof key },
                        .refused = count_refused,
                        .ctx = &refused };
    sx_deidentify_totals t;
    CHECK_OK(sx_deidentify_run(&d, &t, &err), err);
    assert_int_equal(t.written, 10);
    assert_int_equal(t.refused, 1);
    assert_int_equal(refused, 1);
    CHECK_FAILS(sx_deidentify_run(&d, &t, &err), err, SX_ERR_IO, "name a new file");
    d.map = NULL;
    err = (sx_error){ 0 };
    CHECK_OK(sx_deidentify_run(&d, &t, &err), err);
    assert_int_equal(t.existing, 10);
    assert_int_equal(t.written, 0);
    struct stat st;
    assert_int_equal(stat(map, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    CHECK_OK(sx_paths_walk(&results, out, &err), err);
    assert_int_equal(results.count, 10);
    bool can_verify = system("command -v dciodvfy >/dev/null") == 0;
    for (size_t i = 0; i < results.count && can_verify; i++)
        assert_int_equal(vfy_errors(results.items[i]), 0);
    sx_paths_free(&files);
    sx_paths_free(&results);
    check_tmp_remove();
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_folder_is_continued_and_stays_valid) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
