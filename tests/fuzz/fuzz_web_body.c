/* The JSON body of a request, as the server reads it and the route of an opinion takes it: it is
 * kept in the database as it was sent, or refused with a reason. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_folder.h"
#include "service/store/migrations.h"
#include "service/web/exchange.h"
#include "service/worklist/opinions.h"
#include "service/worklist/worklist.h"

static sx_db *db;

static bool open_store(sx_error *err) {
    char path[100];
    bool mixed;
    const sx_store_film f = {
        .sop_uid = "1.2.3.1", .study_uid = "1.2.3", .path = "f", .state = "new"
    };
    if (db) return true;
    snprintf(path, sizeof path, "%s/store.sqlite", fuzz_folder());
    return (db = sx_db_open(path, err)) && sx_schema_migrate(db, err) &&
           sx_store_add_film(db, &f, err) && sx_store_touch_study(db, &f, 1, &mixed, err);
}

static sx_web_handler *handler_of(const char *path) {
    const sx_web_route *r = sx_worklist_routes;
    while (r->method && strcmp(r->path, path) != 0)
        r++;
    return r->method ? r->handler : NULL;
}

static bool check_opinion(void *user, const sx_opinion *o, sx_error *err) {
    (void)user, (void)err;
    if (sx_utf8_span(o->comment, strlen(o->comment)) != strlen(o->comment)) abort();
    if (o->agrees < -1 || o->agrees > 1) abort();
    return true;
}

static void post_opinion(sx_web_handler *handler, const json_t *body) {
    sx_exchange x = { .match = { .parameters = { { "study", "1.2.3" } }, .parameter_count = 1 } };
    sx_web_request r = {
        .method = "POST",
        .who = "doe",
        .address = "127.0.0.1",
        .now = 1,
        .body = body,
        .db = db,
        .exchange = &x,
    };
    sx_web_reply reply = { .file = -1 };
    sx_error err = { 0 };
    sx_str text = { 0 };
    if (!handler(&r, &reply, &err) && err.code == SX_OK) abort(); /* a failure must say why */
    if (!sx_opinions_list(db, NULL, check_opinion, NULL, &err) ||
        !sx_opinions_compare(db, &text, &err) ||
        !sx_db_run(db, "DELETE FROM opinion", NULL, 0, &err))
        abort();
    sx_str_free(&text);
    sx_web_reply_free(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sx_error err = { 0 };
    sx_web_handler *handler = handler_of("/api/studies/{study}/opinion");
    if (!open_store(&err) || !handler) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    json_t *body = sx_json_parse((const char *)data, size, true, NULL, &err);
    if (json_is_object(body)) post_opinion(handler, body);
    json_decref(body);
    return 0;
}
