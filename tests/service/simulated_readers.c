/* Three readers and an adjudicator who read a project through the HTTP API of `spinexr serve`, with
 * errors that are known.
 *
 *     simulated-readers read PORT DATASET PROJECT SEED OUT
 *     simulated-readers compare OUT
 *
 * read: ann, ben and cho read all their tasks at the same time, max locks the round and has it
 * adjudicated, jo keeps what two readers have drawn and rejects the rest, max locks again. They
 * sign in with the password in READING_PASSWORD. A reader is not told which film of DATASET is
 * shown: they recognise it by its pixels. Writes into the folder OUT: put_in.json, what was put in
 * and the agreement that must follow; route.json, the answer of the route of agreement.
 *
 * compare: prints put_in.json beside agreement.json, which `eval agreement --json` made of all
 * readings, and compares route.json with round.json, which it made of the first round. The exit
 * status is 1 if they differ. */
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/writer.h"
#include "service/reading/pixel_film.h"
#include "service/reading/pixel_level.h"
#include "service/reading_page.h"
#include "service/simulated_marks.h"
#include "support/check.h"

enum { MOST_CLASSES = 64, SECRET = 100 };

static sx_manifest films;
static sx_sha256 *shown; /* [films.film_count] of the packed pixels of level 8 */
static sim_marks marks;
static int64_t labels[MOST_CLASSES]; /* of the project, by class of the data set */
static const char *project;

/* ---- films ---- */

static void pack_film(sx_manifest_film *f, sx_str *out) {
    sx_error err = { 0 };
    sx_file file;
    sx_pixel_film film = { 0 };
    assert_non_null(f->path);
    CHECK_OK(sx_file_open(&file, f->path, &err), err);
    CHECK_OK(sx_pixel_film_read(file.data, file.size, f->path, NULL, &film, &err), err);
    CHECK_OK(sx_pixel_level_pack(&film, 8, out, &err), err);
    f->width = film.width;
    sx_pixel_film_free(&film);
    sx_file_close(&file);
}

static void open_films(const char *folder) {
    sx_error err = { 0 };
    CHECK_OK(sx_manifest_open(folder, NULL, &films, &err), err);
    assert_true(films.classes.count <= MOST_CLASSES);
    shown = calloc(films.film_count + 1, sizeof *shown);
    assert_non_null(shown);
    for (size_t i = 0; i < films.film_count; i++) {
        sx_str packed = { 0 };
        pack_film(&films.films[i], &packed);
        CHECK_OK(sx_sha256_of(packed.data, packed.len, &shown[i], &err), err);
        sx_str_free(&packed);
    }
}

static size_t recognise(const char *headers, int64_t film) {
    char target[80];
    sx_error err = { 0 };
    sx_sha256 seen;
    snprintf(target, sizeof target, "/api/reading/films/%" PRId64 "/pixels/8", film);
    web_answer a = web_call(web_port, "GET", target, headers, NULL);
    assert_int_equal(a.status, 200);
    CHECK_OK(sx_sha256_of(a.body, a.n, &seen, &err), err);
    web_free(&a);
    for (size_t i = 0; i < films.film_count; i++)
        if (strcmp(shown[i].hex, seen.hex) == 0) return i;
    fail_msg("film %" PRId64 " has the pixels of no film of the data set", film);
    return 0;
}

/* ---- sessions and tasks ---- */

static void sign_in(const char *login, char headers[700]) {
    char secret[SECRET] = "";
    const char *password = getenv("READING_PASSWORD");
    assert_non_null(password);
    web_answer a = web_sign_in(NULL, login, password);
    if (a.status != 200) fail_msg("%s does not sign in: %s", login, a.text);
    const char *cookie = web_header(&a, "Set-Cookie");
    assert_non_null(cookie);
    const char *value = strchr(cookie, '=');
    assert_non_null(value);
    snprintf(secret, sizeof secret, "%.*s", (int)strcspn(value + 1, ";"), value + 1);
    web_free(&a);
    snprintf(headers, 700, "%s", web_session_headers(secret));
}

/* 0: none is left */
static int64_t next_task(const char *headers) {
    char body[80];
    snprintf(body, sizeof body, "{\"project\":\"%s\"}", project);
    json_t *next = page_json("POST", "/api/reading/tasks/next", headers, body, 200);
    const int64_t task = json_integer_value(json_object_get(next, "task"));
    json_decref(next);
    return task;
}

