#include "service/reading/folder_owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"

bool sx_give_to_owner_of(const char *folder, const char *path, sx_error *err) {
    struct stat owner, st;
    if (geteuid() != 0) return true;
    if (stat(folder, &owner) != 0) return sx_fail_errno(err, folder, "examine");
    if (lstat(path, &st) != 0) return sx_fail_errno(err, path, "examine");
    return (st.st_uid == owner.st_uid && st.st_gid == owner.st_gid) ||
           lchown(path, owner.st_uid, owner.st_gid) == 0 || sx_fail_errno(err, path, "give away");
}

/* Opens the folder `name` in `at`, which is made if it does not exist and then given to `owner`.
 * The owner of the folder above may put a link there at any time: none is followed. -1: an error.
 */
static int step_into(int at, const char *name, const struct stat *owner) {
    const bool made = mkdirat(at, name, 0777) == 0;
    if (!made && errno != EEXIST) return -1;
    const int follow = geteuid() == 0 ? O_NOFOLLOW : 0;
    const int folder = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | follow);
    if (folder < 0 || !made || geteuid() != 0) return folder;
    if (fchown(folder, owner->st_uid, owner->st_gid) == 0) return folder;
    close(folder);
    return -1;
}

/* Takes `at`. */
static bool make_each(int at, char *below, const struct stat *owner) {
    for (char *name = below, *rest; at >= 0 && name; name = rest) {
        rest = strchr(name, '/');
        if (rest) *rest++ = '\0';
        const int next = step_into(at, name, owner);
        const int why = errno;
        close(at);
        errno = why;
        at = next;
        if (rest) rest[-1] = '/';
    }
    if (at >= 0) close(at);
    return at >= 0;
}

bool sx_make_folders_in(const char *folder, const char *below, sx_error *err) {
    struct stat owner;
    char *path = sx_path_join(folder, below);
    if (!path) return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", folder);
    bool ok = sx_make_dirs(folder, err);
    const int at = ok ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (ok && (at < 0 || fstat(at, &owner) != 0)) {
        ok = sx_fail_errno(err, folder, "open the folder");
        if (at >= 0) close(at);
    }
    ok = ok && (make_each(at, path + strlen(path) - strlen(below), &owner) ||
                sx_fail_errno(err, path, "make the folder"));
    free(path);
    return ok;
}

bool sx_make_file_in(const char *folder, const char *name, sx_error *err) {
    struct stat owner;
    const int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (at < 0) return sx_fail_errno(err, folder, "open the folder");
    const int file = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool ok = file >= 0 || errno == EEXIST || sx_fail_errno(err, folder, "make a file in");
    if (file >= 0 && geteuid() == 0)
        ok = (fstat(at, &owner) == 0 && fchown(file, owner.st_uid, owner.st_gid) == 0) ||
             sx_fail_errno(err, folder, "give a file to the owner of");
    if (file >= 0) close(file);
    close(at);
    return ok;
}
