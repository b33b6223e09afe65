#include "support/orthanc.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/writer.h"
#include "support/check.h"
#include "support/free_port.h"

static bool answers(int port) {
    const struct sockaddr_in a = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    const bool ok = connect(fd, (const struct sockaddr *)&a, sizeof a) == 0;
    close(fd);
    return ok;
}

static void configure(const orthanc *o, int peer_port, const char *folder, const char *file) {
    char text[2000];
    sx_error err = { 0 };
    snprintf(text, sizeof text,
             "{ \"StorageDirectory\": \"%s\", \"IndexDirectory\": \"%s\", \"HttpPort\": %d,\n"
             "  \"RemoteAccessAllowed\": false, \"AuthenticationEnabled\": false,\n"
             "  \"DicomAet\": \"ORTHANC\", \"DicomPort\": %d, \"DicomAlwaysAllowStore\": false,\n"
             "  \"DicomCheckModalityHost\": true, \"DicomAlwaysAllowFind\": false,\n"
             "  \"DicomModalities\": { \"spinexr\": { \"AET\": \"SPINEXR\", \"Host\":"
             " \"127.0.0.1\",\n    \"Port\": %d, \"AllowEcho\": true, \"AllowStore\": true,"
             " \"AllowFind\": true,\n    \"AllowStorageCommitment\": true } },\n"
             "  \"Plugins\": [\"/usr/share/orthanc/plugins/libOrthancDicomWeb.so\"],\n"
             "  \"DicomWeb\": { \"Enable\": true, \"Root\": \"/dicom-web/\" } }\n",
             folder, folder, o->http_port, o->dicom_port, peer_port);
    CHECK_OK(sx_write_file(file, text, strlen(text), &err), err);
}

static void launch(orthanc *o) {
    o->pid = fork();
    assert_true(o->pid >= 0);
    if (o->pid == 0) {
        const int quiet = open("/dev/null", O_WRONLY);
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* it ends with a test that is killed */
        if (!getenv("LOUD")) {
            dup2(quiet, 1);
            dup2(quiet, 2);
        }
        unsetenv("LD_LIBRARY_PATH");
        execl("/usr/sbin/Orthanc", "Orthanc", o->settings, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 600; i++) {
        if (answers(o->http_port) && answers(o->dicom_port)) return;
        if (waitpid(o->pid, NULL, WNOHANG) != 0) fail_msg("Orthanc does not start");
        usleep(50000);
    }
    fail_msg("Orthanc does not answer");
}

bool orthanc_start(orthanc *o, int peer_port) {
    static int count;
    char folder[600];
    if (access("/usr/sbin/Orthanc", X_OK) != 0 ||
        access("/usr/share/orthanc/plugins/libOrthancDicomWeb.so", R_OK) != 0)
        return false;
    *o = (orthanc){ .http_port = free_port(), .dicom_port = free_port() };
    snprintf(folder, sizeof folder, "%s/orthanc%d", check_tmp(), count++);
    snprintf(o->settings, sizeof o->settings, "%s/orthanc.json", folder);
    assert_int_equal(mkdir(folder, 0777), 0);
    configure(o, peer_port, folder, o->settings);
    launch(o);
    return true;
}

void orthanc_continue(orthanc *o) {
    launch(o);
}

void orthanc_stop(orthanc *o) {
    int status;
    kill(o->pid, SIGTERM);
    assert_int_equal(waitpid(o->pid, &status, 0), o->pid);
}

/* The answer to a request, with its head, in a static buffer. */
static const char *ask(const orthanc *o, const char *method, const char *path, const char *body) {
    static char text[8192];
    const struct sockaddr_in a = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)o->http_port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    size_t have = 0;
    assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof a), 0);
    const int n = snprintf(text, sizeof text,
                           "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                           "Content-Length: %zu\r\n\r\n%s",
                           method, path, strlen(body), body);
    assert_int_equal(write(fd, text, (size_t)n), n);
    for (ssize_t got; have < sizeof text - 1; have += (size_t)got)
        if ((got = read(fd, text + have, sizeof text - 1 - have)) <= 0) break;
    text[have] = '\0';
    close(fd);
    assert_true(strncmp(text, "HTTP/1.1 200", 12) == 0);
    return text;
}

int orthanc_count(const orthanc *o) {
    const char *at = strstr(ask(o, "GET", "/statistics", ""), "\"CountInstances\"");
    assert_non_null(at);
    return (int)strtol(strchr(at, ':') + 1, NULL, 10);
}

bool orthanc_has(const orthanc *o, const char *sop_uid) {
    return strstr(ask(o, "POST", "/tools/lookup", sop_uid), "\"Instance\"") != NULL;
}

int orthanc_jobs(const orthanc *o, const char *state) {
    char wanted[60];
    int n = 0;
    snprintf(wanted, sizeof wanted, "\"State\" : \"%s\"", state);
    for (const char *at = ask(o, "GET", "/jobs?expand", ""); (at = strstr(at, wanted)); at++)
        n++;
    return n;
}