static void note_labels(const json_t *task) {
    size_t at;
    const json_t *label, *list = json_object_get(json_object_get(task, "project"), "labels");
    json_array_foreach(list, at, label) {
        const char *name = json_string_value(json_object_get(label, "name"));
        for (size_t i = 0; i < films.classes.count; i++)
            if (strcmp(films.classes.items[i], name) == 0)
                labels[i] = json_integer_value(json_object_get(label, "label"));
    }
}

/* A task that is read, one operation after the other. */
typedef struct open_task {
    const char *login, *headers;
    int64_t id;
    int ops;
} open_task;

static void send_op(open_task *t, const char *kind, int64_t film, const char *box,
                    const char *body) {
    char client[60];
    snprintf(client, sizeof client, "simulated-%s-%" PRId64, t->login, t->id);
    const char *op = page_op(t->ops + 1, kind, film, box, body);
    assert_int_equal(page_send_as(client, t->headers, t->id, t->ops, op), 200);
    t->ops++;
}

static void send_box(open_task *t, int64_t film, const char *box, int64_t label,
                     const double corners[4], const char *source) {
    char body[300];
    snprintf(body, sizeof body,
             "{\"label\":%" PRId64 ",\"corners\":[%.6f,%.6f,%.6f,%.6f],\"source\":\"%s\"}", label,
             corners[0], corners[1], corners[2], corners[3], source);
    send_op(t, "box_put", film, box, body);
}

static void send_verdict(open_task *t, int64_t film, bool marked) {
    send_op(t, "verdict", film, "",
            marked ? "{\"verdict\":\"abnormal\"}" : "{\"verdict\":\"normal\"}");
}

/* ---- readers ---- */

static void read_film(open_task *t, int person, int64_t film) {
    const size_t index = recognise(t->headers, film);
    const sx_manifest_film *f = &films.films[index];
    for (size_t i = f->first_box; i < f->first_box + f->box_count; i++) {
        char box[40];
        const sim_mark *m = &marks.of[person][i];
        snprintf(box, sizeof box, "%s-%08zu", t->login, i);
        if (m->drawn) send_box(t, film, box, labels[m->label], m->corners, "manual");
    }
    send_verdict(t, film, sim_film_is_marked(&marks, person, index));
}

typedef struct reader_at_work {
    int person;
    char headers[700];
} reader_at_work;

static void *read_project(void *user) {
    const reader_at_work *reader = user;
    const int person = reader->person;
    const char *headers = reader->headers;
    for (int64_t id; (id = next_task(headers)) != 0;) {
        open_task t = { .login = sim_people[person].login, .headers = headers, .id = id };
        json_t *task = page_json("GET", page_path(id, ""), headers, NULL, 200);
        size_t at;
        const json_t *film;
        json_array_foreach(json_object_get(task, "films"), at, film)
            read_film(&t, person, json_integer_value(json_object_get(film, "film")));
        json_decref(task);
        page_expect("POST", page_path(id, "complete"), headers, NULL, 200, "done");
    }
    return NULL;
}

/* The labels are the same in every task, and must be known before the first box. */
static void learn_labels(void) {
    char headers[700];
    sign_in(sim_people[SIM_FIRST_READER].login, headers);
    const int64_t id = next_task(headers);
    if (!id)
        fail_msg("%s has no task of the project %s", sim_people[SIM_FIRST_READER].login, project);
    json_t *task = page_json("GET", page_path(id, ""), headers, NULL, 200);
    note_labels(task);
    json_decref(task);
    for (size_t i = 0; i < films.classes.count; i++)
        if (!labels[i]) fail_msg("the project has no label %s", films.classes.items[i]);
}

static void read_all(void) {
    pthread_t threads[SIM_READERS];
    static reader_at_work readers[SIM_READERS];
    for (int i = 0; i < SIM_READERS; i++) {
        readers[i].person = SIM_FIRST_READER + i;
        sign_in(sim_people[readers[i].person].login, readers[i].headers);
    }
    for (int i = 0; i < SIM_READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_project, &readers[i]), 0);
    for (int i = 0; i < SIM_READERS; i++)
        pthread_join(threads[i], NULL);
}

