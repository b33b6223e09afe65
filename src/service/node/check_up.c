#include "service/node/check_up.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/str.h"
#include "service/access/certificate.h"
#include "service/net/association.h"
#include "service/net/gate.h"
#include "service/node/destinations.h"
#include "service/node/node_impl.h"
#include "service/node/retain.h"
#include "service/node/worker_command.h"
#include "service/node/worker_pool.h"
#include "service/store/migrations.h"
#include "service/web/web_server.h"

typedef struct check_up {
    const sx_settings *s;
    sx_check_fn *each;
    void *user;
    size_t faults;
} check_up;

static void say(check_up *c, const char *what, bool good, const sx_error *err) {
    c->each(c->user, what, good ? NULL : err->message);
    c->faults += !good;
}

/* ---- folder and database ---- */

static bool check_disk(const sx_settings *s, sx_error *err) {
    sx_disk_space d;
    if (!sx_disk_look(s, s->data, &d, err)) return false;
    return d.state == SX_DISK_OK ||
           sx_fail(err, SX_ERR_IO, "%.1f GB of %.1f are free: no film would be taken",
                   (double)d.free * 1e-9, (double)d.size * 1e-9);
}

/* Films are removed from it, and what is refused is moved. */
static bool check_watched(const char *folder, sx_error *err) {
    if (!sx_path_check_dir(folder, err)) return false;
    return access(folder, R_OK | W_OK | X_OK) == 0 || sx_fail_errno(err, folder, "write to");
}

/* The service makes its database: this command may be run by another user, whose file the service
 * could not open. */
static bool check_new_store(const sx_settings *s, sx_error *err) {
    return access(s->data, R_OK | W_OK | X_OK) == 0 || sx_fail_errno(err, s->data, "write to");
}

static bool check_store(const sx_settings *s, sx_error *err) {
    char *path = *s->store ? NULL : sx_path_join(s->data, "store.sqlite");
    if (!*s->store && !path) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a path");
    if (path && !sx_path_exists(path)) {
        free(path);
        return check_new_store(s, err);
    }
    sx_db *db = sx_db_open(path ? path : s->store, err);
    int version; /* an older one is changed by the service when it starts, not by this command */
    const bool ok = db && sx_schema_check(db, &version, err) && sx_db_verify(db, err);
    sx_db_close(db);
    free(path);
    return ok;
}

static void check_folder(check_up *c) {
    sx_error err = { 0 };
    const bool made = *c->s->data ? sx_node_make_folder(c->s->data, &err)
                                  : sx_fail(&err, SX_ERR_USAGE, "no folder: give --data DIR");
    say(c, "folder", made, &err);
    if (!made) return;
    say(c, "disk", check_disk(c->s, &err), &err);
    say(c, "database", check_store(c->s, &err), &err);
    if (*c->s->watch.folder)
        say(c, "watched folder", check_watched(c->s->watch.folder, &err), &err);
}

/* ---- ports ---- */

static bool refuse(void *user, int socket, const char *address) {
    (void)user, (void)socket, (void)address;
    return false;
}

static void check_port(check_up *c, const char *what, const char *listen, int port) {
    sx_error err = { 0 };
    const sx_gate_options o = {
        .listen = listen, .port = port, .seconds = 1, .most_waiting = 1, .arrived = refuse
    };
    sx_gate *gate = sx_gate_open(&o, &err);
    say(c, what, gate != NULL, &err);
    sx_gate_close(gate);
}

static void check_ports(check_up *c) {
    const sx_settings *s = c->s;
    const char *dicom = sx_settings_dicom_listen(s);
    check_port(c, "DICOM port", dicom, s->dicom.port);
    if (s->dicom.tls_port) check_port(c, "DICOM port with TLS", dicom, s->dicom.tls_port);
    check_port(c, "HTTP port", s->http.listen, s->http.port);
    if (s->http.metrics_port)
        check_port(c, "metrics port", s->http.metrics_listen, s->http.metrics_port);
}

enum { SOON_DAYS = 30 };

