/* Decoded films on disk: the pixels are those of the film's own file, the cache is made again when
 * a film changes, and a partly written, truncated or damaged cache is never used. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/claim.h"
#include "base/context_impl.h"
#include "base/files.h"
#include "base/writer.h"
#include "data/film_cache.h"
#include "image/noise.h"
#include "image/png.h"
#include "support/check.h"
#include "support/contexts.h"

enum { FILMS = 7 };

static char *paths[FILMS];
static int folders;

static void write_film(int i, const char *seed) {
    sx_error err = { 0 };
    sx_image im;
    CHECK_OK(sx_noise_image(seed, 150 + 3 * i, 130, i == 3, &im, &err), err);
    CHECK_OK(sx_png_write(&im, SX_PNG_QUICK, paths[i], &err), err);
    sx_image_free(&im);
}

static int make_films(void **state) {
    (void)state;
    for (int i = 0; i < FILMS; i++) {
        char name[32];
        snprintf(name, sizeof name, "film%d.png", i);
        paths[i] = strdup(check_tmp_path(name));
        write_film(i, name);
    }
    return 0;
}

static int clean(void **state) {
    (void)state;
    for (int i = 0; i < FILMS; i++)
        free(paths[i]);
    check_tmp_remove();
    return 0;
}

static const sx_fit square = { .width = 96, .height = 64 };

/* A folder of its own for each test. */
static sx_film_cache_options in_folder(char *dir, size_t size) {
    char name[32];
    snprintf(name, sizeof name, "cache%d", folders++);
    snprintf(dir, size, "%s", check_tmp_path(name));
    return (sx_film_cache_options){
        .dir = dir, .paths = (const char *const *)paths, .count = FILMS, .fit = square
    };
}

static sx_film_cache *open_cache(const sx_film_cache_options *o, size_t decoded) {
    sx_error err = { 0 };
    sx_film_cache *c = sx_film_cache_open(o, &err);
    CHECK_OK(c != NULL, err);
    assert_int_equal(sx_film_cache_decoded(c), decoded);
    assert_int_equal(sx_film_cache_count(c), FILMS);
    return c;
}

static bool same_as_film(const sx_film_cache *c, size_t i, const sx_fit *fit) {
    sx_error err = { 0 };
    sx_fitted have, want;
    CHECK_OK(sx_fit_film(paths[i], SX_PIXELS_AUTO, fit, NULL, &want, &err), err);
    const bool has = sx_film_cache_get(c, i, &have);
    const bool same = has && have.image.width == want.image.width &&
                      have.image.height == want.image.height &&
                      have.image.channels == want.image.channels &&
                      have.film_width == want.film_width && have.film_height == want.film_height &&
                      memcmp(have.image.data, want.image.data, sx_image_bytes(&want.image)) == 0;
    sx_image_free(&want.image);
    if (has) sx_image_free(&have.image);
    return same;
}

static void check_all(const sx_film_cache *c, const sx_fit *fit) {
    for (size_t i = 0; i < FILMS; i++)
        if (!same_as_film(c, i, fit)) fail_msg("film %zu is another one", i);
}

/* Opens, compares all films, closes; gives the file's path. */
static void round_trip(const sx_film_cache_options *o, size_t decoded, char *path) {
    sx_film_cache *c = open_cache(o, decoded);
    check_all(c, &o->fit);
    snprintf(path, 1024, "%s", sx_film_cache_path(c));
    sx_film_cache_close(c);
}

static void test_size(void **state) {
    (void)state;
    int w, h;
    sx_fit_size(&square, 3000, 2000, &w, &h);
    assert_true(w == 96 && h == 64);
    const sx_fit edge = { .shorter = 800, .longest = 1333 };
    sx_fit_size(&edge, 2000, 3000, &w, &h);
    assert_true(w == 800 && h == 1200);
    sx_fit_size(&edge, 1000, 4000, &w, &h);
    assert_true(w == 333 && h == 1333);
    sx_fit_size(&edge, 700, 900, &w, &h); /* never enlarged */
    assert_true(w == 700 && h == 900);
    sx_fit_size(&(sx_fit){ 0 }, 700, 900, &w, &h);
    assert_true(w == 700 && h == 900);
}

