/* A film that is replaced while its data set is published has not passed de-identification. */
#include <stdio.h>
#include <string.h>

#include "deidentified_set.h"
#include "support/check.h"
#include "support/contexts.h"
#include "support/text_files.h"

#include "base/files.h"
#include "publish/set_release.h"

enum { FILMS = 4 };

static char set[512], about[512];

/* Replaces a film with another one when a step of the work begins. */
typedef struct replacing {
    const char *when; /* what the step counts */
    int turn;         /* the step of this number, from 1 on */
    char film[1024], other[1024];
} replacing;

static void replace_at(void *user, const sx_progress *p) {
    replacing *r = user;
    sx_error err = { 0 };
    sx_file f;
    if (p->ended || p->done || r->turn == 0 || strcmp(p->what, r->when) != 0) return;
    if (--r->turn != 0) return;
    CHECK_OK(sx_file_open(&f, r->other, &err), err);
    CHECK_OK(sx_write_file(r->film, f.data, f.size, &err), err);
    sx_file_close(&f);
}

static bool publish(const char *name, sx_film_format films, replacing *r, sx_error *err) {
    sx_context context = check_context(1);
    sx_progress progress = { 0 };
    sx_set_release_totals t;
    context.progress = r ? replace_at : NULL;
    context.progress_user = r;
    const sx_set_release release = { .set = set,
                                     .about = about,
                                     .out = check_tmp_path(name),
                                     .films = { .format = films },
                                     .context = &context,
                                     .progress = &progress };
    return sx_set_release_write(&release, &t, err);
}

/* ---- the films ---- */

static void find_two_films(replacing *r) {
    sx_error err = { 0 };
    sx_manifest m;
    CHECK_OK(sx_manifest_open(set, NULL, &m, &err), err);
    assert_int_equal(m.film_count, FILMS);
    snprintf(r->film, sizeof r->film, "%s", m.films[0].path);
    snprintf(r->other, sizeof r->other, "%s", m.films[1].path);
    sx_manifest_free(&m);
}

/* After the check, and after the films were written. */
static void a_changed_film_is_not_published(void **state) {
    (void)state;
    static const struct {
        const char *when;
        int turn;
        sx_film_format films;
    } cases[] = {
        { "films", 2, SX_EXPORT_DICOM }, /* the first step that counts films checks the set */
        { "films", 2, SX_EXPORT_PNG },
        { "checksums", 1, SX_EXPORT_DICOM },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        replacing r = { .when = cases[i].when, .turn = cases[i].turn };
        sx_error err = { 0 };
        sx_file before;
        find_two_films(&r);
        CHECK_OK(sx_file_open(&before, r.film, &err), err);
        CHECK_FAILS(publish("changed", cases[i].films, &r, &err), err, SX_ERR_MISMATCH, r.film);
        assert_non_null(strstr(err.message, "it changed while the data set was published"));
        assert_int_equal(r.turn, 0);
        assert_false(sx_path_exists(check_tmp_path("changed")));
        err = (sx_error){ 0 };
        CHECK_OK(sx_write_file(r.film, before.data, before.size, &err), err);
        sx_file_close(&before);
    }
}

static void an_unchanged_set_is_published(void **state) {
    (void)state;
    sx_error err = { 0 };
    CHECK_OK(publish("published", SX_EXPORT_DICOM, NULL, &err), err);
    assert_true(sx_path_exists(path_in(check_tmp_path("published"), "SHA256SUMS")));
}

static int make(void **state) {
    (void)state;
    make_deidentified_set(FILMS, set);
    snprintf(about, sizeof about, "%s", check_tmp_path("about.yaml"));
    write_text(about, "{title: T, description: D, creators: [A], version: 1.0.0, publisher: P, "
                      "licence: CC0-1.0}\n");
    return 0;
}

static int clear(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_changed_film_is_not_published),
        cmocka_unit_test(an_unchanged_set_is_published),
    };
    return cmocka_run_group_tests(tests, make, clear);
}
