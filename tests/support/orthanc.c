#include "support/orthanc.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

bool orthanc_start(orthanc *o, int peer_port) {
    static int count;
    char folder[600], file[700];
    if (access("/usr/sbin/Orthanc", X_OK) != 0 ||
        access("/usr/share/orthanc/plugins/libOrthancDicomWeb.so", R_OK) != 0)
        return false;
    *o = (orthanc){ .http_port = free_port(), .dicom_port = free_port() };
    snprintf(folder, sizeof folder, "%s/orthanc%d", check_tmp(), count++);
    snprintf(file, sizeof file, "%s/orthanc.json", folder);
    assert_int_equal(mkdir(folder, 0777), 0);
    configure(o, peer_port, folder, file);
    o->pid = fork();
    assert_true(o->pid >= 0);
    if (o->pid == 0) {
        const int quiet = open("/dev/null", O_WRONLY);
        if (!getenv("LOUD")) {
            dup2(quiet, 1);
            dup2(quiet, 2);
        }
        unsetenv("LD_LIBRARY_PATH");
        execl("/usr/sbin/Orthanc", "Orthanc", file, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 600; i++) {
        if (answers(o->http_port) && answers(o->dicom_port)) return true;
        if (waitpid(o->pid, NULL, WNOHANG) != 0) fail_msg("Orthanc does not start");
        usleep(50000);
    }
    fail_msg("Orthanc does not answer");
    return false;
}

void orthanc_stop(orthanc *o) {
    int status;
    kill(o->pid, SIGTERM);
    assert_int_equal(waitpid(o->pid, &status, 0), o->pid);
}
