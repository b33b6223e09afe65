/* Worker processes: results are those of the library; whatever a film does to its process, the
 * service goes on. argv[1]: worker-program. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "base/writer.h"
#include "dicom/write.h"
#include "image/noise.h"
#include "image/png.h"
#include "report/overlay_report.h"
#include "service/node/messages.h"
#include "service/node/worker_command.h"
#include "service/node/worker_pool.h"
#include "spinexr/spinexr.h"
#include "support/check.h"
#include "support/plain_film.h"
#include "support/small_networks.h"

static char *program;

static sx_pool_worker *odd_worker(int seconds) {
    static const char *command[3];
    sx_error err = { 0 };
    command[0] = program;
    command[1] = "odd";
    const sx_pool_options o = { command, 20, seconds };
    sx_pool_worker *w = sx_pool_worker_new(&o, &err);
    CHECK_OK(w != NULL, err);
    return w;
}

typedef struct answer {
    sx_pool_outcome outcome;
    char text[300];
    int width;
    sx_error err;
} answer;

/* About a film with this name. */
static answer ask(sx_pool_worker *w, const char *name) {
    answer a = { .err = { 0 } };
    const char *path = check_tmp_path(name);
    CHECK_OK(sx_write_file(path, "film", 4, &a.err), a.err);
    sx_str json = { 0 };
    sx_pool_picture picture = { 0 };
    a.outcome = sx_pool_predict(w, path, &json, &picture, &a.err);
    snprintf(a.text, sizeof a.text, "%s", sx_str_text(&json));
    a.width = picture.width;
    if (a.outcome == SX_POOL_PREDICTED) assert_int_equal(picture.bytes.len, 6);
    sx_str_free(&json);
    sx_str_free(&picture.bytes);
    sx_str_free(&picture.film);
    return a;
}

static void answers_come_back(void **state) {
    (void)state;
    sx_networks networks;
    sx_error err = { 0 };
    sx_pool_worker *w = odd_worker(20);
    CHECK_OK(sx_pool_start(w, &networks, &err), err);
    assert_string_equal(networks.note, "a note");
    assert_true(networks.demonstration);
    assert_int_equal(strlen(networks.weights), 64);
    for (int i = 0; i < 3; i++) {
        const answer a = ask(w, "film");
        assert_int_equal(a.outcome, SX_POOL_PREDICTED);
        assert_string_equal(a.text, "film");
        assert_int_equal(a.width, 2);
    }
    const answer bad = ask(w, "error");
    assert_int_equal(bad.outcome, SX_POOL_FILM_FAILED);
    check_error(&bad.err, SX_ERR_FORMAT, "no film");
    sx_pool_worker_free(w);
}

static void a_film_that_ends_its_process_costs_an_attempt(void **state) {
    (void)state;
    static const struct {
        const char *path, *message;
    } cases[] = { { "abort", "ended its worker process (signal 6)" },
                  { "exit", "ended its worker process" },
                  { "nonsense", "ended its worker process" },
                  { "promise", "ended its worker process" },
                  { "bad picture", "ended its worker process" } };
    sx_pool_worker *w = odd_worker(20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const answer a = ask(w, cases[i].path);
        if (a.outcome != SX_POOL_CRASHED) fail_msg("%s: %d", cases[i].path, a.outcome);
        check_error(&a.err, SX_ERR_INTERNAL, cases[i].message);
        assert_int_equal(ask(w, "film").outcome, SX_POOL_PREDICTED);
    }
    sx_pool_worker_free(w);
}

/* As when the machine is out of memory. */
static void kill_idle(sx_pool_worker *w) {
    const answer a = ask(w, "process");
    assert_int_equal(a.outcome, SX_POOL_PREDICTED);
    const pid_t process = (pid_t)strtol(a.text, NULL, 10);
    siginfo_t info;
    assert_int_equal(kill(process, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)process, &info, WEXITED | WNOWAIT), 0);
}

static void a_process_that_ends_idle_costs_no_film_an_attempt(void **state) {
    (void)state;
    sx_pool_worker *w = odd_worker(20);
    kill_idle(w);
    assert_int_equal(ask(w, "film").outcome, SX_POOL_PREDICTED);
    kill_idle(w);
    assert_int_equal(ask(w, "abort").outcome, SX_POOL_CRASHED);
    assert_int_equal(ask(w, "film").outcome, SX_POOL_PREDICTED);
    sx_pool_worker_free(w);
}

static void a_film_that_takes_too_long_is_given_up(void **state) {
    (void)state;
    sx_pool_worker *w = odd_worker(1);
    const answer a = ask(w, "slow");
    assert_int_equal(a.outcome, SX_POOL_CRASHED);
    check_error(&a.err, SX_ERR_LIMIT, "took longer than 1 s");
    assert_int_equal(ask(w, "film").outcome, SX_POOL_PREDICTED);
    sx_pool_worker_free(w);
}