static void test_made_once(void **state) {
    (void)state;
    char dir[512], a[1024], b[1024];
    sx_film_cache_options o = in_folder(dir, sizeof dir);
    round_trip(&o, FILMS, a);
    round_trip(&o, 0, b);
    assert_string_equal(a, b);
    o.fit = (sx_fit){ .shorter = 100, .longest = 110 }; /* another size has another file */
    round_trip(&o, FILMS, b);
    assert_string_not_equal(a, b);
    o.fit = square;
    o.fit.letterbox = true; /* so has another way to that size */
    round_trip(&o, FILMS, b);
    assert_string_not_equal(a, b);
    o.fit = square;
    round_trip(&o, 0, b);
    assert_string_equal(a, b);
}

static void test_threads(void **state) {
    (void)state;
    char dir[512], a[1024], b[1024];
    sx_error err = { 0 };
    sx_file x, y;
    sx_film_cache_options o = in_folder(dir, sizeof dir);
    round_trip(&o, FILMS, a);
    CHECK_OK(sx_file_open(&x, a, &err), err);
    assert_int_equal(unlink(a), 0);
    const sx_context three = check_context(3);
    o.context = &three;
    round_trip(&o, FILMS, b);
    CHECK_OK(sx_file_open(&y, b, &err), err);
    assert_int_equal(x.size, y.size);
    assert_memory_equal(x.data, y.data, x.size);
    sx_file_close(&x);
    sx_file_close(&y);
}

/* A film that changed is read again and the others are copied; an unreadable film is not an
 * error. */
static void test_changed(void **state) {
    (void)state;
    char dir[512], path[1024];
    sx_fitted film;
    sx_film_cache_options o = in_folder(dir, sizeof dir);
    round_trip(&o, FILMS, path);
    write_film(2, "another film");
    round_trip(&o, 1, path);
    /* the same size, written later */
    const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 1000000000 } };
    assert_int_equal(utimensat(AT_FDCWD, paths[4], times, 0), 0);
    round_trip(&o, 1, path);
    round_trip(&o, 0, path);
    char away[1024];
    snprintf(away, sizeof away, "%s.away", paths[5]);
    assert_int_equal(rename(paths[5], away), 0);
    sx_film_cache *c = open_cache(&o, 0);
    assert_int_equal(sx_film_cache_unreadable(c), 1);
    assert_false(sx_film_cache_get(c, 5, &film));
    assert_true(same_as_film(c, 6, &o.fit));
    assert_false(sx_film_cache_get(c, FILMS, &film));
    sx_film_cache_close(c);
    assert_int_equal(rename(away, paths[5]), 0);
    round_trip(&o, 1, path);
}

/* The journal of a run that was killed after the file had its name. */
static void leftovers_of_a_killed_run_are_removed(void **state) {
    (void)state;
    char dir[512], path[1024], journal[1600];
    int status = 0;
    sx_film_cache_options o = in_folder(dir, sizeof dir);
    round_trip(&o, FILMS, path);
    snprintf(journal, sizeof journal, "%s/.spinexr-run-%s", dir, sx_path_base(path));
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!sx_claim_open_name(path, "film cache", NULL)) _exit(1);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_true(sx_path_exists(journal));
    round_trip(&o, 0, path);
    assert_false(sx_path_exists(journal));
}

/* Every shorter file, and one with bytes after its end, is made again. */
static void test_cut(void **state) {
    (void)state;
    char dir[512], path[1024], again[1024];
    sx_error err = { 0 };
    struct stat st;
    sx_film_cache_options o = in_folder(dir, sizeof dir);
    round_trip(&o, FILMS, path);
    assert_int_equal(stat(path, &st), 0);
    const off_t sizes[] = { 0, 1, 63, 64, 104, st.st_size / 2, st.st_size - 56, st.st_size - 1 };
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        assert_int_equal(truncate(path, sizes[k]), 0);
        round_trip(&o, FILMS, again);
        assert_string_equal(path, again);
    }
    sx_file f;
    CHECK_OK(sx_file_open(&f, path, &err), err);
    uint8_t *longer = calloc(f.size + 56, 1);
    assert_non_null(longer);
    memcpy(longer, f.data, f.size);
    CHECK_OK(sx_write_file(path, longer, f.size + 56, &err), err);
    free(longer);
    sx_file_close(&f);
    round_trip(&o, FILMS, again);
}