/* That of a file which ends first. */
static void check_expiry(check_up *c, const char *what, const char *path) {
    char text[120];
    long days;
    sx_error err = { 0 };
    if (!sx_certificate_days(path, sx_wall_clock(), &days, &err)) {
        say(c, what, false, &err);
    } else if (days < SOON_DAYS) {
        sx_format(text, sizeof text, "warning: expires in %ld %s", days,
                  sx_noun((size_t)days, "day", "days"));
        c->each(c->user, what, text);
    } else {
        say(c, what, true, NULL);
    }
}

/* A secret that the webhook gets. */
static void check_token(check_up *c) {
    sx_error err = { 0 };
    sx_file f;
    const char *path = c->s->alarms.token_file;
    if (!*path) return;
    const bool read = sx_file_open(&f, path, &err);
    say(c, "token file of alarms",
        read && (f.size > 0 || sx_fail(&err, SX_ERR_FORMAT, "%s: is empty", path)), &err);
    if (read) sx_file_close(&f);
}

static void check_certificates(check_up *c) {
    const sx_dicom_tls tls = sx_node_tls(c->s);
    const sx_settings_tls *web = &c->s->http.tls;
    sx_error err = { 0 };
    if (*tls.certificate && sx_association_check_tls(&tls, &err))
        check_expiry(c, "DICOM certificate", tls.certificate);
    else if (*tls.certificate)
        say(c, "DICOM certificate", false, &err);
    if (*web->certificate && sx_web_check_tls(web, &err))
        check_expiry(c, "HTTP certificate", web->certificate);
    else if (*web->certificate)
        say(c, "HTTP certificate", false, &err);
}

/* ---- destinations ---- */

static void check_destination(check_up *c, const sx_destination *d) {
    const sx_dicom_tls tls = sx_node_tls(c->s);
    const sx_deliver_options o = { .destination = d,
                                   .our_title = c->s->dicom.ae_title,
                                   .message_seconds = 15,
                                   .tls = d->tls ? &tls : NULL };
    char what[80];
    sx_error err = { 0 };
    sx_format(what, sizeof what, "destination %.60s", d->name);
    say(c, what, sx_destination_check(&o, &err), &err);
}

/* ---- weights ---- */

static bool start_worker(const sx_settings *s, const char *const *command, sx_error *err) {
    sx_networks n;
    const sx_pool_options o = { command, 120, s->workers.seconds_per_film };
    sx_pool_worker *w = sx_pool_worker_new(&o, err);
    bool ok = w && sx_pool_start(w, &n, err);
    if (ok && n.demonstration && !s->allow_demo)
        ok = sx_fail(err, SX_ERR_REFUSED,
                     "they are marked as demonstration; allow_demo accepts them");
    for (size_t i = 0; ok && i < s->code_count; i++)
        if (!sx_networks_have(&n, s->codes[i].label))
            ok = sx_fail(err, SX_ERR_VALUE,
                         "no network has the class \"%.100s\" of the setting codes",
                         s->codes[i].label);
    sx_pool_worker_free(w);
    return ok;
}

static bool check_weights(check_up *c, const char *const *worker, sx_error *err) {
    sx_error fault = { 0 };
    const char **command = sx_worker_command(worker, c->s, err);
    if (!command) return false;
    if (c->s->weights.count)
        say(c, "weights", start_worker(c->s, command, &fault), &fault);
    else
        say(c, "weights: none, only the reading room runs", true, &fault);
    free(command);
    return true;
}

bool sx_node_check_up(const sx_settings *s, const char *const *worker, sx_check_fn *each,
                      void *user, size_t *faults, sx_error *err) {
    check_up c = { s, each, user, 0 };
    sx_error fault = { 0 };
    say(&c, "settings", sx_settings_check(s, &fault), &fault);
    check_folder(&c);
    check_ports(&c);
    check_certificates(&c);
    check_token(&c);
    for (size_t i = 0; i < s->destination_count; i++)
        check_destination(&c, &s->destinations[i]);
    const bool ok = check_weights(&c, worker, err);
    *faults = c.faults;
    return ok;
}