static void a_worker_can_compute_and_nothing_else(void **state) {
    (void)state;
    sx_pool_worker *w = odd_worker(20);
    const answer a = ask(w, "confined");
    assert_int_equal(a.outcome, SX_POOL_PREDICTED);
    assert_string_equal(a.text,
                        "be root no, read no, write no, list no, unlink no, stat no, socket no, "
                        "run no, fork no, signal no, trace no, shrink no, compile yes, "
                        "convert yes, threads yes");
    assert_false(sx_path_exists("written-by-worker"));
    sx_pool_worker_free(w);
}

static void a_film_that_is_gone_is_an_error(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str json = { 0 };
    sx_pool_worker *w = odd_worker(20);
    assert_int_equal(sx_pool_predict(w, "/nowhere/film.dcm", &json, NULL, &err),
                     SX_POOL_FILM_FAILED);
    check_error(&err, SX_ERR_IO, "/nowhere/film.dcm");
    sx_str_free(&json);
    assert_int_equal(ask(w, "film").outcome, SX_POOL_PREDICTED);
    sx_pool_worker_free(w);
}

static void what_cannot_start_says_why(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_networks note;
    const char *nothing[] = { "/nowhere/program", NULL },
               *bad[] = { program, "real", "/nowhere/weights", NULL };
    sx_pool_worker *w = sx_pool_worker_new(&(sx_pool_options){ nothing, 20, 20 }, &err);
    CHECK_OK(w != NULL, err);
    CHECK_FAILS(sx_pool_start(w, &note, &err), err, SX_ERR_INTERNAL, "exit status 127");
    sx_pool_worker_free(w);
    w = sx_pool_worker_new(&(sx_pool_options){ bad, 20, 20 }, &err);
    CHECK_OK(w != NULL, err);
    CHECK_FAILS(sx_pool_start(w, &note, &err), err, SX_ERR_IO, "/nowhere/weights");
    sx_pool_worker_free(w);
    const char *stranger[] = { program, "real", "--user", "no-such-user", small_networks_write()[0],
                               NULL },
               *root[] = { program, "real", "--user", "root", small_networks_write()[0], NULL };
    if (geteuid() != 0) return; /* others stay who they are */
    w = sx_pool_worker_new(&(sx_pool_options){ stranger, 60, 60 }, &err);
    CHECK_FAILS(sx_pool_start(w, &note, &err), err, SX_ERR_VALUE, "there is no user no-such-user");
    sx_pool_worker_free(w);
    w = sx_pool_worker_new(&(sx_pool_options){ root, 60, 60 }, &err);
    CHECK_FAILS(sx_pool_start(w, &note, &err), err, SX_ERR_VALUE, "root has all rights");
    sx_pool_worker_free(w);
}

/* With networks: the same report as from the library, and a picture. */
static void results_are_those_of_the_library(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image im;
    const char *film = check_tmp_path("film.png");
    const char *const *weights = small_networks_write();
    CHECK_OK(sx_noise_image("film", 120, 160, false, &im, &err), err);
    CHECK_OK(sx_png_write(&im, SX_PNG_SMALL, film, &err), err);
    sx_image_free(&im);
    const char *command[] = { program, "real", weights[0], weights[1], weights[2], NULL };
    sx_pool_worker *w = sx_pool_worker_new(&(sx_pool_options){ command, 60, 60 }, &err);
    sx_str json = { 0 };
    sx_pool_picture picture = { 0 };
    CHECK_OK(sx_pool_predict(w, film, &json, &picture, &err) == SX_POOL_PREDICTED, err);
    sx_predictor *p = sx_predictor_open(NULL, weights, SMALL_NETWORKS, NULL, &err);
    CHECK_OK(p != NULL, err);
    sx_predict_options o = SX_PREDICT_DEFAULTS;
    o.keep_picture = true;
    sx_prediction *want = sx_predict_file(p, film, &o, &err);
    CHECK_OK(want != NULL, err);
    sx_image drawn;
    CHECK_OK(sx_overlay_capture(NULL, want, &drawn, &err), err);
    assert_true(drawn.width >= 1000 || drawn.height >= 1000);
    assert_int_equal(picture.width, drawn.width);
    assert_int_equal(picture.height, drawn.height);
    /* also the texts, although a worker cannot open fonts */
    assert_memory_equal(picture.bytes.data, sx_image_u8(&drawn), picture.bytes.len);
    sx_image_free(&drawn);
    sx_image alone = { 0 };
    CHECK_OK(sx_png_decode(picture.film.data, picture.film.len, "film", &alone, &err), err);
    const sx_picture *shown = sx_prediction_picture(want);
    assert_int_equal(alone.width, shown->width);
    assert_int_equal(alone.height, shown->height);
    assert_memory_equal(sx_image_u8(&alone), shown->data, sx_image_bytes(&alone));
    sx_image_free(&alone);
    char probability[64];
    snprintf(probability, sizeof probability, "\"probability\": %.9g",
             sx_prediction_probability(want));
    if (!strstr(sx_str_text(&json), probability))
        fail_msg("no %s in %s", probability, sx_str_text(&json));
    sx_prediction_free(want);
    sx_predictor_free(p);
    sx_str_free(&json);
    sx_str_free(&picture.bytes);
    sx_str_free(&picture.film);
    sx_pool_worker_free(w);
}

