/* spinexr serve */
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/command.h"
#include "cli/serve_args.h"
#include "service/node/node.h"

typedef struct serve_args {
    sx_serve_args service;
    int log; /* 0: text, 1: JSON */
    long drain;
} serve_args;

/* ---- signals ---- */

static volatile sig_atomic_t stops, reloads;

static void on_stop(int number) {
    if (++stops > 1) _exit(128 + number);
}

static void on_reload(int number) {
    (void)number;
    reloads++;
}

/* The service ends and reloads in ways of its own. */
static void take_signals(void) {
    struct sigaction stop, reload;
    memset(&stop, 0, sizeof stop);
    stop.sa_handler = on_stop;
    stop.sa_flags = SA_RESTART;
    reload = stop;
    reload.sa_handler = on_reload;
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGHUP, &reload, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void wait_a_moment(void) {
    const struct timespec moment = { .tv_nsec = 100 * 1000 * 1000 };
    nanosleep(&moment, NULL);
}

/* ---- the service ---- */

static void tell_start(const sx_node *node, const sx_settings *s, const sx_node_log *log) {
    char dicom[80] = "", dicom_tls[80] = "", pages[80];
    if (sx_node_port(node, false))
        sx_format(dicom, sizeof dicom, "%.60s:%d", sx_settings_dicom_listen(s),
                  sx_node_port(node, false));
    if (sx_node_port(node, true))
        sx_format(dicom_tls, sizeof dicom_tls, "%.60s:%d", sx_settings_dicom_listen(s),
                  sx_node_port(node, true));
    sx_format(pages, sizeof pages, "http%s://%.60s:%d", *s->http.tls.certificate ? "s" : "",
              s->http.listen, sx_node_http_port(node));
    sx_node_log_event(log, SX_LOG_INFO, "started", "ae_title", s->dicom.ae_title, "dicom", dicom,
                      "dicom_tls", dicom_tls, "pages", pages, "version", SX_VERSION, NULL);
}

static void reload(const serve_args *a, sx_node *node, sx_node_log *log) {
    sx_error err = { 0 };
    sx_settings s;
    bool ok = sx_serve_read_settings(&a->service, &s, &err);
    const bool patients = ok && s.log_patients;
    if (ok)
        ok = sx_node_reload(node, &s, &err); /* which takes them over */
    else
        sx_settings_free(&s);
    if (ok) {
        atomic_store(&log->patients, patients);
        sx_node_log_event(log, SX_LOG_INFO, "reloaded", NULL);
    } else {
        sx_node_log_event(log, SX_LOG_ERROR, "not reloaded, the earlier settings stay in force",
                          "error", err.message, NULL);
    }
}

static void serve_until_stopped(const serve_args *a, sx_node *node, sx_node_log *log) {
    sig_atomic_t seen = reloads;
    while (!stops) {
        wait_a_moment();
        if (seen == reloads) continue;
        seen = reloads;
        reload(a, node, log);
    }
}

static int run_serve(sx_call *call) {
    static const char *const worker[] = { "/proc/self/exe", "serve", "worker", NULL };
    const serve_args *a = call->args;
    sx_error err = { 0 };
    sx_settings s;
    if (!sx_serve_read_settings(&a->service, &s, &err)) {
        sx_settings_free(&s);
        return sx_cli_fail(&err);
    }
    sx_node_log log = { .fd = STDERR_FILENO,
                        .json = a->log == 1,
                        .patients = s.log_patients,
                        .most = call->quiet     ? SX_LOG_WARNING
                                : call->verbose ? SX_LOG_DEBUG
                                                : SX_LOG_INFO };
    const sx_settings shown = s; /* the texts live as long as the node */
    take_signals();
    /* a signal before that was not for these handlers */
    const bool go_on = sx_context_check(call->context, &err);
    if (!go_on) sx_settings_free(&s);
    sx_node *node =
        go_on ? sx_node_open(&(sx_node_options){ .worker = worker, .log = &log }, &s, &err) : NULL;
    if (!node) return sx_cli_fail(&err);
    tell_start(node, &shown, &log);
    serve_until_stopped(a, node, &log);
    sx_node_log_event(&log, SX_LOG_INFO, "stopping", NULL);
    sx_node_close(node, (int)a->drain);
    sx_node_log_event(&log, SX_LOG_INFO, "stopped", NULL);
    return SX_EXIT_OK;
}

static const sx_option options[] = {
    SX_SERVE_CONFIG_OPTION(serve_args),
    SX_SERVE_DATA_OPTION(serve_args),
    { "weights", SX_OPT_LIST, offsetof(serve_args, service.weights), "PATH",
      "weights or a folder; repeatable (default: as in --config)" },
    { "listen", SX_OPT_TEXT, offsetof(serve_args, service.listen), "ADDRESS",
      "of the DICOM port (default: 127.0.0.1; with peers 0.0.0.0)" },
    { "peer", SX_OPT_LIST, offsetof(serve_args, service.peers), "TITLE",
      "AE title that may send; may be repeated (default: any)" },
    { "port", SX_OPT_INT, offsetof(serve_args, service.port), "N", "DICOM port (default: 11112)",
      .min = 0, .max = 65535 },
    { "http-port", SX_OPT_INT, offsetof(serve_args, service.http_port), "N",
      "HTTP port (default: 8080)", .min = 0, .max = 65535 },
    { "allow-demo", SX_OPT_FLAG, offsetof(serve_args, service.allow_demo), NULL,
      "accept demonstration weights" },
    { "shadow", SX_OPT_FLAG, offsetof(serve_args, service.shadow), NULL,
      "keep results, send none" },
    { "log", SX_OPT_CHOICE, offsetof(serve_args, log), "text|json",
      "form of the log on standard error (default: text)" },
    { "log-patients", SX_OPT_FLAG, offsetof(serve_args, service.log_patients), NULL,
      "UIDs in the log, which can be traced to patients" },
    { "drain", SX_OPT_INT, offsetof(serve_args, drain), "SECONDS",
      "for open associations when it stops (default: 30)", .min = 0, .max = 3600 },
    { 0 },
};

const sx_command sx_cmd_serve = {
    .name = "serve",
    .summary = "Receive films by DICOM, predict them, send the results",
    .help = "Listens on DICOM port 11112 as AE SPINEXR. A film that is acknowledged is on\n"
            "disk. When no film of a study has come for a minute, its result is built and\n"
            "sent to the destinations of the settings. SIGHUP reads settings and weights\n"
            "again; SIGTERM and Ctrl-C finish what is in progress and end the service.\n"
            "Without weights no film is received: the reading room runs alone.",
    .example = "spinexr serve --weights models/ --data /var/lib/spinexr",
    .options = options,
    .defaults = &(const serve_args){ .service = SX_SERVE_ARGS_DEFAULTS, .drain = 30 },
    .args_size = sizeof(serve_args),
    .serial = true,
    .run = run_serve,
};
