/* The settings of `spinexr serve`: a YAML file, checked as a whole, with defaults for every key
 * that is left out. docs/node.md lists the keys; settings_keys.c is the table. */
#ifndef SX_SERVICE_SETTINGS_H
#define SX_SERVICE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/mem.h"

enum { SX_MOST_DESTINATIONS = 32, SX_MOST_CODES = 64 };

typedef struct sx_settings_list {
    const char **items;
    size_t count;
} sx_settings_list;

typedef struct sx_settings_tls {
    const char *certificate, *key, *trusted; /* paths; "": none */
} sx_settings_tls;

/* Where results are sent. */
typedef struct sx_destination {
    const char *name;
    const char *ae_title, *host; /* DICOM; host "": STOW-RS */
    int port;
    const char *url;       /* STOW-RS: "https://..."; "": DICOM */
    sx_settings_list send; /* "sr", "gsps", "capture" */
    sx_settings_list only; /* the studies: "abnormal", "normal", "unscored" */
    /* The studies with a film that a rule of the first list matches (dicom/site_rules.h) and that
     * came from one of the second: a calling AE title, "stow" or "folder". Empty: any. */
    sx_settings_list films, sources;
    bool tls, test;       /* test: may receive results of demonstration weights */
    const char *confirm;  /* "commitment", "find" or "none" */
    int confirm_minutes;  /* without a confirmation until it is asked for again */
    const char *withdraw; /* of a result that a later one replaces: "iocm" or "none" */
    int retry_hours;
    /* STOW-RS: files with a bearer token or "name:password", certificate authorities (PEM), a
     * proxy;
     * "": none */
    const char *token_file, *password_file, *trusted, *proxy;
} sx_destination;

/* The code of a class of findings in reports, in place of our own. ASCII, as long as DICOM allows.
 */
typedef struct sx_settings_code {
    const char *label; /* the class, as the weights name it */
    const char *value, *scheme, *meaning;
} sx_settings_code;

/* Texts belong to `memory`. Text that is not set is "". */
typedef struct sx_settings {
    const char *file;  /* they come from; "": the defaults */
    const char *data;  /* folder */
    const char *store; /* "": store.sqlite in `data` */
    sx_settings_list weights;
    bool allow_demo, shadow, log_patients;
    struct {
        const char *ae_title, *listen; /* listen "": sx_settings_dicom_listen decides */
        int port, tls_port;            /* tls_port 0: none */
        sx_settings_list peers;        /* calling AE titles; empty: any */
        sx_settings_tls tls;
        int most_associations, most_per_address, idle_seconds, first_message_seconds,
            message_seconds;
    } dicom;
    struct {
        const char *listen, *metrics_listen;
        int port, metrics_port; /* metrics_port 0: none */
        bool behind_proxy;
        sx_settings_list hosts;   /* names by which the service is called */
        sx_settings_list proxies; /* addresses of trusted proxies */
        const char *user_header;  /* in which they name the person; "": none */
        sx_settings_list cors;    /* origins whose pages may call DICOMweb */
        int most_connections, most_per_address, idle_seconds, request_seconds;
        sx_settings_tls tls;
    } http;
    struct {
        int quiet_seconds;
        bool says_normal;
    } study;
    struct {
        sx_settings_list refuse, accept; /* dicom/site_rules.h */
    } films;
    struct {
        int processes, threads, seconds_per_film, attempts;
        int memory_mb;    /* of a process */
        const char *user; /* who runs it if the service runs as root */
    } workers;
    struct {
        const char *webhook, *token_file; /* webhook "": none */
        int late_hours, drift_percent;
        int drift_from; /* YYYYMMDD: the first day of the reference films; 0: of the weights */
    } alarms;
    struct {
        int full_percent, full_gb; /* of the disk: input is refused beyond the first, or below */
        int films_days, results_days, quarantine_days;
        int pixels_gb;  /* of films that are ready to be shown to readers; 0: any number */
        int largest_mb; /* of an instance that is received */
    } keep;
    struct {
        const char *folder; /* that films are taken from; "": none */
        int stable_seconds; /* a file is taken when it has not changed for this time */
    } watch;
    sx_destination destinations[SX_MOST_DESTINATIONS];
    size_t destination_count;
    sx_settings_code codes[SX_MOST_CODES];
    size_t code_count;
    const struct sx_setting_place *places; /* of the keys in files, the newest first; internal */
    sx_arena *memory;
} sx_settings;

/* The defaults; free with sx_settings_free, also after an error. */
bool sx_settings_init(sx_settings *s, sx_error *err) SX_MUST_USE;
/* Replaces what the file sets. Errors name file, line and key: SX_ERR_FORMAT (an unknown key, a
 * value that is none of the key's), SX_ERR_VALUE (out of range, or two keys that exclude one
 * another), SX_ERR_IO, SX_ERR_MEMORY. */
bool sx_settings_read(sx_settings *s, const char *path, sx_error *err) SX_MUST_USE;
bool sx_settings_parse(sx_settings *s, const char *name, const void *bytes, size_t n,
                       sx_error *err) SX_MUST_USE;
void sx_settings_free(sx_settings *s); /* {0} is allowed */

/* Checks what keys mean together, after command line and file: no HTTP beyond loopback without TLS
 * or a proxy, certificates with keys, no port twice; and the form of URLs, hosts, origins and days.
 * Errors: SX_ERR_VALUE, with file, line and key. */
bool sx_settings_check(const sx_settings *s, sx_error *err) SX_MUST_USE;

/* Midnight of the day YYYYMMDD (UTC), in milliseconds since 1970. False: there is no such day. */
bool sx_settings_day(int day, int64_t *out) SX_MUST_USE;

/* The code of a class; NULL: it has none in the settings. */
const sx_settings_code *sx_settings_find_code(const sx_settings *s, const char *label);

/* The address of the DICOM ports: dicom.listen, or without it loopback, but all addresses if there
 * is a list of peers. */
const char *sx_settings_dicom_listen(const sx_settings *s);

/* keep.pixels_gb in bytes. */
uint64_t sx_settings_pixel_bytes(const sx_settings *s);

bool sx_is_loopback(const char *address); /* 127.0.0.0/8 */

#endif
