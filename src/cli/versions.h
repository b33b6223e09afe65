/* What this program was built from and with, and the libraries that it runs with. */
#ifndef SX_CLI_VERSIONS_H
#define SX_CLI_VERSIONS_H

#include <stddef.h>

/* The commit of the source, with "+" if files were changed; "" if it was not built from git. */
const char *sx_build_commit(void);
/* "gcc 12.2.0", "clang 14.0.6" */
const char *sx_build_compiler(void);
/* Meson's build type, "release" or another. */
const char *sx_build_type(void);

typedef struct sx_library_version {
    const char *name;
    char version[64];
} sx_library_version;

enum { SX_LIBRARIES = 16 };
/* The versions of the libraries that are loaded; returns their number. */
size_t sx_library_versions(sx_library_version items[SX_LIBRARIES]);

#endif
