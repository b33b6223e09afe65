/* What is found in place of a file's own bytes: the small files that version control systems leave
 * for content that was not downloaded, and web pages that were saved under the file's name. */
#ifndef SX_BASE_STAND_IN_H
#define SX_BASE_STAND_IN_H

#include <stdbool.h>
#include <stddef.h>

/* For a message after the path: "a Git LFS pointer, not the file itself (run 'git lfs pull')", the
 * same of git-annex; NULL if the bytes, the first n of a file, are neither. Sources: the Git LFS
 * specification (docs/spec.md), git-annex's documentation on its internals (pointer files). */
const char *sx_pointer_file(const void *bytes, size_t n);
/* The same, and also of an HTML page: for files that are never HTML. */
const char *sx_stand_in(const void *bytes, size_t n);
/* For a path that does not exist: "a git-annex link whose content is not here (run 'git annex
 * get')" if it is such a link; NULL if not. */
const char *sx_pointer_link(const char *path);

#endif
