/* The map of a de-identification that is stopped at any moment, or whose disk is full: no film
 * exists without its row, and the same command again gives the whole map.
 *
 * test-data-deid-map PROGRAM [STOPS] */
#define _GNU_SOURCE /* usleep */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/rng.h"
#include "base/str.h"
#include "base/writer.h"
#include "data/manifest.h"
#include "dicom/dicom_film.h"
#include "phantom/phantom_set.h"

static const char *program;
static int stops = 20;
enum { FILMS = 24, MANY = 120, MOST_ARGS = 16 };
static char set[4096], many[4096], map[4096], journal[4096], out[4096];

static void make_phantoms(const char *dir, size_t count, int side) {
    sx_error err = { 0 };
    sx_phantom_totals made;
    CHECK_OK(sx_phantom_write_set(&(sx_phantom_set){ .out = dir,
                                                     .count = count,
                                                     .seed = 7,
                                                     .syntax = SX_WRITE_EXPLICIT,
                                                     .film = { .long_side = side } },
                                  &made, &err),
             err);
}

static int begin(void **state) {
    (void)state;
    check_tmp();
    snprintf(set, sizeof set, "%s", check_tmp_path("set"));
    snprintf(many, sizeof many, "%s", check_tmp_path("many"));
    snprintf(map, sizeof map, "%s", check_tmp_path("map.csv"));
    snprintf(journal, sizeof journal, "%s", check_tmp_path("map.csv.unfinished"));
    snprintf(out, sizeof out, "%s", check_tmp_path("out"));
    make_phantoms(set, FILMS, 200);
    make_phantoms(many, MANY, 64);
    return 0;
}

