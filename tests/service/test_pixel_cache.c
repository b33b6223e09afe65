/* The size of the cache of pixels: what is removed, and whose its files are. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/writer.h"
#include "dicom/write.h"
#include "service/reading/pixel_cache.h"
#include "service/reading/pixel_film.h"
#include "support/check.h"
#include "support/plain_film.h"

enum { FILMS = 6, WIDTH = 60, HEIGHT = 80 };

static sx_error err;
static char folder[300];
static char paths[FILMS][400];
static sx_sha256 hashes[FILMS];
static uint64_t of_one; /* bytes of a film in the cache */

static sx_pixel_source source(int film, uint64_t most) {
    return (sx_pixel_source){
        .folder = folder, .film = paths[film], .sha256 = hashes[film].hex, .most_bytes = most
    };
}

static void write_film(int number) {
    uint16_t cells[WIDTH * HEIGHT];
    uint8_t *bytes = NULL;
    size_t n;
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        cells[i] = (uint16_t)(number + i % 50);
    const sx_write_film f = plain_film(cells, WIDTH, HEIGHT);
    CHECK_OK(sx_dicom_encode(&f, SX_WRITE_EXPLICIT, &bytes, &n, &err), err);
    snprintf(paths[number], sizeof paths[0], "%s/film%d.dcm", check_tmp(), number);
    CHECK_OK(sx_write_file(paths[number], bytes, n, &err), err);
    CHECK_OK(sx_sha256_of(bytes, n, &hashes[number], &err), err);
    free(bytes);
}

static uint64_t bytes_of_cache(void) {
    uint64_t bytes;
    CHECK_OK(sx_pixel_cache_bytes(folder, &bytes, &err), err);
    return bytes;
}

static void open_film(int film, uint64_t most) {
    int fd;
    uint64_t size;
    const sx_pixel_source s = source(film, most);
    CHECK_OK(sx_pixel_cache_open(&s, "8", &fd, &size, &err), err);
    close(fd);
}

static const char *part_path(int film, const char *part) {
    static char path[900];
    snprintf(path, sizeof path, "%s/pixels/%.2s/%s.%s", folder, hashes[film].hex, hashes[film].hex,
             part);
    return path;
}

static bool is_cached(int film) {
    return access(part_path(film, "json"), F_OK) == 0 && access(part_path(film, "1"), F_OK) == 0;
}

/* All of its files were last used so many hours ago. */
static void make_older(int film, int hours) {
    static const char *const parts[] = { "json", "1", "4", "8" };
    const struct timespec t = { .tv_sec = time(NULL) - 3600 * (time_t)hours }, both[2] = { t, t };
    for (int i = 0; i < 4; i++)
        assert_int_equal(utimensat(AT_FDCWD, part_path(film, parts[i]), both, 0), 0);
}

static int start(void **state) {
    (void)state;
    static int count;
    snprintf(folder, sizeof folder, "%s/service%d", check_tmp(), count++);
    CHECK_OK(sx_make_dirs(folder, &err), err);
    for (int i = 0; i < FILMS; i++)
        write_film(i);
    assert_int_equal(bytes_of_cache(), 0);
    open_film(0, 0);
    of_one = bytes_of_cache();
    assert_true(of_one > 0);
    return 0;
}

static void films_that_were_opened_least_recently_leave(void **state) {
    (void)state;
    for (int i = 0; i < FILMS; i++)
        open_film(i, 0);
    for (int i = 0; i < FILMS; i++)
        make_older(i, 10 + i); /* the last is the oldest */
    open_film(FILMS - 1, 0);   /* but is looked at again */
    CHECK_OK(sx_pixel_cache_trim(folder, bytes_of_cache(), &err), err);
    for (int i = 0; i < FILMS; i++)
        assert_true(is_cached(i));
    CHECK_OK(sx_pixel_cache_trim(folder, 4 * of_one + of_one / 2, &err), err);
    assert_true(bytes_of_cache() <= 4 * of_one + of_one / 2);
    assert_true(is_cached(FILMS - 1));
    assert_true(is_cached(0));
    assert_false(is_cached(FILMS - 2));
    assert_false(is_cached(FILMS - 3));
    /* it is made again when it is needed */
    open_film(FILMS - 2, 0);
    assert_true(is_cached(FILMS - 2));
}

