#include "service/reading/folder_owner.h"

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

static bool give_each(const char *folder, char *path, sx_error *err) {
    for (char *end = path + strlen(folder) + 1; end;) {
        end = strchr(end, '/');
        if (end) *end = '\0';
        if (!sx_give_to_owner_of(folder, path, err)) return false;
        if (end) *end++ = '/';
    }
    return true;
}

bool sx_make_folders_in(const char *folder, const char *below, sx_error *err) {
    char *path = sx_path_join(folder, below);
    if (!path) return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", folder);
    const bool ok = sx_make_dirs(path, err) && give_each(folder, path, err);
    free(path);
    return ok;
}
