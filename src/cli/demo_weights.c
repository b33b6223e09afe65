#include "cli/demo_weights.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/str.h"

bool sx_demo_weights(char path[PATH_MAX]) {
    char place[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", place, sizeof place);
    if (n <= 0 || n >= (ssize_t)sizeof place) return false;
    place[n] = '\0';
    char *end = strrchr(place, '/');
    const size_t room = sizeof place - (size_t)(end ? end - place : 0);
    /* SX_DEMO_WEIGHTS: from the folder of the program, or absolute (src/cli/meson.build) */
    if (SX_DEMO_WEIGHTS[0] == '/')
        sx_format(place, sizeof place, "%s", SX_DEMO_WEIGHTS);
    else if (!end || sx_format(end, room, "/%s", SX_DEMO_WEIGHTS) >= (int)room)
        return false;
    return realpath(place, path) && sx_path_is_dir(path);
}