enum { SOCKET = 3 };

static pid_t start_alone(int socket) {
    const char *const command[] = { program, "real", small_networks_write()[0], NULL };
    const pid_t worker = fork();
    assert_true(worker >= 0);
    if (worker) return worker;
    if (dup2(socket, SOCKET) != SOCKET) _exit(127);
    close_range(SOCKET + 1, ~0u, 0);
    execv(program, (char *const *)(uintptr_t)command);
    _exit(127);
}

/* Of a service that was killed. What runs at exit, as LeakSanitizer's check, is not allowed there.
 */
static void a_worker_ends_when_its_service_is_gone(void **state) {
    (void)state;
    int pair[2], status = 0;
    sx_message_kind kind = SX_MESSAGE_ERROR;
    sx_str text = { 0 };
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    const pid_t worker = start_alone(pair[1]);
    close(pair[1]);
    assert_int_equal(sx_message_receive(pair[0], 60000, &kind, &text), SX_MESSAGE_READ);
    assert_int_equal(kind, SX_MESSAGE_HELLO);
    sx_str_free(&text);
    close(pair[0]);
    assert_int_equal(waitpid(worker, &status, 0), worker);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* A film that the header's rules refuse, one that they accept, and a rule against each. */
static void rules_of_the_installation_come_first(void **state) {
    (void)state;
    enum { SIDE = 48 };
    static uint16_t pixels[SIDE * SIDE];
    static const struct {
        const char *part, *option, *rule;
        sx_pool_outcome outcome;
        const char *message;
    } cases[] = {
        { "HAND", "--user", "nobody", SX_POOL_FILM_FAILED, "hand, not the spine" },
        { "HAND", "--accept", "BodyPartExamined=HAND", SX_POOL_PREDICTED, "" },
        { "LSPINE", "--accept", "BodyPartExamined=HAND", SX_POOL_PREDICTED, "" },
        { "LSPINE", "--refuse", "BodyPartExamined=*SPINE", SX_POOL_FILM_FAILED,
          "refused by the rule BodyPartExamined=*SPINE" },
    };
    const char *path = check_tmp_path("rules.dcm");
    const char *const *weights = small_networks_write();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_error err = { 0 };
        sx_networks networks;
        sx_str json = { 0 };
        sx_pool_picture picture = { 0 };
        const char *command[] = { program,    "real", cases[i].option, cases[i].rule, weights[0],
                                  weights[2], NULL };
        sx_write_film f = plain_film(pixels, SIDE, SIDE);
        f.body_part = cases[i].part;
        f.region_code = f.region_meaning = NULL;
        f.description = NULL;
        CHECK_OK(sx_dicom_write(path, &f, SX_WRITE_EXPLICIT, NULL, &err), err);
        sx_pool_worker *w = sx_pool_worker_new(&(sx_pool_options){ command, 60, 60 }, &err);
        CHECK_OK(w && sx_pool_start(w, &networks, &err), err);
        assert_true(*networks.classes);
        assert_int_equal(sx_pool_predict(w, path, &json, &picture, &err), cases[i].outcome);
        if (*cases[i].message) check_error(&err, SX_ERR_REFUSED, cases[i].message);
        sx_str_free(&json);
        sx_str_free(&picture.bytes);
        sx_str_free(&picture.film);
        sx_pool_worker_free(w);
    }
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

/* ---- how many there are ---- */

static void there_are_as_many_as_the_machine_has_room_for(void **state) {
    (void)state;
    const uint64_t gb = UINT64_C(1) << 30;
    assert_int_equal(sx_worker_processes_for(2, 8 * gb), 2);
    assert_int_equal(sx_worker_processes_for(4, 5 * gb), 2);
    assert_int_equal(sx_worker_processes_for(4, gb), 1);
    assert_int_equal(sx_worker_processes_for(1, 64 * gb), 1);
    assert_int_equal(sx_worker_processes_for(64, 512 * gb), 8);
    assert_int_equal(sx_worker_processes_for(64, UINT64_MAX), 8);
    const sx_settings asked = { .workers = { .processes = 3 } }, any = { .file = "" };
    assert_int_equal(sx_worker_processes(&asked), 3);
    assert_in_range(sx_worker_processes(&any), 1, 8);
}

int main(int argc, char **argv) {
    assert_true(argc == 2);
    program = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_come_back),
        cmocka_unit_test(a_film_that_ends_its_process_costs_an_attempt),
        cmocka_unit_test(a_process_that_ends_idle_costs_no_film_an_attempt),
        cmocka_unit_test(a_film_that_takes_too_long_is_given_up),
        cmocka_unit_test(a_worker_can_compute_and_nothing_else),
        cmocka_unit_test(a_film_that_is_gone_is_an_error),
        cmocka_unit_test(what_cannot_start_says_why),
        cmocka_unit_test(results_are_those_of_the_library),
        cmocka_unit_test(a_worker_ends_when_its_service_is_gone),
        cmocka_unit_test(rules_of_the_installation_come_first),
        cmocka_unit_test(there_are_as_many_as_the_machine_has_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
