/* How long a reader waits until a stroke is saved: simulated readers mark films at the same time on
 * one server and one database.
 *
 *     build/bench/bench-reading READERS STROKES PAUSE_MS
 *
 * Each reader saves a box, moves it and saves it again, with a pause of PAUSE_MS on average between
 * strokes, each stroke as a request of its own (a new connection, JSON, one transaction with
 * fsync). Prints the median, the 95th and 99th percentile and the longest time in milliseconds. The
 * store is an SQLite file below TMPDIR, or the server that STORE names. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"
#include "service/reading/reading_verify.h"
#include "service/reading_page.h"
#include "support/check.h"

enum { MOST_READERS = 200 };

typedef struct simulated_reader {
    int number, strokes, pause_ms;
    int64_t task, film, label;
    char headers[700];
    double *seconds; /* [strokes] */
    int failures;
} simulated_reader;

static void *read_study(void *user) {
    simulated_reader *r = user;
    const uint64_t key = sx_rng_key("bench.reading", (uint64_t)r->number + 1);
    char body[700], client[30];
    snprintf(client, sizeof client, "page-%04d", r->number);
    for (int i = 0; i < r->strokes; i++) {
        usleep((useconds_t)(2000.0 * r->pause_ms * sx_rng_unit(key, (uint64_t)i)));
        snprintf(body, sizeof body,
                 "{\"client\":\"%s\",\"base_rev\":%d,\"ops\":[{\"seq\":%d,\"kind\":\"box_put\","
                 "\"at\":1,\"film\":%" PRId64 ",\"box\":\"box-%05d\",\"body\":{\"label\":%" PRId64
                 ",\"corners\":[1,2,%d,40]}}]}",
                 client, i, i + 1, r->film, i / 2, r->label, 5 + i % 50);
        const double since = sx_now();
        r->failures +=
            web_status(web_port, "POST", page_path(r->task, "ops"), r->headers, body) != 200;
        r->seconds[i] = sx_now() - since;
    }
    return NULL;
}

static int by_time(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void begin_readers(simulated_reader *readers, int count, int strokes, int pause_ms,
                          double *seconds) {
    sx_str logins = { 0 };
    for (int i = 0; i < count; i++) {
        char login[20];
        snprintf(login, sizeof login, "reader%d", i);
        room_person(web_db, login, SX_ROLE_READER);
        sx_str_printf(&logins, "%s%s", i ? " " : "", login);
    }
    sx_reading_project p = { .key = "bench", .name = "Bench", .readers = 1, .prelabels = "none" };
    p = room_project_as(web_db, room_data_set("bench", count), &p);
    page_project = p;
    room_assign(web_db, &p, sx_str_text(&logins));
    sx_str_free(&logins);
    for (int i = 0; i < count; i++) {
        char login[20];
        simulated_reader *r = &readers[i];
        snprintf(login, sizeof login, "reader%d", i);
        *r = (simulated_reader){ .number = i, .strokes = strokes, .pause_ms = pause_ms };
        r->task = room_task(web_db, login, 1);
        r->film = room_film(web_db, r->task, 0);
        r->label = room_number(web_db, "SELECT MIN(id) FROM reading_label");
        r->seconds = seconds + (size_t)i * (size_t)strokes;
        snprintf(r->headers, sizeof r->headers, "%s", page_session(login));
    }
}

static void print_times(double *seconds, size_t n, int readers, double total, int failures) {
    qsort(seconds, n, sizeof *seconds, by_time);
    printf("%d readers, %zu strokes in %.1f s, %d failed\n", readers, n, total, failures);
    printf("saving, ms: median %.1f, 95%% %.1f, 99%% %.1f, longest %.1f\n", 1000 * seconds[n / 2],
           1000 * seconds[n * 95 / 100], 1000 * seconds[n * 99 / 100], 1000 * seconds[n - 1]);
}

int main(int argc, char **argv) {
    static simulated_reader readers[MOST_READERS];
    pthread_t threads[MOST_READERS];
    const int count = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 30,
              strokes = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 60,
              pause_ms = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 1000;
    int failures = 0;
    sx_error err = { 0 };
    sx_reading_verified n;
    if (count < 1 || count > MOST_READERS || strokes < 1) return 2;
    double *seconds = calloc((size_t)count * (size_t)strokes, sizeof *seconds);
    if (!seconds) return 1;
    sx_web_options o = web_test_options();
    o.routes = page_tables;
    web_start(&o);
    begin_readers(readers, count, strokes, pause_ms, seconds);
    const double since = sx_now();
    for (int i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, read_study, &readers[i]) != 0) return 1;
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        failures += readers[i].failures;
    }
    print_times(seconds, (size_t)count * (size_t)strokes, count, sx_now() - since, failures);
    const bool ok = sx_reading_verify(web_db, page_project.id, &n, &err) &&
                    n.ops == (size_t)count * (size_t)strokes;
    if (!ok) printf("%zu operations are there: %s\n", n.ops, err.message);
    web_stop();
    free(seconds);
    check_tmp_remove();
    return ok && !failures ? 0 : 1;
}