/* ---- manager and adjudicator ---- */

static void lead(const char *headers, const char *what, const char *body) {
    char target[120];
    snprintf(target, sizeof target, "/api/reading/projects/%s/%s", project, what);
    page_expect("POST", target, headers, body, 200, "tasks");
}

/* Whether the cluster was kept. */
static bool decide(open_task *t, const json_t *cluster) {
    char body[300], box[40];
    double corners[4];
    const int64_t film = json_integer_value(json_object_get(cluster, "film")),
                  number = json_integer_value(json_object_get(cluster, "cluster")),
                  label = json_integer_value(json_object_get(cluster, "label"));
    const bool keep = json_array_size(json_object_get(cluster, "boxes")) >= 2;
    int n =
        snprintf(body, sizeof body, "{\"film\":%" PRId64 ",\"cluster\":%" PRId64 ",", film, number);
    if (keep) {
        for (size_t i = 0; i < 4; i++)
            corners[i] = json_number_value(json_array_get(json_object_get(cluster, "corners"), i));
        snprintf(box, sizeof box, "%s-%" PRId64 "-%" PRId64, "merged", film, number);
        send_box(t, film, box, label, corners, "copy");
        snprintf(body + n, sizeof body - (size_t)n, "\"decision\":\"merge\",\"box\":\"%s\"}", box);
    } else {
        snprintf(body + n, sizeof body - (size_t)n,
                 "\"decision\":\"reject\",\"reason\":\"one reader alone\"}");
    }
    page_expect("POST", page_path(t->id, "decisions"), t->headers, body, 200, "clusters");
    return keep;
}

static void adjudicate_task(open_task *t, const json_t *task) {
    size_t at, k;
    const json_t *film, *cluster;
    json_t *found = page_json("GET", page_path(t->id, "clusters"), t->headers, NULL, 200);
    json_array_foreach(json_object_get(task, "films"), at, film) {
        const int64_t id = json_integer_value(json_object_get(film, "film"));
        bool marked = false;
        json_array_foreach(json_object_get(found, "clusters"), k,
                           cluster) if (json_integer_value(json_object_get(cluster, "film")) == id)
            marked |= decide(t, cluster);
        send_verdict(t, id, marked);
    }
    json_decref(found);
}

static void adjudicate_all(void) {
    char headers[700];
    const char *login = sim_people[SIM_ADJUDICATOR].login;
    sign_in(login, headers);
    for (int64_t id; (id = next_task(headers)) != 0;) {
        open_task t = { .login = login, .headers = headers, .id = id };
        json_t *task = page_json("GET", page_path(id, ""), headers, NULL, 200);
        adjudicate_task(&t, task);
        json_decref(task);
        page_expect("POST", page_path(id, "complete"), headers, NULL, 200, "done");
    }
}

/* ---- what was put in ---- */

static void put_person(sx_json list, int person) {
    const sx_json o = sx_json_object(list, NULL);
    size_t drawn = 0, wrong = 0;
    for (size_t i = 0; i < films.box_count; i++) {
        drawn += marks.of[person][i].drawn;
        wrong += marks.of[person][i].drawn && marks.of[person][i].wrong;
    }
    sx_json_text(o, "login", sim_people[person].login);
    sx_json_count(o, "boxes", drawn);
    sx_json_count(o, "missed", films.box_count - drawn);
    sx_json_count(o, "wrong_class", wrong);
    size_t overlooked = 0;
    for (size_t f = 0; f < films.film_count; f++)
        overlooked +=
            sim_film_is_marked(&marks, SIM_TRUTH, f) && !sim_film_is_marked(&marks, person, f);
    sx_json_count(o, "overlooked", overlooked);
    sx_json_number(o, "shift", sim_people[person].shift);
}

static void put_pair(sx_json list, int first, int second) {
    const sx_json o = sx_json_object(list, NULL);
    const sim_agreement a = sim_expect(&marks, first, second);
    sx_json_text(o, "first", sim_people[first].login);
    sx_json_text(o, "second", sim_people[second].login);
    sx_json_count(o, "first_boxes", a.first_boxes);
    sx_json_count(o, "second_boxes", a.second_boxes);
    sx_json_count(o, "paired", a.paired);
    sx_json_number(o, "mean_iou", a.mean_iou);
    sx_json_number(o, "same_films", a.same_films);
}