static void flip_byte(const char *path, off_t at) {
    uint8_t b = 0;
    const int fd = open(path, O_RDWR);
    assert_true(fd >= 0 && pread(fd, &b, 1, at) == 1);
    b ^= 0x10;
    assert_int_equal(pwrite(fd, &b, 1, at), 1);
    close(fd);
}

/* A changed byte: in head, records or tail the file is made again; in pixels that film is not used
 * and the file is removed. */
static void test_damaged(void **state) {
    (void)state;
    char dir[512], path[1024], again[1024];
    struct stat st;
    sx_fitted film;
    sx_film_cache_options o = in_folder(dir, sizeof dir);
    round_trip(&o, FILMS, path);
    assert_int_equal(stat(path, &st), 0);
    const off_t meta = FILMS * 56 + 40, places[] = { 3, 9, 13, 17, 25 };
    for (size_t k = 0; k < sizeof places / sizeof places[0]; k++) {
        flip_byte(path, places[k]);
        round_trip(&o, FILMS, again);
    }
    for (off_t k = 0; k < meta; k += 5) {
        flip_byte(path, st.st_size - meta + k);
        round_trip(&o, FILMS, again);
    }
    flip_byte(path, 64 + 96 * 64 + 5); /* the second film */
    sx_film_cache *c = open_cache(&o, 0);
    assert_true(same_as_film(c, 0, &o.fit));
    assert_false(sx_film_cache_get(c, 1, &film));
    assert_false(sx_film_cache_get(c, 1, &film));
    assert_true(same_as_film(c, 2, &o.fit));
    assert_false(sx_path_exists(path));
    sx_film_cache_close(c);
    round_trip(&o, FILMS, again);
    /* damaged and out of date: copied pixels are checked */
    flip_byte(path, 64 + 96 * 64 + 5);
    write_film(0, "a third film");
    round_trip(&o, 2, again);
}

/* A file that becomes shorter while it is in use loses films, not the process. */
static void test_truncated_in_use(void **state) {
    (void)state;
    char dir[512], path[1024];
    sx_fitted film;
    sx_film_cache_options o = in_folder(dir, sizeof dir);
    round_trip(&o, FILMS, path);
    sx_film_cache *c = open_cache(&o, 0);
    assert_int_equal(truncate(path, 64 + 96 * 64 + 5), 0); /* in the second film */
    assert_true(same_as_film(c, 0, &o.fit));
    assert_false(sx_film_cache_get(c, 1, &film));
    assert_false(sx_film_cache_get(c, 2, &film));
    assert_false(sx_path_exists(path));
    sx_film_cache_close(c);
    round_trip(&o, FILMS, path);
}