static int end(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

typedef struct stop {
    double seconds; /* 0: it is not stopped */
    int signal;
    rlim_t bytes; /* the longest file; 0: any */
} stop;

/* The exit status of `data deidentify FROM --map MAP --out OUT`, and of further arguments; -1: it
 * was killed. */
static int deidentify(const char *from, const stop *s, const char *const *more) {
    const char *args[MOST_ARGS] = { program, "data", "deidentify", from, "--map",
                                    map,     "-q",   "--out",      out,  NULL };
    for (size_t n = 9; more && *more && n + 1 < MOST_ARGS; n++)
        args[n] = *more++;
    const pid_t child = fork();
    if (child == 0) {
        const struct rlimit limit = { s->bytes, s->bytes };
        const int null = open("/dev/null", O_RDWR);
        signal(SIGXFSZ, SIG_IGN);
        if (s->bytes && setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(9);
        if (dup2(null, 1) < 0 || dup2(null, 2) < 0) _exit(9);
        execv(program, (char *const *)(uintptr_t)args);
        _exit(9);
    }
    assert_true(child > 0);
    if (s->seconds > 0) {
        usleep((useconds_t)(s->seconds * 1e6));
        kill(child, s->signal);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The text of a file, on the heap; "" if there is none. */
static char *read_whole(const char *path) {
    sx_error err = { 0 };
    sx_file f = { 0 };
    if (sx_path_exists(path)) CHECK_OK(sx_file_open(&f, path, &err), err);
    char *text = calloc(f.size + 1, 1);
    assert_non_null(text);
    if (f.size) memcpy(text, f.data, f.size);
    sx_file_close(&f);
    return text;
}

/* Every film has its row; returns the number of films. */
static size_t check_rows(void) {
    sx_error err = { 0 };
    sx_paths films = { 0 };
    char *done = read_whole(map), *unfinished = read_whole(journal);
    struct stat st;
    if (sx_path_exists(journal)) {
        assert_int_equal(stat(journal, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    if (sx_path_exists(out)) CHECK_OK(sx_paths_walk(&films, out, &err), err);
    size_t count = 0;
    for (size_t i = 0; i < films.count; i++) {
        char uid[65];
        if (!sx_path_has_ending(films.items[i], ".dicom")) continue;
        snprintf(uid, sizeof uid, "%.*s", (int)strlen(sx_path_base(films.items[i])) - 6,
                 sx_path_base(films.items[i]));
        if (!strstr(done, uid) && !strstr(unfinished, uid))
            fail_msg("%s: is in no map", films.items[i]);
        sx_film *f = sx_film_open(films.items[i], &(sx_film_options){ .header_only = true }, &err);
        CHECK_OK(f, err);
        if (!strstr(done, f->info.patient_id) && !strstr(unfinished, f->info.patient_id))
            fail_msg("%s: its patient is in no map", films.items[i]);
        sx_film_free(f);
        count++;
    }
    sx_paths_free(&films);
    free(done);
    free(unfinished);
    return count;
}

/* The number of rows of the map that begin so. */
static size_t rows_of(const char *kind) {
    char *text = read_whole(map);
    size_t count = 0;
    for (const char *line = text; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
        count += strncmp(line, kind, strlen(kind)) == 0;
    free(text);
    return count;
}

static void check_whole(size_t films, size_t patients) {
    assert_int_equal(check_rows(), films);
    assert_int_equal(rows_of("image,"), films);
    assert_int_equal(rows_of("patient,"), patients);
    assert_int_equal(rows_of("key"), 0);
    assert_false(sx_path_exists(journal));
}

static void start_again(void) {
    sx_error err = { 0 };
    if (sx_path_exists(out)) CHECK_OK(sx_remove_folder(out, &err), err);
    unlink(map);
    unlink(journal);
}

static void stopped_runs(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    const double start = sx_now();
    assert_int_equal(deidentify(set, &(stop){ 0 }, NULL), 0);
    double seconds = sx_now() - start;
    const uint64_t key = sx_rng_key("deid map", (uint64_t)getpid());
    check_whole(FILMS, FILMS / 2);
    start_again();
    int stopped = 0, partial = 0, finished = 0;
    for (int i = 0; i < stops; i++) {
        const stop s = { seconds * (0.1 + 0.9 * sx_rng_unit(key, (uint64_t)i)),
                         i % 2 ? SIGTERM : SIGKILL, 0 };
        const int status = deidentify(set, &s, NULL);
        const size_t films = check_rows();
        /* it may have been stopped when nothing but its end was left */
        const bool whole = sx_path_exists(map) && !sx_path_exists(journal);
        assert_true(whole || status != 0);
        partial += !whole && films > 0 && films < FILMS;
        stopped += !whole;
        if (!whole && i % 4 != 3) continue;
        if (!whole && deidentify(set, &(stop){ 0 }, NULL) != 0)
            fail_msg("the same command fails after stop %d", i);
        check_whole(FILMS, FILMS / 2);
        CHECK_OK(sx_manifest_open(out, NULL, &m, &err), err);
        assert_int_equal(m.film_count, FILMS);
        sx_manifest_free(&m);
        start_again();
        finished++;
    }
    printf("%d stopped, %d of them with some films; %d finished\n", stopped, partial, finished);
    assert_true(stopped > 0 && finished > 0);
    start_again();
}

/* The map grows beyond what a file may have, then the same command continues it. */
static void full_disk(void **state) {
    (void)state;
    char films[4200];
    snprintf(films, sizeof films, "%s/train_images", many);
    assert_int_equal(deidentify(films, &(stop){ .bytes = 12 << 10 }, NULL), 1);
    const size_t there = check_rows();
    assert_true(there > 0 && there < MANY);
    assert_false(sx_path_exists(map));
    assert_true(sx_path_exists(journal));
    assert_int_equal(deidentify(films, &(stop){ 0 }, NULL), 0);
    check_whole(MANY, MANY / 2);
    start_again();
}

/* An unfinished map is continued with its own key only, and never by two runs at once. */
static void other_runs(void **state) {
    (void)state;
    sx_error err = { 0 };
    char films[4200], other[4096];
    const char *secret = check_tmp_path("secret");
    const char *const with_key[] = { "--key", secret, NULL };
    const stop full = { .bytes = 12 << 10 }, none = { 0 };
    snprintf(films, sizeof films, "%s/train_images", many);
    snprintf(other, sizeof other, "%s", check_tmp_path("other"));
    CHECK_OK(sx_write_file(secret, "a key of thirty-two bytes, or so", 32, &err), err);
    assert_int_equal(deidentify(films, &full, NULL), 1);
    assert_int_equal(deidentify(films, &none, with_key), 2);
    check_rows();
    /* another run has the lock */
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    const int fd = open(journal, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_SETLK, &whole), 0);
    assert_int_equal(deidentify(films, &none, NULL), 1);
    close(fd);
    /* what is no journal is neither continued nor changed */
    char *was = read_whole(journal);
    CHECK_OK(sx_write_file(journal, "notes\n", 6, &err), err);
    assert_int_equal(deidentify(films, &none, NULL), 1);
    char *now = read_whole(journal);
    assert_string_equal(now, "notes\n");
    /* a row that was not finished is taken back */
    CHECK_OK(sx_write_private_file(journal, was, strlen(was) - 1, &err), err);
    assert_int_equal(deidentify(films, &none, NULL), 0);
    check_whole(MANY, MANY / 2);
    free(was);
    free(now);
    start_again();
    /* with a key of one's own, the key is not kept */
    assert_int_equal(deidentify(films, &full, with_key), 1);
    was = read_whole(journal);
    assert_null(strstr(was, "key\t"));
    free(was);
    assert_int_equal(deidentify(films, &none, NULL), 2);
    assert_int_equal(deidentify(films, &none, with_key), 0);
    check_whole(MANY, MANY / 2);
    start_again();
}

/* Another run that has only just begun keeps its journal; a run without a film leaves none. */
static void no_rows(void **state) {
    (void)state;
    char films[4200];
    snprintf(films, sizeof films, "%s/train_images", many);
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    const int fd = open(journal, O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_SETLK, &whole), 0);
    assert_int_equal(deidentify(films, &(stop){ 0 }, NULL), 1);
    assert_true(sx_path_exists(journal));
    assert_int_equal(check_rows(), 0);
    close(fd);
    start_again();
    assert_int_equal(deidentify(films, &(stop){ .bytes = 1000 }, NULL), 1);
    assert_int_equal(check_rows(), 0);
    start_again();
}

/* Stopped between writing the map and removing the journal. */
static void both_are_there(void **state) {
    (void)state;
    sx_error err = { 0 };
    char films[4200];
    snprintf(films, sizeof films, "%s/train_images", many);
    const char *secret = check_tmp_path("secret");
    const char *const with_key[] = { "--key", secret, NULL };
    CHECK_OK(sx_write_file(secret, "a key of thirty-two bytes, or so", 32, &err), err);
    assert_int_equal(deidentify(films, &(stop){ .bytes = 12 << 10 }, with_key), 1);
    char *rows = read_whole(journal);
    assert_int_equal(deidentify(films, &(stop){ 0 }, with_key), 0);
    /* the map has other rows than the journal: nothing is replaced */
    CHECK_OK(sx_write_private_file(journal, rows, strlen(rows), &err), err);
    assert_int_equal(deidentify(films, &(stop){ 0 }, with_key), 1);
    check_rows();
    free(rows);
    /* the same rows: the run is finished again */
    char *csv = read_whole(map), *rest = csv;
    rows = read_whole(journal);
    sx_str all = { 0 };
    sx_str_append(&all, rows,
                  (size_t)(strstr(rows, "\npatient\t") ? strstr(rows, "patient\t") - rows
                                                       : (long)strlen(rows)));
    (void)strsep(&rest, "\n"); /* the header */
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        for (char *p = line; *p; p++)
            if (*p == ',') *p = '\t';
        sx_str_printf(&all, "%s\n", line);
    }
    CHECK_OK(sx_write_private_file(journal, all.data, all.len, &err), err);
    assert_int_equal(deidentify(films, &(stop){ 0 }, with_key), 0);
    check_whole(MANY, MANY / 2);
    sx_str_free(&all);
    free(rows);
    free(csv);
    start_again();
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    program = argv[1];
    if (argc > 2) stops = (int)strtol(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stopped_runs),   cmocka_unit_test(full_disk),
        cmocka_unit_test(other_runs),     cmocka_unit_test(no_rows),
        cmocka_unit_test(both_are_there),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