static const char *in_folder(const char *folder, const char *name) {
    static char path[4200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_put_in(const char *folder) {
    sx_json_doc doc;
    sx_error err = { 0 };
    const sx_json o = sx_json_new_object(&doc), people = sx_json_array(o, "people"),
                  pairs = sx_json_array(o, "pairs");
    for (int p = SIM_FIRST_READER; p < SIM_PEOPLE; p++)
        put_person(people, p);
    for (int a = 0; a < SIM_PEOPLE; a++)
        for (int b = a + 1; b < SIM_PEOPLE; b++)
            put_pair(pairs, a, b);
    CHECK_OK(sx_json_write(&doc, in_folder(folder, "put_in.json"), &err), err);
    sx_json_free(&doc);
}

static void save_route(const char *headers, const char *folder) {
    char target[120];
    sx_error err = { 0 };
    snprintf(target, sizeof target, "/api/reading/projects/%s/agreement", project);
    web_answer a = web_call(web_port, "GET", target, headers, NULL);
    assert_int_equal(a.status, 200);
    CHECK_OK(sx_write_file(in_folder(folder, "route.json"), a.body, a.n, &err), err);
    web_free(&a);
}

static int read_and_adjudicate(char **argv) {
    char manager[700];
    web_port = (int)strtol(argv[2], NULL, 10);
    open_films(argv[3]);
    project = argv[4];
    sim_marks_make(&films, strtoull(argv[5], NULL, 10), &marks);
    learn_labels();
    sim_marks_adjudicate(&marks, labels);
    read_all();
    sign_in("max", manager);
    lead(manager, "lock", "{\"round\":1}");
    lead(manager, "adjudication", "{\"adjudicators\":[\"jo\"],\"round\":1}");
    adjudicate_all();
    lead(manager, "lock", "{\"round\":1,\"adjudicated\":true}");
    save_route(manager, argv[6]);
    write_put_in(argv[6]);
    sim_marks_free(&marks);
    sx_manifest_free(&films);
    free(shown);
    return 0;
}

/* ---- compare ---- */

/* The row of all classes of two readers, whichever comes first; NULL: none. */
static const json_t *row_of(const json_t *rows, const char *class, const char *a, const char *b) {
    char one[200], other[200];
    size_t at;
    const json_t *row;
    snprintf(one, sizeof one, "%s, %s", a, b);
    snprintf(other, sizeof other, "%s, %s", b, a);
    json_array_foreach(rows, at, row) {
        const char *readers = json_string_value(json_object_get(row, "readers"));
        if (strcmp(json_string_value(json_object_get(row, "class")), class) == 0 &&
            (strcmp(readers, one) == 0 || strcmp(readers, other) == 0))
            return row;
    }
    return NULL;
}

static double number_of(const json_t *o, const char *key) {
    const json_t *value = json_object_get(o, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* Boxes are exported with 1/10000 pixel. */
static bool compare_pair(const json_t *put, const json_t *found) {
    const char *a = json_string_value(json_object_get(put, "first")),
               *b = json_string_value(json_object_get(put, "second"));
    const json_t *boxes = row_of(json_object_get(found, "boxes"), "all classes", a, b),
                 *kappa = row_of(json_object_get(found, "cohen"), "any lesion", a, b);
    const double all = number_of(put, "first_boxes") + number_of(put, "second_boxes"),
                 all_found =
                     number_of(boxes, "boxes_of_first") + number_of(boxes, "boxes_of_second");
    const bool same = all == all_found && number_of(put, "paired") == number_of(boxes, "matched") &&
                      fabs(number_of(put, "mean_iou") - number_of(boxes, "mean_iou")) < 1e-4 &&
                      fabs(number_of(put, "same_films") - number_of(kappa, "observed")) < 1e-9;
    printf("%-6s %-6s %8.0f %8.0f %8.0f %8.0f   %.4f %.4f   %.4f %.4f%s\n", a, b, all, all_found,
           number_of(put, "paired"), number_of(boxes, "matched"), number_of(put, "mean_iou"),
           number_of(boxes, "mean_iou"), number_of(put, "same_films"), number_of(kappa, "observed"),
           same ? "" : "  different");
    return same;
}

/* A kappa stands beside its interval. */
static double value_of(const json_t *o, const char *key) {
    const json_t *in = json_object_get(o, key);
    return json_is_object(in) ? number_of(in, "value") : number_of(o, key);
}

static bool same_number(const json_t *a, const char *key, const json_t *b, const char *other,
                        double least) {
    const double x = number_of(a, key), y = value_of(b, other);
    if (fabs(x - y) <= least || (isnan(x) && isnan(y))) return true;
    printf("the route of agreement has %s %.12g, eval agreement %.12g\n", key, x, y);
    return false;
}

static bool compare_route(const json_t *route, const json_t *round) {
    size_t at;
    const json_t *pair, *all = json_array_get(json_object_get(round, "fleiss"), 0);
    json_array_foreach(json_object_get(round, "fleiss"), at,
                       pair) if (strcmp(json_string_value(json_object_get(pair, "class")),
                                        "any lesion") == 0) all = pair;
    const json_t *fleiss = json_object_get(route, "fleiss");
    bool same = json_array_size(json_object_get(route, "pairs")) == 3 &&
                same_number(fleiss, "kappa", all, "kappa", 1e-9) &&
                same_number(fleiss, "films", all, "films", 0) &&
                same_number(fleiss, "observed", all, "observed", 1e-9);
    json_array_foreach(json_object_get(route, "pairs"), at, pair) {
        const char *a = json_string_value(json_object_get(pair, "first")),
                   *b = json_string_value(json_object_get(pair, "second"));
        const json_t *boxes = row_of(json_object_get(round, "boxes"), "all classes", a, b),
                     *kappa = row_of(json_object_get(round, "cohen"), "any lesion", a, b);
        same = same_number(pair, "kappa", kappa, "kappa", 1e-9) &&
               same_number(pair, "observed", kappa, "observed", 1e-9) &&
               same_number(pair, "matched", boxes, "matched", 0) &&
               same_number(pair, "f1", boxes, "f1", 1e-9) &&
               same_number(pair, "mean_iou", boxes, "mean_iou", 1e-4) && same;
    }
    return same;
}

static json_t *read_json(const char *folder, const char *name) {
    sx_error err = { 0 };
    json_t *value = sx_json_read(in_folder(folder, name), &err);
    CHECK_OK(value != NULL, err);
    return value;
}

static bool compare_put_in(const json_t *put, const json_t *found) {
    size_t at, different = 0;
    const json_t *row;
    printf("reader    boxes  missed  wrong class  shift  films overlooked\n");
    json_array_foreach(json_object_get(put, "people"), at, row) printf(
        "%-6s %8.0f %7.0f %12.0f %6.2f %17.0f\n", json_string_value(json_object_get(row, "login")),
        number_of(row, "boxes"), number_of(row, "missed"), number_of(row, "wrong_class"),
        number_of(row, "shift"), number_of(row, "overlooked"));
    printf("\n%-13s %17s %17s   %13s   %13s\n%-13s %8s %8s %8s %8s   %6s %6s   %6s %6s\n", "",
           "boxes of both", "paired", "mean IoU", "films alike", "readers", "put in", "out",
           "put in", "out", "put in", "out", "put in", "out");
    json_array_foreach(json_object_get(put, "pairs"), at, row) different +=
        !compare_pair(row, found);
    return different == 0;
}

static int compare(const char *folder) {
    json_t *put = read_json(folder, "put_in.json"), *found = read_json(folder, "agreement.json"),
           *route = read_json(folder, "route.json"), *round = read_json(folder, "round.json");
    const bool came_out = compare_put_in(put, found), same = compare_route(route, round);
    if (same) printf("\nthe route of agreement and eval agreement say the same of round 1\n");
    json_decref(put);
    json_decref(found);
    json_decref(route);
    json_decref(round);
    return came_out && same ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc == 7 && strcmp(argv[1], "read") == 0) return read_and_adjudicate(argv);
    if (argc == 3 && strcmp(argv[1], "compare") == 0) return compare(argv[2]);
    fputs("usage: simulated-readers read PORT DATASET PROJECT SEED OUT\n"
          "       simulated-readers compare OUT\n",
          stderr);
    return 2;
}