static int wait_for(pid_t child) {
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static int count_files(const char *dir) {
    sx_paths p = { 0 };
    sx_error err = { 0 };
    CHECK_OK(sx_paths_walk(&p, dir, &err), err);
    const int n = (int)p.count;
    sx_paths_free(&p);
    return n;
}

static int looked_at;
static bool killed_at_fourth(void *unused) {
    (void)unused;
    if (++looked_at == 4) raise(SIGKILL);
    return false;
}
static bool at_once(void *unused) {
    (void)unused;
    return true;
}

static void test_killed(void **state) {
    (void)state;
    char dir[512], path[1024];
    sx_error err = { 0 };
    sx_film_cache_options o = in_folder(dir, sizeof dir);
    const pid_t child = fork();
    if (child == 0) {
        sx_film_cache_options mine = o;
        const sx_context context = { .threads = 1, .cancel = killed_at_fourth };
        mine.context = &context;
        (void)!sx_film_cache_open(&mine, NULL);
        _exit(0);
    }
    assert_true(WIFSIGNALED(wait_for(child)));
    assert_int_equal(count_files(dir), 1); /* the lock: what was written had no name yet */
    round_trip(&o, FILMS, path);
    assert_int_equal(count_files(dir), 2); /* the lock and the whole */
    assert_int_equal(unlink(path), 0);
    const sx_context cancelled = { .threads = 1, .cancel = at_once };
    o.context = &cancelled;
    CHECK_FAILS(sx_film_cache_open(&o, &err), err, SX_ERR_CANCELLED, "cancelled");
    assert_int_equal(count_files(dir), 1);
}

static void test_full_disk(void **state) {
    (void)state;
    char dir[512], path[1024];
    sx_film_cache_options o = in_folder(dir, sizeof dir);
    const pid_t child = fork();
    if (child == 0) {
        sx_error err = { 0 };
        signal(SIGXFSZ, SIG_IGN);
        const struct rlimit small = { 20000, 20000 };
        if (setrlimit(RLIMIT_FSIZE, &small) != 0) _exit(2);
        if (sx_film_cache_open(&o, &err)) _exit(3);
        _exit(err.code == SX_ERR_IO && strstr(err.message, ".cache") ? 0 : 4);
    }
    const int status = wait_for(child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(count_files(dir), 1);
    round_trip(&o, FILMS, path);
}

/* Several processes at once: one reads the films, all get the same pixels. */
static void test_processes(void **state) {
    (void)state;
    enum { PROCESSES = 4 };
    char dir[512];
    int report[2], decoded = 0;
    sx_film_cache_options o = in_folder(dir, sizeof dir);
    assert_int_equal(pipe(report), 0);
    pid_t child[PROCESSES];
    for (int k = 0; k < PROCESSES; k++) {
        child[k] = fork();
        if (child[k] != 0) continue;
        sx_film_cache *c = sx_film_cache_open(&o, NULL);
        const int n = c ? (int)sx_film_cache_decoded(c) : -1;
        bool ok = c != NULL;
        for (size_t i = 0; ok && i < FILMS; i++)
            ok = same_as_film(c, i, &o.fit);
        ok = ok && write(report[1], &n, sizeof n) == sizeof n;
        _exit(ok ? 0 : 1);
    }
    for (int k = 0; k < PROCESSES; k++) {
        int n = 0;
        assert_int_equal(wait_for(child[k]), 0);
        assert_int_equal(read(report[0], &n, sizeof n), sizeof n);
        decoded += n;
    }
    close(report[0]);
    close(report[1]);
    assert_int_equal(decoded, FILMS);
}

/* A link in the place of the lock is not followed; the cache is made without a lock. */
static void test_led_lock(void **state) {
    (void)state;
    char dir[500], lock[600];
    const sx_film_cache_options o = in_folder(dir, sizeof dir);
    sx_film_cache *c = open_cache(&o, FILMS);
    snprintf(lock, sizeof lock, "%s.lock", sx_film_cache_path(c));
    assert_int_equal(unlink(sx_film_cache_path(c)) + unlink(lock), 0);
    assert_int_equal(symlink(check_tmp_path("elsewhere"), lock), 0);
    sx_film_cache_close(c);
    sx_film_cache_close(open_cache(&o, FILMS));
    assert_false(sx_path_exists(check_tmp_path("elsewhere")));
}

static void test_no_place(void **state) {
    (void)state;
    char dir[1100];
    sx_error err = { 0 };
    snprintf(dir, sizeof dir, "%s/below", paths[0]);
    const sx_film_cache_options o = {
        .dir = dir, .paths = (const char *const *)paths, .count = FILMS, .fit = square
    };
    CHECK_FAILS(sx_film_cache_open(&o, &err), err, SX_ERR_IO, "film0.png");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_made_once),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_changed),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_truncated_in_use),
        cmocka_unit_test(test_no_place),
        cmocka_unit_test(test_led_lock),
        cmocka_unit_test(leftovers_of_a_killed_run_are_removed),
    };
    return cmocka_run_group_tests(tests, make_films, clean);
}