static void a_new_film_makes_room(void **state) {
    (void)state;
    const uint64_t most = 2 * of_one + of_one / 2;
    make_older(0, 5);
    open_film(1, most); /* trims for the first time within a minute: there is room */
    assert_true(is_cached(0));
    char stamp[700];
    snprintf(stamp, sizeof stamp, "%s/pixels/trimmed", folder);
    open_film(2, most);
    assert_true(is_cached(0)); /* not again yet */
    const struct timespec past[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
    assert_int_equal(utimensat(AT_FDCWD, stamp, past, 0), 0);
    make_older(1, 2);
    make_older(2, 1);
    open_film(3, most);
    assert_false(is_cached(0));
    assert_true(is_cached(3));
    assert_true(bytes_of_cache() <= most);
}

static void what_is_put_is_what_is_made(void **state) {
    (void)state;
    sx_file file;
    sx_pixel_film film;
    uint64_t bytes;
    const sx_pixel_source s = source(4, 0);
    CHECK_OK(sx_file_open(&file, paths[4], &err), err);
    CHECK_OK(sx_pixel_film_read(file.data, file.size, "film", NULL, &film, &err), err);
    CHECK_OK(sx_pixel_cache_put(&s, &film, &bytes, &err), err);
    assert_int_equal(bytes, bytes_of_cache() - of_one);
    CHECK_OK(sx_pixel_cache_put(&s, &film, &bytes, &err), err);
    assert_int_equal(bytes, 0); /* it was there */
    sx_pixel_film_free(&film);
    sx_file_close(&file);
    sx_file put, made;
    CHECK_OK(sx_file_open(&put, part_path(4, "1"), &err), err);
    CHECK_OK(sx_pixel_cache_trim(folder, 1, &err), err);
    assert_int_equal(bytes_of_cache(), 0);
    open_film(4, 0);
    CHECK_OK(sx_file_open(&made, part_path(4, "1"), &err), err);
    assert_int_equal(made.size, put.size);
    assert_memory_equal(made.data, put.data, put.size);
    sx_file_close(&put);
    sx_file_close(&made);
}

static void expect_owner(const char *path, uid_t owner) {
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    if (st.st_uid != owner) fail_msg("%s belongs to %d", path, (int)st.st_uid);
}

/* `reading import` by root, and the service by a user of its own. */
static void what_root_makes_belongs_to_the_service(void **state) {
    (void)state;
    enum { SERVICE = 12345 };
    char path[700], earlier[700];
    if (geteuid() != 0) skip();
    snprintf(path, sizeof path, "%s/pixels", folder);
    snprintf(earlier, sizeof earlier, "%s/earlier", folder);
    assert_int_equal(rename(path, earlier), 0); /* of root, which it stays */
    assert_int_equal(chown(folder, SERVICE, SERVICE), 0);
    open_film(5, 0);
    expect_owner(path, SERVICE);
    snprintf(path, sizeof path, "%s/pixels/%.2s", folder, hashes[5].hex);
    expect_owner(path, SERVICE);
    expect_owner(part_path(5, "json"), SERVICE);
    expect_owner(part_path(5, "1"), SERVICE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(films_that_were_opened_least_recently_leave, start),
        cmocka_unit_test_setup(a_new_film_makes_room, start),
        cmocka_unit_test_setup(what_is_put_is_what_is_made, start),
        cmocka_unit_test_setup(what_root_makes_belongs_to_the_service, start),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    check_tmp_remove();
    return failed;
}
