#include "base/stand_in.h"

#include <string.h>
#include <unistd.h>

#include "base/ascii.h"

/* An LFS pointer has less than 1024 bytes, a git-annex pointer at most 32 KiB. */
enum { MAX_POINTER = 32 << 10 };

static bool begins(const char *text, size_t n, const char *with) {
    return n >= strlen(with) && sx_equal_letters_n(text, with, strlen(with));
}

/* A byte order mark, which some editors and shells add. */
static void skip_mark(const char **text, size_t *n) {
    if (!begins(*text, *n, "\xef\xbb\xbf")) return;
    *text += 3;
    *n -= 3;
}

const char *sx_pointer_file(const void *bytes, size_t n) {
    const char *text = bytes;
    static const char *const versions[] = { "version https://git-lfs.github.com/spec/",
                                            "version https://hawser.github.com/spec/",
                                            "version http://git-media.io/" };
    if (n > MAX_POINTER) return NULL;
    skip_mark(&text, &n);
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (begins(text, n, versions[i]))
            return "a Git LFS pointer, not the file itself (run 'git lfs pull')";
    if (begins(text, n, "/annex/objects/"))
        return "a git-annex pointer, not the file itself (run 'git annex get')";
    return NULL;
}

const char *sx_stand_in(const void *bytes, size_t n) {
    const char *text = bytes, *const pointer = sx_pointer_file(bytes, n);
    if (pointer) return pointer;
    skip_mark(&text, &n);
    while (n && sx_is_space(*text)) {
        text++;
        n--;
    }
    if (begins(text, n, "<!doctype html") || begins(text, n, "<html") || begins(text, n, "<head"))
        return "a web page, not the file itself (a failed download or a page to log in)";
    return NULL;
}

const char *sx_pointer_link(const char *path) {
    char target[4096];
    const ssize_t n = readlink(path, target, sizeof target - 1);
    if (n <= 0) return NULL;
    target[n] = '\0';
    return strstr(target, ".git/annex/objects/")
               ? "a git-annex link whose content is not here (run 'git annex get')"
               : NULL;
}
