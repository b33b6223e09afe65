/* The service is killed (SIGKILL) at random moments while a reader's page saves operations, and
 * started again each time. Every operation that was acknowledged is there once, and the log agrees
 * with the boxes. argv: the number of kills. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/rng.h"
#include "service/fresh_store.h"
#include "service/reading/reading_verify.h"
#include "service/reading_page.h"
#include "support/check.h"
#include "support/free_port.h"

static int kills;
static char store[600];
static uint64_t seed, drawn;

static pid_t start(void) {
    const pid_t service = fork();
    assert_true(service >= 0);
    if (service == 0) {
        sx_error err = { 0 };
        sx_web_options o = web_test_options();
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* it ends with a test that is killed */
        o.routes = page_tables;
        o.store = store;
        o.port = web_port;
        if (!sx_web_open(&o, &err)) {
            fprintf(stderr, "%s\n", err.message);
            _exit(1);
        }
        for (;;)
            pause();
    }
    return service;
}

static void end(pid_t service) {
    int status;
    kill(service, SIGKILL);
    assert_int_equal(waitpid(service, &status, 0), service);
    assert_true(WIFSIGNALED(status));
}

/* The page's connection may fail at any moment. */
static int try_to_save(const char *headers, const char *target, const char *body) {
    char request[3000], answer[20] = "";
    const int n = snprintf(request, sizeof request,
                           "POST %s HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n%s"
                           "Content-Length: %zu\r\n\r\n%s",
                           target, web_port, headers, strlen(body), body);
    const struct sockaddr_in to = { .sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)web_port),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const struct timeval patience = { .tv_sec = 5 };
    const int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0) return 0;
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(s, (const struct sockaddr *)&to, sizeof to) != 0) {
        close(s);
        return 0;
    }
    const ssize_t got = send(s, request, (size_t)n, MSG_NOSIGNAL) == n
                            ? recv(s, answer, sizeof answer - 1, MSG_WAITALL)
                            : 0;
    close(s);
    return got > 12 ? (int)strtol(answer + 9, NULL, 10) : 0;
}

/* Sends each operation until it is acknowledged. */
static void save_boxes(int task_number, int count_fd) {
    const char *headers = page_session("ann");
    const int64_t task = room_task(web_db, "ann", task_number), film = room_film(web_db, task, 0),
                  label = room_label(web_db, "Fracture");
    for (int seq = 1;; seq++) {
        char body[600], box[20];
        snprintf(box, sizeof box, "box-%05d", seq);
        snprintf(body, sizeof body, "{\"client\":\"page-0001\",\"base_rev\":0,\"ops\":%s}",
                 page_op(seq, "box_put", film, box, page_box(label, 1, 2, 3 + seq % 50, 4)));
        for (int status = 0; status != 200;) {
            status = try_to_save(headers, page_path(task, "ops"), body);
            if (status != 0 && status != 200 && status != 503) _exit(1);
            if (status == 0) usleep(2000);
        }
        if (write(count_fd, box, sizeof box) != sizeof box) _exit(0);
    }
}

/* Waits for the next acknowledged operation, and looks for it; false: the page has ended. */
static bool check_next(int fd) {
    char box[20], sql[200];
    if (read(fd, box, sizeof box) != sizeof box) return false;
    snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM reading_op WHERE box = '%s'", box);
    if (room_number(web_db, sql) != 1) fail_msg("%s was acknowledged and is not there", box);
    return true;
}

static void no_acknowledged_operation_is_lost(void **state) {
    (void)state;
    int fds[2];
    sx_error err = { 0 };
    sx_reading_verified n;
    int acknowledged = 0;
    seed = sx_rng_key("test.reading-killed", (uint64_t)time(NULL));
    web_db = fresh_store(check_tmp_path("killed.sqlite"), store, sizeof store);
    web_port = free_port();
    web_clock = 1790000000000;
    page_project = room_project(web_db, room_data_set("killed", 3));
    room_person(web_db, "ann", SX_ROLE_READER);
    room_person(web_db, "ben", SX_ROLE_READER);
    room_assign(web_db, &page_project, "ann ben");
    assert_int_equal(pipe(fds), 0);
    pid_t service = start();
    const pid_t page = fork();
    assert_true(page >= 0);
    if (page == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(fds[0]);
        web_db = sx_db_open(store, &err);
        if (!web_db) _exit(1);
        save_boxes(1, fds[1]);
    }
    close(fds[1]);
    for (int i = 0; i < kills; i++) {
        /* something was saved since it was started */
        acknowledged += check_next(fds[0]);
        usleep((useconds_t)(20000 * sx_rng_unit(seed, drawn++)));
        end(service);
        service = start();
    }
    kill(page, SIGKILL);
    assert_int_equal(waitpid(page, NULL, 0), page);
    end(service);
    while (check_next(fds[0]))
        acknowledged++;
    close(fds[0]);
    const int64_t saved = room_number(web_db, "SELECT COUNT(*) FROM reading_op");
    /* the last one may have been saved without an answer */
    assert_true(saved == acknowledged || saved == acknowledged + 1);
    CHECK_OK(sx_reading_verify(web_db, page_project.id, &n, &err), err);
    print_message("%d operations acknowledged over %d kills\n", acknowledged, kills);
    assert_true(acknowledged >= kills);
    sx_db_close(web_db);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(no_acknowledged_operation_is_lost) };
    if (argc != 2) return 2;
    kills = (int)strtol(argv[1], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
